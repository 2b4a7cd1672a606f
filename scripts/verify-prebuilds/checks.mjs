// What the programs that run inside the runtimes share: named checks, and the lines that
// verify-prebuilds reads.
import assert from "node:assert/strict";

export { assert };

/** @type {[name: string, body: () => unknown][]} */
const checks = [];

/**
 * Adds a check; they run in their order.
 * @param {string} name
 * @param {() => unknown} body
 */
export function check(name, body) {
  checks.push([name, body]);
}

/**
 * What a promise was rejected with.
 * @param {Promise<unknown>} promise
 * @returns {Promise<any>}
 */
export async function failureOf(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("The promise was not rejected");
}

/** Runs every check, tells of each failure, and ends with `N passed, N failed`. */
export async function runChecks() {
  let passed = 0;
  for (const [name, body] of checks) {
    try {
      await body();
      passed++;
    } catch (error) {
      console.log(`FAILED ${name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  const failed = checks.length - passed;
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

/** The line that tells which runtime has loaded which addon. */
export function tellLoaded() {
  const versions = /** @type {Record<string, string | undefined>} */ (process.versions);
  const name = versions["bun"] ? "bun" : versions["deno"] ? "deno" : "node";
  const runtime = `${name} ${versions[name]} ${process.platform}-${process.arch}`;
  console.log(`LOADED ${JSON.stringify({ runtime, napi: versions["napi"] })}`);
}
