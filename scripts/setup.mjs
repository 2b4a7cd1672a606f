// Brings a clone to the point where a command can run, doing only what is out of date:
// dependencies, addon, library. `node scripts/setup.mjs [dependencies|addon|library]…`, all by
// default. Plain Node: this runs before anything is installed.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fingerprint, isFresh, markFresh } from "./freshness.mjs";
import { exclusively } from "./lock.mjs";
import { isMain, root, run, script, timed } from "./run.mjs";

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} Locked */

/**
 * @param {string} file
 * @returns {Record<string, Locked>}
 */
function lockedPackages(file) {
  const { packages } = JSON.parse(readFileSync(join(root, file), "utf8"));
  delete packages[""];
  return packages;
}

/** True when node_modules holds exactly what package-lock.json names. */
function dependenciesAreFresh() {
  if (!existsSync(join(root, "node_modules/.package-lock.json"))) return false;
  const wanted = lockedPackages("package-lock.json");
  const present = lockedPackages("node_modules/.package-lock.json");
  const same = (/** @type {Locked | undefined} */ a, /** @type {Locked | undefined} */ b) =>
    a?.version === b?.version && a?.integrity === b?.integrity;
  return (
    Object.entries(present).every(([path, entry]) => same(entry, wanted[path])) &&
    Object.entries(wanted).every(([path, entry]) => entry.optional || path in present)
  );
}

export async function ensureDependencies() {
  if (dependenciesAreFresh()) return;
  await timed("npm ci", () => run("npm", ["ci", "--no-audit", "--no-fund"]));
}

const nativeSources = ["CMakeLists.txt", "native", "package-lock.json"];

/** The addon in build/Release, by cmake-js. */
export async function ensureAddon() {
  const inputs = fingerprint(nativeSources, [process.platform, process.arch, process.version]);
  if (isFresh("addon", inputs, ["build/Release/scard.node"])) return;
  requireCMake();
  const strict = process.env["CI"] ? ["--CDSCARD_WERROR=ON"] : [];
  await timed("building the addon", () =>
    run(process.execPath, [
      "node_modules/cmake-js/bin/cmake-js",
      "compile",
      "--log-level=warn",
      ...strict,
    ]),
  );
  markFresh("addon", inputs);
}

export function requireCMake() {
  if (run("cmake", ["--version"], { quiet: true, check: false }).status === 0) return;
  throw new Error(
    "CMake and a C++20 compiler are needed to build the addon. Debian, Ubuntu: " +
      "apt-get install cmake g++; Fedora: dnf install cmake gcc-c++; macOS: xcode-select --install " +
      "and brew install cmake; Windows: winget install Kitware.CMake and the Visual Studio Build Tools.",
  );
}

const librarySources = [
  "lib",
  "binding.d.ts",
  "package.json",
  "package-lock.json",
  "tsconfig.base.json",
  "tsconfig.build.json",
  "scripts/build-esm.mjs",
  "scripts/bundle.mjs",
  "scripts/lazy-chunks.mjs",
];

/** dist/: declarations, the bundled library and its ES module entries. */
export async function ensureLibrary() {
  const inputs = fingerprint(librarySources);
  if (isFresh("library", inputs, ["dist/index.js", "dist/index.mjs", "dist/index.d.mts"])) return;
  await timed("compiling lib/", () => {
    // What a removed source left behind would be packed.
    rmSync(join(root, "dist"), { recursive: true, force: true });
    run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]);
    run(process.execPath, ["scripts/bundle.mjs"]);
    run(process.execPath, ["scripts/build-esm.mjs"]);
  });
  markFresh("library", inputs);
}

const steps = {
  dependencies: ensureDependencies,
  addon: ensureAddon,
  library: ensureLibrary,
};

/**
 * Runs the named steps in their order, one process of this clone at a time.
 * @param {(keyof typeof steps)[]} names
 */
export async function ensure(...names) {
  await exclusively("setup", async () => {
    for (const name of names) await steps[name]();
  });
}

if (isMain(import.meta.url)) {
  await script(async () => {
    const all = /** @type {(keyof typeof steps)[]} */ (Object.keys(steps));
    const asked = process.argv.slice(2);
    const unknown = asked.filter((name) => !(name in steps));
    if (unknown.length > 0) throw new Error(`No step ${unknown.join(", ")}: ${all.join(", ")}`);
    await ensure(...all.filter((name) => asked.length === 0 || asked.includes(name)));
  });
}
