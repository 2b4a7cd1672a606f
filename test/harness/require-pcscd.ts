import type { TestContext } from "vitest";

import { pcscdAvailable } from "./sandbox.js";

/**
 * Makes the test pending, with the reason, where no pcscd can be started. Where one is promised
 * (`CI` or `SCARD_REQUIRE_PCSCD` is set) the test fails instead.
 */
export function requirePcscd(context: TestContext): void {
  const available = pcscdAvailable();
  if (!("reason" in available)) return;
  const promised = (name: string): boolean => (process.env[name] ?? "") !== "";
  if (promised("CI") || promised("SCARD_REQUIRE_PCSCD")) {
    throw new Error(`pcscd is required here, but ${available.reason}`);
  }
  context.skip(available.reason);
}
