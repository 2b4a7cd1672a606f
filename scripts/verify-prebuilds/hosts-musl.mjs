// Where the musl addon runs: Bun built for musl, over Debian's musl. Nobody publishes a Node of that
// kind in a package, nor musl's C++ library that Bun wants: that is linked here, of the parts of GCC's
// that Bun names.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePackages } from "../prebuild/debian.mjs";
import { run } from "../run.mjs";
import { cachePath } from "./cache.mjs";
import { inside } from "./enter.mjs";
import { newRoot } from "./hosts-linux.mjs";
import { npmPackage } from "./npm-package.mjs";
import { runProgram } from "./run-program.mjs";

/** @param {string} file */
function dynamicSymbols(file) {
  const { output } = run("nm", ["-D", file], { quiet: true });
  const lines = output.split("\n").map((line) => line.trim().split(/\s+/));
  const names = (/** @type {(kind: string) => boolean} */ wanted) =>
    new Set(lines.filter((line) => wanted(line.at(-2) ?? "")).map((line) => line.at(-1) ?? ""));
  return {
    undefined: names((kind) => kind === "U"),
    defined: names((kind) => !/[Uwv]/.test(kind)),
  };
}

/**
 * A directory with a libstdc++.so.6 for musl that has what Bun names.
 * @param {string} bun
 * @param {string} musl its libc.so
 */
function makeStandIn(bun, musl) {
  const directory = cachePath("musl-standin");
  mkdirSync(directory, { recursive: true });
  const libc = dynamicSymbols(musl).defined;
  const wanted = dynamicSymbols(bun);
  // Its copies of the library's tables have the library's names.
  const tables = [...wanted.defined].filter((name) => name.startsWith("_ZTVN10__cxxabiv1"));
  const names = [...wanted.undefined, ...tables].filter((name) => !libc.has(name));
  const archive = (/** @type {string} */ name) =>
    run("g++", [`-print-file-name=${name}`], { quiet: true }).output.trim();
  run("gcc", [
    ...["-shared", "-fPIC", "-nostdlib", "-Wl,--soname,libstdc++.so.6", "-Wl,--gc-sections"],
    ...["-o", join(directory, "libstdc++.so.6")],
    fileURLToPath(new URL("musl-standin.c", import.meta.url)),
    ...names.map((name) => `-Wl,-u,${name}`),
    ...["libstdc++.a", "libgcc_eh.a", "libgcc.a"].map(archive),
  ]);
  return directory;
}

/**
 * @param {string} target
 * @param {string} laidOut
 */
export async function onMusl(target, laidOut) {
  await ensurePackages(["g++", "binutils"]);
  const root = await newRoot();
  const bun = join(await npmPackage("@oven/bun-linux-x64-musl", "1.4.5"), "bin/bun");
  const libraries = makeStandIn(bun, join(root, "usr/lib/x86_64-linux-musl/libc.so"));
  const command = inside(root, [bun, join(laidOut, "dist/contract.mjs")]);
  // node-gyp-build takes its word where there is no /etc/alpine-release. Of the programs on the way
  // in, which are glibc's, none needs a C++ library.
  const env = { LIBC: "musl", LD_LIBRARY_PATH: libraries };
  return [await runProgram(target, "contract", command, env)];
}
