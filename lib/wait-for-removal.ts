import { checkOptions, checkReaderName } from "./arguments.js";
import { PcscError } from "./errors/pcsc-error.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import type { ReaderState } from "./reader-state.js";
import { saysServiceGone } from "./service-gone.js";
import { goneState } from "./tracking/diff.js";
import type { Waiter } from "./wait-for-card.js";

/** Options of `context.waitForRemoval()`. */
export interface WaitForRemovalOptions extends CallOptions {
  /** Name of the reader. */
  readonly reader: string;
}

/** Waits until the card that is in a reader has left it. */
export async function waitForRemoval(
  context: Waiter,
  options: WaitForRemovalOptions,
): Promise<ReaderState> {
  const given = checkOptions("options", options, ["reader", ...callOptionKeys]);
  const reader = checkReaderName("reader", given.reader);
  const limits = Limits.from(given);
  let known: ReaderState | undefined;
  for (;;) {
    try {
      const state = await nextState(context, known ?? reader, limits);
      if (!state.present || (known !== undefined && known.eventCount !== state.eventCount)) {
        return state;
      }
      known = state;
    } catch (error) {
      if (!saysServiceGone(error)) {
        throw error;
      }
      // A new service counts anew.
      known = undefined;
      await context.serviceReturns(limits);
    }
  }
}

async function nextState(
  context: Waiter,
  known: string | ReaderState,
  limits: Limits | undefined,
): Promise<ReaderState> {
  const reader = typeof known === "string" ? known : known.reader;
  try {
    const [state] = await context.getStatusChange([known], {
      signal: limits?.signal,
      timeoutMs: limits?.remaining,
    });
    return state ?? goneState(reader);
  } catch (error) {
    if (error instanceof PcscError && error.code === "SCARD_E_UNKNOWN_READER") {
      return goneState(reader);
    }
    throw error;
  }
}
