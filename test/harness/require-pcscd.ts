import type { TestContext } from "vitest";

import { pcscdAvailable } from "./sandbox.js";

/**
 * Makes the test pending, with the reason, where no pcscd can be started. Where one is promised
 * (`CI` or `SCARD_REQUIRE_PCSCD` is set) the test fails instead.
 */
export function requirePcscd(context: TestContext): void {
  const available = pcscdAvailable();
  if ("reason" in available) requireHere(context, available.reason);
}

/** Makes the test pending for a reason; a failure where everything is promised. */
export function requireHere(context: TestContext, reason: string): void {
  const promised = (name: string): boolean => (process.env[name] ?? "") !== "";
  if (promised("CI") || promised("SCARD_REQUIRE_PCSCD")) {
    throw new Error(`Required here, but ${reason}`);
  }
  context.skip(reason);
}
