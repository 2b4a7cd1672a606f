#!/usr/bin/env node
// `npx scard-build`: builds the addon of the installed package from its sources, where no prebuilt
// binary fits. Needs CMake 3.21, a C++20 compiler and npm. The result goes to build/Release of the
// package, which is looked at before prebuilds/.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const hint =
  "Debian, Ubuntu: apt-get install cmake g++; Alpine: apk add cmake g++ make; Fedora: dnf install " +
  "cmake gcc-c++; macOS: xcode-select --install and brew install cmake; Windows: winget install " +
  "Kitware.CMake and the Visual Studio Build Tools.";

/**
 * Runs a program to its end with its output shown.
 * @param {string} program
 * @param {readonly string[]} args
 */
function run(program, args) {
  const shell = process.platform === "win32" && program === "npm";
  const { status, error } = spawnSync(program, args, { stdio: "inherit", shell });
  if (status === 0) return;
  throw new Error(`${program} ${args[0]} failed: ${error?.message ?? `exit code ${status}`}`);
}

function requireCMake() {
  const { status } = spawnSync("cmake", ["--version"], { stdio: "ignore" });
  if (status !== 0) throw new Error(`CMake and a C++20 compiler are needed. ${hint}`);
}

/**
 * The headers of Node-API: the clone's own, or fetched for this build alone.
 * @param {string} temporary
 */
function headers(temporary) {
  const names = ["node-api-headers", "node-addon-api"];
  const from = (/** @type {string} */ directory) => {
    const require = createRequire(join(directory, "package.json"));
    return names.map((name) => dirname(require.resolve(`${name}/package.json`)));
  };
  try {
    return from(root);
  } catch {
    const wanted = names.map((name) => `${name}@${devDependencies[name]}`);
    run("npm", ["install", "--prefix", temporary, "--no-save", "--ignore-scripts", ...wanted]);
    return from(temporary);
  }
}

/** @param {string} temporary */
function build(temporary) {
  const [nodeApi = "", addonApi = ""] = headers(temporary);
  const include = `${join(nodeApi, "include")};${addonApi}`;
  const directory = join(temporary, "build");
  const options = [`-DCMAKE_JS_INC=${include}`, "-DCMAKE_BUILD_TYPE=Release"];
  run("cmake", ["-S", root, "-B", directory, ...options]);
  const parallel = ["--parallel", String(availableParallelism())];
  run("cmake", ["--build", directory, "--config", "Release", ...parallel]);
  const target = join(root, "build/Release/scard.node");
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(directory, "Release/scard.node"), target);
  return target;
}

if (process.argv.length > 2) {
  console.log(
    "scard-build: builds scard's native part from source, into build/Release of the package.",
  );
  console.log(`Takes no arguments. Needs npm, CMake 3.21 and a C++20 compiler. ${hint}`);
} else if (!existsSync(join(root, "native/CMakeLists.txt"))) {
  console.error(`scard-build: ${root} has no sources`);
  process.exitCode = 1;
} else {
  const temporary = mkdtempSync(join(tmpdir(), "scard-build-"));
  try {
    requireCMake();
    console.log(`scard-build: built ${build(temporary)}`);
  } catch (error) {
    console.error(`scard-build: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
