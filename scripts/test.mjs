// The test command: brings the clone up to date, then runs the native tests and vitest, and ends
// with one line that says how many passed and failed. Arguments go to vitest alone, for instance
// `npm test -- test/unit`; the native tests run only without any.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildNative, testNative } from "./native.mjs";
import { root, run, script } from "./run.mjs";
import { ensure } from "./setup.mjs";

const totalsFile = join(root, ".cache/vitest-totals.json");

/** @param {readonly string[]} args */
function testFacade(args) {
  rmSync(totalsFile, { force: true });
  mkdirSync(dirname(totalsFile), { recursive: true });
  const { status } = run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...args], {
    check: false,
    env: { SCARD_TEST_TOTALS: totalsFile },
  });
  if (!existsSync(totalsFile)) return { passed: 0, failed: 1 };
  const { passed, failed } = JSON.parse(readFileSync(totalsFile, "utf8"));
  return { passed, failed: status !== 0 ? Math.max(failed, 1) : failed };
}

await script(async () => {
  const args = process.argv.slice(2);
  await ensure("dependencies", "addon", "library");
  // The contract tests need the virtual card program even when the native tests do not run.
  const native = args.length === 0 ? await testNative("plain") : await buildNative("plain");
  const facade = testFacade(args);
  const passed = ("passed" in native ? native.passed : 0) + facade.passed;
  const failed = ("failed" in native ? native.failed : 0) + facade.failed;
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
});
