// Everything that can be said about the code without running it: `npm run check`, or
// `node scripts/check.mjs NAME…` for some of the steps. A C++ tool that is missing is a named
// notice here and a failure in CI.
import { filesUnder } from "./freshness.mjs";
import { clangTidy } from "./clang-tidy.mjs";
import { brokenWinscardTable } from "./check/winscard-table.mjs";
import { brokenLimits } from "./limits.mjs";
import { run, script, timed } from "./run.mjs";
import { ensure } from "./setup.mjs";

/** @param {string} file */
const module = (file) => `node_modules/${file}`;

/**
 * True when the program passed; shows its output otherwise.
 * @param {string} program
 * @param {readonly string[]} args
 */
function passes(program, args) {
  const { status, output } = run(program, args, { quiet: true, check: false });
  if (status !== 0) process.stdout.write(output);
  return status === 0;
}

/** @param {readonly string[]} args */
const node = (...args) => passes(process.execPath, args);

/**
 * Runs a step whose tool comes from the system.
 * @param {string} tool
 * @param {() => boolean | Promise<boolean>} step
 */
function withTool(tool, step) {
  if (!run(tool, ["--version"], { quiet: true, check: false }).missing) return step();
  console.log(`notice: ${tool} is not installed, so its check did not run`);
  return !process.env["CI"];
}

const cxxFiles = () =>
  [
    "native",
    "test/native",
    "test/harness",
    "test/winscard",
    "bench/standin",
    "bench/vpcd",
    "bench/allocations",
  ]
    .flatMap(filesUnder)
    .filter((f) => /\.(cc|h)$/.test(f));

/** @type {Record<string, () => boolean | Promise<boolean>>} */
const steps = {
  prettier: () => node(module("prettier/bin/prettier.cjs"), "--check", "--log-level=warn", "."),
  "clang-format": () =>
    withTool("clang-format", () =>
      passes("clang-format", ["--dry-run", "--Werror", ...cxxFiles()]),
    ),
  limits: () => {
    const broken = brokenLimits();
    for (const line of broken) console.log(line);
    return broken.length === 0;
  },
  winscard: () => {
    const broken = brokenWinscardTable();
    for (const line of broken) console.log(line);
    return broken.length === 0;
  },
  generated: () =>
    filesUnder("scripts")
      .filter((file) => /^scripts\/generate-[\w-]+\.mjs$/.test(file))
      .map((file) => node(file, "--check"))
      .every(Boolean),
  library: async () => {
    await ensure("library");
    return true;
  },
  types: () => node(module("typescript/bin/tsc"), "-p", "tsconfig.json"),
  eslint: () => node(module("eslint/bin/eslint.js"), "--max-warnings=0", "."),
  docs: () => node("scripts/check-docs.mjs"),
  "clang-tidy": () => withTool("clang-tidy", async () => (await clangTidy()) === 0),
};

/** @param {string} name */
async function holds(name) {
  try {
    return await timed(name, /** @type {() => Promise<boolean>} */ (steps[name]));
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
    return false;
  }
}

await script(async () => {
  const asked = process.argv.slice(2);
  const names = Object.keys(steps);
  const unknown = asked.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new Error(`No step ${unknown.join(", ")}; one of ${names.join(", ")}`);
  await ensure("dependencies");
  const failed = [];
  for (const name of asked.length > 0 ? asked : names) if (!(await holds(name))) failed.push(name);
  console.log(failed.length > 0 ? `check: failed: ${failed.join(", ")}` : "check: all passed");
  return failed.length > 0 ? 1 : 0;
});
