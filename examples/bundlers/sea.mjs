// node sea.mjs ADDON OUTPUT: OUTPUT/app, one executable of Node, program and addon. Node 20.12 or later.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// @ts-expect-error a tool of whoever bundles, not of this clone
import { build } from "esbuild";
// @ts-expect-error a tool of whoever bundles, not of this clone
import { inject } from "postject";

const [addon = "", output = ""] = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));
const bundle = join(output, "sea.cjs");
const blob = join(output, "sea.blob");
const executable = join(output, process.platform === "win32" ? "app.exe" : "app");

await build({
  stdin: { contents: 'import "./embedded.mjs"; import "./app.mjs";', resolveDir: here },
  bundle: true,
  platform: "node",
  format: "cjs",
  outfile: bundle,
});
const config = join(output, "sea.json");
writeFileSync(
  config,
  JSON.stringify({
    main: bundle,
    output: blob,
    disableExperimentalSEAWarning: true,
    assets: { "scard.node": addon },
  }),
);
execFileSync(process.execPath, ["--experimental-sea-config", config], { stdio: "inherit" });
copyFileSync(process.execPath, executable);
chmodSync(executable, 0o755);
await inject(executable, "NODE_SEA_BLOB", readFileSync(blob), {
  sentinelFuse: "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2",
});
