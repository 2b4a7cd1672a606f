// Names the tests that were pending, with the reason each gave, and leaves the totals for
// scripts/test.mjs in the file that SCARD_TEST_TOTALS names.
import { writeFileSync } from "node:fs";

/** @import { Reporter, TestModule } from "vitest/node" */

/** @implements {Reporter} */
export default class TotalsReporter {
  /**
   * @param {readonly TestModule[]} modules
   * @param {readonly unknown[]} unhandled errors that belong to no test
   */
  onTestRunEnd(modules, unhandled) {
    let passed = 0;
    let failed = unhandled.length;
    /** @type {string[]} */
    const pending = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") passed += 1;
        else if (result.state === "failed") failed += 1;
        else pending.push(`${module.relativeModuleId}: ${test.fullName}: ${noteOf(result)}`);
      }
      // A file or suite that failed outside its tests: an import, a hook.
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
    }
    failed += compareWorlds(modules);
    for (const line of pending) console.log(`pending: ${line}`);
    const file = process.env["SCARD_TEST_TOTALS"];
    if (file) writeFileSync(file, JSON.stringify({ passed, failed, pending: pending.length }));
  }
}

/**
 * Says whether the contract had the same tests over the embedded subsystem and over pcscd, and how
 * many: `contract: 150 = 150`; where some did not run, how many did. Nothing when one of the files
 * was not asked for.
 * @param {readonly TestModule[]} modules
 * @returns {number} the differences
 */
function compareWorlds(modules) {
  const worlds = ["virtual", "pcscd"].map((name) =>
    modules.find((module) => module.relativeModuleId === `test/contract/${name}.test.ts`),
  );
  const [virtual, pcscd] = worlds.map((module) =>
    [...(module?.children.allTests() ?? [])].map((test) => ({
      // Without the name of the world.
      name: test.fullName.replace(/^\w+ > /, ""),
      ran: ["passed", "failed"].includes(test.result().state),
    })),
  );
  if (!virtual?.length || !pcscd?.length) return 0;
  const different = [
    ...alone(virtual, pcscd).map((name) => `virtual alone: ${name}`),
    ...alone(pcscd, virtual).map((name) => `pcscd alone: ${name}`),
  ];
  for (const line of different) console.log(`contract: ${line}`);
  const [here, there] = [virtual, pcscd].map((tests) => tests.filter(({ ran }) => ran).length);
  if (here === virtual.length && there === pcscd.length) {
    console.log(
      `contract: ${here} ${different.length === 0 && here === there ? "=" : "!="} ${there}`,
    );
  } else {
    console.log(
      `contract: ran ${here} of ${virtual.length} tests over the embedded subsystem, ` +
        `${there} of ${pcscd.length} over pcscd`,
    );
  }
  return Math.max(different.length, Math.abs(virtual.length - pcscd.length));
}

/** @typedef {{ readonly name: string, readonly ran: boolean }} ContractTest */

/**
 * Names of tests that the other world does not have.
 * @param {readonly ContractTest[]} tests
 * @param {readonly ContractTest[]} others
 */
function alone(tests, others) {
  const names = new Set(others.map(({ name }) => name));
  return tests.map(({ name }) => name).filter((name) => !names.has(name));
}

/** @param {{ state: string, note?: string | undefined }} result */
function noteOf(result) {
  return result.note ?? (result.state === "pending" ? "never ran" : "no reason given");
}
