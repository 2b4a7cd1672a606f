// The test command: brings the clone up to date, then runs the native tests and vitest, and ends
// with one line that says how many passed and failed. Arguments go to vitest alone, for instance
// `npm test -- test/unit`; the native tests run only without any.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { testNative } from "./native.mjs";
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
  const totals = [];
  if (args.length === 0) totals.push(await testNative("plain"));
  totals.push(testFacade(args));
  const passed = totals.reduce((sum, one) => sum + one.passed, 0);
  const failed = totals.reduce((sum, one) => sum + one.failed, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
});
