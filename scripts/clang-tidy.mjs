// clang-tidy over native/, a dozen files at a time as CMake's unity build joins them, which walks
// the headers once for all of them. A dozen whose text, headers and configuration are as when it
// last passed is not looked at again.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { filesUnder, fingerprint, isFresh, markFresh } from "./freshness.mjs";
import { root, run } from "./run.mjs";

const build = "build-tidy";
const directory = `${build}/unified`;

/** @typedef {{ directory: string, file: string, command: string }} CompileCommand */

/** Only configures: clang-tidy needs the flags of every file and nothing that is built. */
function configure() {
  run(
    "cmake",
    [
      ...["-S", ".", "-B", build, "-DCMAKE_BUILD_TYPE=Debug"],
      ...["-DSCARD_TESTS=OFF", "-DSCARD_ADDON=ON", "-DSCARD_UNITY=ON"],
    ],
    { quiet: true },
  );
  mkdirSync(join(root, directory), { recursive: true });
  /** @type {CompileCommand[]} */
  const commands = JSON.parse(readFileSync(join(root, build, "compile_commands.json"), "utf8"));
  const units = commands.map((command, index) => {
    // The analyzer looks into included sources only where the file has this name.
    const file = join(root, directory, `UnifiedSource${index}.cxx`);
    const text = readFileSync(command.file, "utf8");
    writeFileSync(file, text);
    const sources = [...text.matchAll(/#include "(.+)"/g)].map(([, path = ""]) =>
      relative(root, path),
    );
    const flags = command.command.replaceAll(command.file, file);
    return { command: { ...command, file, command: flags }, file, sources };
  });
  const database = JSON.stringify(units.map(({ command }) => command));
  writeFileSync(join(root, directory, "compile_commands.json"), database);
  return units;
}

/**
 * @param {string} file
 * @returns {Promise<{ passed: boolean, output: string }>}
 */
function tidy(file) {
  return new Promise((resolve) => {
    const child = spawn("clang-tidy", ["-p", directory, "--quiet", file], { cwd: root });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    // The count of suppressed warnings of system headers; findings are on stdout.
    let errors = "";
    child.stderr.on("data", (chunk) => (errors += chunk));
    child.on("close", (code) =>
      resolve({ passed: code === 0, output: code === 0 ? "" : output || errors }),
    );
  });
}

/** Returns the number of units with findings, which it prints. */
export async function clangTidy() {
  const headers = filesUnder("native").filter((file) => file.endsWith(".h"));
  const waiting = configure()
    .map(({ file, sources }, index) => ({
      file,
      stamp: `tidy-${index}`,
      inputs: fingerprint([".clang-tidy", "native/options.cmake", ...headers, ...sources]),
    }))
    .filter(({ stamp, inputs }) => !isFresh(stamp, inputs, []));
  let failures = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { passed, output } = await tidy(next.file);
      if (passed) markFresh(next.stamp, next.inputs);
      else failures += 1;
      process.stdout.write(output);
    }
  };
  await Promise.all([worker(), worker()]);
  return failures;
}
