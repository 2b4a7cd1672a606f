// Builds and runs the native tests: `node scripts/native.mjs [plain|asan|tsan] [part of a test's
// name]`. With `--build` it only builds. Each variant has its own build directory.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fingerprint, isFresh, markFresh } from "./freshness.mjs";
import { isMain, root, run, script, timed } from "./run.mjs";
import { exclusively } from "./lock.mjs";
import { ensure, requireCMake } from "./setup.mjs";

/** @type {Record<string, { directory: string, options: string[], env: Record<string, string> }>} */
const variants = {
  plain: {
    directory: "build-native",
    options: [],
    env: {},
  },
  asan: {
    directory: "build-asan",
    options: ["-DSCARD_SANITIZE=address,undefined"],
    env: {
      ASAN_OPTIONS: "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1",
      UBSAN_OPTIONS: "print_stacktrace=1",
    },
  },
  tsan: {
    directory: "build-tsan",
    options: ["-DSCARD_SANITIZE=thread"],
    env: { TSAN_OPTIONS: "halt_on_error=0:second_deadlock_stack=1" },
  },
};

/** @param {string} program */
const present = (program) =>
  run(program, ["--version"], { quiet: true, check: false }).status === 0;

/** @param {string} directory */
function configure(directory, /** @type {string[]} */ options) {
  // The generator of a build directory cannot change, so it is only chosen for a new one.
  const fresh = !existsSync(join(root, directory, "CMakeCache.txt"));
  const generator = fresh && present("ninja") ? ["-G", "Ninja"] : [];
  run(
    "cmake",
    [
      ...["-S", ".", "-B", directory, ...generator, "-DCMAKE_BUILD_TYPE=Debug"],
      ...["-DSCARD_TESTS=ON", "-DSCARD_ADDON=OFF"],
      `-DSCARD_WERROR=${process.env["CI"] ? "ON" : "OFF"}`,
      ...options,
    ],
    { quiet: true },
  );
}

/**
 * Builds scard_tests.
 * @param {string} name
 */
export async function buildNative(name) {
  const variant = variants[name];
  if (!variant) throw new Error(`No variant ${name}; one of ${Object.keys(variants).join(", ")}`);
  const { directory, options } = variant;
  await exclusively(directory, async () => {
    const sources = ["CMakeLists.txt", "native", "test/native"];
    const inputs = fingerprint(sources, [...options, process.env["CI"] ?? ""]);
    if (isFresh(directory, inputs, [`${directory}/CMakeCache.txt`])) return;
    requireCMake();
    await timed(`building ${directory}`, () => {
      configure(directory, options);
      run("cmake", ["--build", directory, "--config", "Debug", "--parallel", "2"]);
    });
    markFresh(directory, inputs);
  });
  return variant;
}

/**
 * Totals of the suites in ctest's report; a suite that ended without its line has crashed.
 * @param {string} report JUnit XML
 */
function totals(report) {
  let passed = 0;
  let failed = 0;
  for (const suite of report.split("<testcase ").slice(1)) {
    const line = /native: (\d+) passed, (\d+) failed/.exec(suite);
    passed += Number(line?.[1] ?? 0);
    failed += Math.max(Number(line?.[2] ?? 0), suite.includes("<failure") ? 1 : 0);
    if (!line && !suite.includes("<failure")) failed += 1;
  }
  return { passed, failed };
}

/**
 * Builds and runs one variant.
 * @param {string} name
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function testNative(name) {
  const { directory, env } = await buildNative(name);
  const report = join(root, directory, "report.xml");
  const { status } = run(
    "ctest",
    [
      ...["--test-dir", directory, "-C", "Debug", "--output-on-failure", "--no-tests=error"],
      // The line that counts is a suite's last: the report must not cut it off.
      ...["--parallel", "2", "--output-junit", report, "--test-output-size-passed", "1048576"],
    ],
    { check: false, env },
  );
  const result = totals(readFileSync(report, "utf8"));
  if (status !== 0 && result.failed === 0) result.failed = 1;
  return result;
}

/**
 * @param {string} name
 * @param {string} part
 */
async function testPart(name, part) {
  const { directory, env } = await buildNative(name);
  return run(join(root, directory, "scard_tests"), [part], { check: false, env }).status;
}

if (isMain(import.meta.url)) {
  await script(async () => {
    const args = process.argv.slice(2).filter((argument) => argument !== "--build");
    const [name = "plain", part] = args;
    await ensure("dependencies");
    if (process.argv.includes("--build")) return void (await buildNative(name));
    if (part !== undefined) return testPart(name, part);
    const { passed, failed } = await testNative(name);
    console.log(`\n${passed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  });
}
