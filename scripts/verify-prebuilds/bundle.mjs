// Makes one file of a program that uses lib/ and the tests, for runtimes that know neither TypeScript
// nor vitest, and lays it out as the installed package is: so the addon is found in prebuilds/ just
// as a user's program finds it.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "vite";
import { root } from "../run.mjs";
import { cachePath } from "./cache.mjs";

const banner = `import { dirname as dirnameOf } from "node:path";
import { fileURLToPath as pathOf } from "node:url";
const __dirname = dirnameOf(pathOf(import.meta.url));`;

/** @param {string} name of scripts/verify-prebuilds/NAME.mjs */
const bundleFile = (name) => cachePath("bundles", `${name}.mjs`);

/**
 * Bundles a program of this directory, anew with every run.
 * @param {string} name
 */
export async function bundle(name) {
  await build({
    configFile: false,
    root,
    logLevel: "warn",
    resolve: { alias: { vitest: join(root, "scripts/verify-prebuilds/vitest-api.mjs") } },
    // Everything but Node's own modules goes in.
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: join(root, `scripts/verify-prebuilds/${name}.mjs`),
      outDir: dirname(bundleFile(name)),
      emptyOutDir: false,
      target: "es2022",
      minify: false,
      rollupOptions: {
        // lib/ is CommonJS where it is published, and asks where it is.
        output: { format: "es", entryFileNames: `${name}.mjs`, codeSplitting: false, banner },
      },
    },
  });
}

/**
 * A package with one addon and every bundle.
 * @param {string} name of the directory
 * @param {string} addon its file
 * @param {string} prebuild where node-gyp-build looks for it: `prebuilds/…`
 * @param {readonly string[]} bundles
 * @returns {string} the directory
 */
export function layOut(name, addon, prebuild, bundles) {
  const directory = cachePath("packages", name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, "dist"), { recursive: true });
  mkdirSync(dirname(join(directory, prebuild)), { recursive: true });
  copyFileSync(addon, join(directory, prebuild));
  writeFileSync(join(directory, "package.json"), '{ "name": "scard" }\n');
  for (const one of bundles) copyFileSync(bundleFile(one), join(directory, `dist/${one}.mjs`));
  return directory;
}
