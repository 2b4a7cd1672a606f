// clang-tidy over native/, two files at a time. A file whose text, headers and configuration are
// as when it last passed is not looked at again.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesUnder, fingerprint, isFresh, markFresh } from "./freshness.mjs";
import { root, run } from "./run.mjs";

const directory = "build-tidy";

/** Only configures: clang-tidy needs the flags of every file and nothing that is built. */
function configure() {
  run(
    "cmake",
    [
      ...["-S", ".", "-B", directory, "-DCMAKE_BUILD_TYPE=Debug"],
      ...["-DSCARD_TESTS=OFF", "-DSCARD_ADDON=ON", "-DSCARD_UNITY=OFF"],
    ],
    { quiet: true },
  );
  /** @type {{ file: string }[]} */
  const commands = JSON.parse(readFileSync(join(root, directory, "compile_commands.json"), "utf8"));
  return commands.map(({ file }) => file);
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

/** Returns the number of files with findings, which it prints. */
export async function clangTidy() {
  const headers = filesUnder("native").filter((file) => file.endsWith(".h"));
  const shared = fingerprint([".clang-tidy", "native/options.cmake", ...headers]);
  const waiting = configure()
    .map((file) => ({ file, stamp: `tidy-${fingerprint([file.slice(root.length)])}` }))
    .filter(({ stamp }) => !isFresh(stamp, shared, []));
  let failures = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { passed, output } = await tidy(next.file);
      if (passed) markFresh(next.stamp, shared);
      else failures += 1;
      process.stdout.write(output);
    }
  };
  await Promise.all([worker(), worker()]);
  return failures;
}
