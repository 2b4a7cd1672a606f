// node webpack.mjs ADDON OUTPUT: the same with webpack.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// @ts-expect-error a tool of whoever bundles, not of this clone
import webpack from "webpack";

const [addon = "", output = ""] = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));

const compiler = webpack({
  mode: "production",
  target: "node",
  context: here,
  entry: ["./beside.mjs", "./app.mjs"],
  output: { path: output, filename: "app.cjs" },
  // The bundle's own __dirname.
  node: { __dirname: false },
});
compiler.run((/** @type {any} */ error, /** @type {any} */ stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString());
  copyFileSync(addon, join(output, "scard.node"));
});
