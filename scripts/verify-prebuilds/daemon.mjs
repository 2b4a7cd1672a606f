// A real pcscd with vpcd's readers, out of a root of debian-root.mjs: client and daemon must be of one
// release. The rest is the tests' own harness.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runnerImport } from "vite";
import { root } from "../run.mjs";
import { cachePath } from "./cache.mjs";
import { namespaces } from "./enter.mjs";

/** @typedef {import("../../test/harness/pcscd.js").Pcscd} Pcscd */

const librariesIn = (/** @type {string} */ debian) =>
  ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"].map((path) => join(debian, path)).join(":");

/**
 * The root's daemon as a program of this machine: with the root's loader and libraries.
 * @param {string} name
 * @param {string} debian an amd64 root with pcscd
 * @param {readonly string[]} options
 */
function daemonProgram(name, debian, options) {
  const program = cachePath(`pcscd-${name}`);
  // Not lib64's: that is an absolute link in some releases.
  const loader = `${debian}/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 --inhibit-cache`;
  const daemon = [`${debian}/usr/sbin/pcscd`, ...options].join(" ");
  const run = `exec ${loader} --library-path ${librariesIn(debian)} ${daemon} "$@"`;
  writeFileSync(program, `#!/bin/sh\n${run}\n`);
  chmodSync(program, 0o755);
  return program;
}

/**
 * Starts the daemon with two readers, a card in the first. Whoever starts it stops it.
 * @param {string} name
 * @param {string} debian
 * @param {readonly string[]} [options]
 * @returns {Promise<Pcscd>}
 */
export async function startDaemon(name, debian, options = []) {
  // The card program takes the prebuild, not what the clone may have built some time ago.
  process.env["PREBUILDS_ONLY"] = "1";
  const file = join(root, "test/harness/pcscd.ts");
  const { module } = await runnerImport(file, { configFile: false, root, logLevel: "warn" });
  const { Pcscd } = /** @type {typeof import("../../test/harness/pcscd.js")} */ (module);
  const pcscd = new Pcscd(
    {
      pcscd: daemonProgram(name, debian, options),
      driver: join(debian, "usr/lib/pcsc/drivers/serial/libifdvpcd.so"),
      cards: [process.execPath, join(root, "test/harness/cards.mjs")],
      ...namespaces,
    },
    2,
  );
  try {
    await pcscd.start();
    await pcscd.card(0).insert();
    return pcscd;
  } catch (error) {
    await pcscd.stop();
    throw error;
  }
}
