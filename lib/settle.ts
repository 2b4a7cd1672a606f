// The first exchange after an insertion often fails: the card bounces in the reader, the reader is
// still powering it, or other software looks at it first.
import type { ContextCalls } from "./context-calls.js";
import type { PcscCode, UnknownPcscCode } from "./errors/codes.js";
import { PcscError } from "./errors/pcsc-error.js";
import type { Limits } from "./limits.js";
import { BackOff } from "./tracking/back-off.js";
import { rest } from "./tracking/pause.js";

/** Pauses between attempts, ms: the first, and the longest. */
const firstPause = 25;
const longestPause = 200;

const settlingCodes: ReadonlySet<PcscCode | UnknownPcscCode> = new Set<PcscCode>([
  "SCARD_E_NOT_READY",
  "ERROR_NOT_READY",
  "SCARD_W_UNRESPONSIVE_CARD",
  "SCARD_E_COMM_DATA_LOST",
  "SCARD_E_SHARING_VIOLATION",
]);

/** What tells whether a card settles, and how long to wait for it. */
export interface SettleOptions {
  readonly calls: ContextCalls;
  /** The reader as the program calls it, and as the resource manager does. */
  readonly names: () => readonly string[];
  /** Most time that attempts may take together, ms; 0 for one attempt. */
  readonly settleMs: number;
  readonly limits: Limits | undefined;
}

/**
 * Makes `attempt` again while it fails as with a card that was inserted a moment ago; the last
 * failure is the one to report. Only where a wait or tracker of the same context saw the card come.
 */
export async function settling<Value>(
  attempt: () => Promise<Value>,
  { calls, names, settleMs, limits }: SettleOptions,
): Promise<Value> {
  const deadline = performance.now() + settleMs;
  const backOff = new BackOff(firstPause, longestPause);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const next = backOff.take();
      const late = performance.now() + Math.min(next, limits?.remaining ?? Infinity) >= deadline;
      if (late || !settles(error) || !calls.insertions.isSettling(names())) {
        throw error;
      }
      await rest(next, limits, "SCardConnect");
    }
  }
}

function settles(error: unknown): boolean {
  return error instanceof PcscError && settlingCodes.has(error.code);
}
