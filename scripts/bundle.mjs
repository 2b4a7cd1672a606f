// Bundles lib/ into few files of dist/: to find and open hundreds of small ones took longer than
// everything else that loading the package does. library.js is what every program needs; index.js,
// virtual/index.js and cli/main.js are the entries, each with what is its own. Names and lines stay
// legible in stacks: only comments and indentation go, so no source map is needed.
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root, script } from "./run.mjs";

/** Parts of lib/ that only their own entry needs. */
const apart = /[\\/]lib[\\/](virtual|cli)[\\/]/;

await script(async () => {
  const bundle = await rolldown({
    cwd: root,
    input: {
      index: "lib/index.ts",
      "virtual/index": "lib/virtual/index.ts",
      "cli/main": "lib/cli/main.ts",
    },
    external: [/^node:/, "commander", "node-gyp-build"],
    platform: "node",
    // `await using` is lowered: Node 20 does not parse it.
    transform: { target: "es2022" },
    tsconfig: false,
  });
  try {
    const { output } = await bundle.write({
      dir: join(root, "dist"),
      format: "cjs",
      exports: "named",
      entryFileNames: "[name].js",
      chunkFileNames: "[name].js",
      codeSplitting: { groups: [{ name: "library", test: (id) => !apart.test(id) }] },
      minifyInternalExports: false,
      comments: false,
      minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
    });
    const files = output.flatMap((one) => (one.type === "chunk" ? [one.fileName] : [])).sort();
    const expected = ["cli/main.js", "index.js", "library.js", "virtual/index.js"];
    if (files.join() !== expected.join()) throw new Error(`bundled to ${files.join(", ")}`);
  } finally {
    await bundle.close();
  }
});
