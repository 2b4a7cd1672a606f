// Bundles lib/ into few files of dist/: to find and open hundreds of small ones took longer than
// everything else that loading the package does. library.js is what every program needs, the parts of
// lazy-chunks.mjs are read when they are used; index.js, virtual/index.js and cli/main.js are the
// entries, each with what is its own. Names and lines stay legible in stacks, and
// in what Node prints of an error that nobody caught: only comments go, so no source map is needed.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { lazyGroups, lazyNames, putOff, runtime } from "./lazy-chunks.mjs";
import { root, script } from "./run.mjs";

/** Parts of lib/ that only their own entry needs. */
const apart = /[\\/]lib[\\/](index\.ts$|virtual[\\/](?!subsystem-handle)|cli[\\/])/;

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
    preserveEntrySignatures: "allow-extension",
  });
  try {
    const { output } = await bundle.generate({
      format: "cjs",
      exports: "named",
      entryFileNames: "[name].js",
      chunkFileNames: "[name].js",
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [...lazyGroups, { name: "library", priority: 1, test: (id) => !apart.test(id) }],
      },
      minifyInternalExports: false,
      comments: false,
      minify: false,
    });
    const chunks = output.filter((one) => one.type === "chunk");
    const files = chunks.map(({ fileName }) => fileName).sort();
    const parts = lazyNames.map((name) => `${name}.js`);
    const expected = [
      "cli/main.js",
      "index.js",
      "library.js",
      "virtual/index.js",
      `${runtime}.js`,
      ...parts,
    ].sort();
    if (files.join() !== expected.join()) throw new Error(`bundled to ${files.join(", ")}`);
    const exportsOf = new Map(chunks.map((chunk) => [chunk.fileName, chunk.exports]));
    for (const chunk of chunks) {
      const path = join(root, "dist", chunk.fileName);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, putOff(chunk, exportsOf));
    }
  } finally {
    await bundle.close();
  }
});
