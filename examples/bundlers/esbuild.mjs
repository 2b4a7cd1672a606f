// node esbuild.mjs ADDON OUTPUT: bundles app.mjs into OUTPUT/app.cjs, with the addon beside it. ADDON is
// the file for the target, from node_modules/scard/prebuilds.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// @ts-expect-error a tool of whoever bundles, not of this clone
import { build } from "esbuild";

const [addon = "", output = ""] = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));

await build({
  stdin: { contents: 'import "./beside.mjs"; import "./app.mjs";', resolveDir: here },
  bundle: true,
  platform: "node",
  format: "cjs",
  outfile: join(output, "app.cjs"),
});
copyFileSync(addon, join(output, "scard.node"));
