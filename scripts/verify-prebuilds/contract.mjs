// The contract suite over the virtual subsystem, for every runtime. Prints each failure, then one
// line: `N passed, N failed`.
import { startTests } from "@vitest/runner";
import { tellLoaded } from "./checks.mjs";

/** @typedef {import("@vitest/runner").Task} Task */

const failures = /** @type {string[]} */ ([]);
let passed = 0;

/** @param {Task} task */
function report(task) {
  if (task.type === "suite") {
    for (const child of task.tasks) report(child);
  }
  for (const error of task.result?.errors ?? []) {
    failures.push(`${task.name}: ${error.stack ?? error.message}`);
  }
  if (task.type === "test" && task.result?.state === "pass") passed++;
  else if (task.type === "test" && task.result?.state !== "fail") {
    failures.push(`${task.name}: did not run (${task.result?.state ?? task.mode})`);
  }
}

// An emulated processor is slow.
const patience = 120_000;

const files = await startTests(["contract"], {
  config: {
    ...{ root: "/", setupFiles: [], name: undefined, passWithNoTests: false },
    ...{ testNamePattern: undefined, allowOnly: false, chaiConfig: undefined },
    ...{ maxConcurrency: 1, testTimeout: patience, hookTimeout: patience, retry: 0 },
    ...{ includeTaskLocation: false, tags: [], tagsFilter: undefined, strictTags: false },
    sequence: { seed: 1, hooks: "stack", setupFiles: "list" },
  },
  importFile: async () => {
    // As before every test file: not the database of whoever runs this.
    await import("../../test/harness/own-database.js");
    await import("../../test/contract/virtual.test.js");
  },
});
tellLoaded();
for (const file of files) report(file);
for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0;
