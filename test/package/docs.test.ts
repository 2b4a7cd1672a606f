import { expect, it } from "vitest";
import { root, run } from "./installed.js";

it("runs the examples of README.md and docs/ that are marked to run", async () => {
  const { code, stdout, stderr } = await run(
    process.execPath,
    ["scripts/check-docs.mjs", "--run"],
    { cwd: root },
  );
  expect(stdout + stderr).toMatch(/docs: \d+ examples ran, 0 failed/);
  expect(code).toBe(0);
});
