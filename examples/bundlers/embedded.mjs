// For a single executable application: the addon is one of its assets. Loading needs a file, so it is
// written to a folder that only this user can read, which goes when the program ends.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getRawAsset } from "node:sea";

const folder = mkdtempSync(join(tmpdir(), "app-"));
const addon = join(folder, "scard.node");
writeFileSync(addon, new Uint8Array(/** @type {ArrayBuffer} */ (getRawAsset("scard.node"))));
process.env["SCARD_ADDON"] = addon;
// Windows keeps a loaded file: there the system's own cleaning has to do.
process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 0 }));
