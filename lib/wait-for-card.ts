import { checkBoolean, checkOptions, checkReaderName } from "./arguments.js";
import type { Context } from "./context.js";
import { PcscError } from "./errors/pcsc-error.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import { type ReaderState, mostEntries, pnpNotification } from "./reader-state.js";

/** Options of `context.waitForCard()`. */
export interface WaitForCardOptions extends CallOptions {
  /** Only a card in this reader. It need not be attached yet. Default: any reader. */
  readonly reader?: string | undefined;
  /** Take a card that does not answer (mute) too. Default: false. */
  readonly includeMute?: boolean | undefined;
}

/** The part of a context that the wait uses. */
type Waiter = Pick<Context, "listReaders" | "getStatusChange">;

/**
 * Longest single wait, ms. pcsclite before 2.3 misses a reader that is attached between the list
 * and the wait for news of readers, so the list is looked at again from time to time.
 */
const longestWait = 10_000;

/**
 * Waits for a card: lists the readers, waits for a change of one of them or of the list, and begins
 * anew with what it has learnt.
 */
export async function waitForCard(
  context: Waiter,
  options: WaitForCardOptions | undefined,
): Promise<ReaderState> {
  const given = checkOptions("options", options, ["reader", "includeMute", ...callOptionKeys]);
  const only = given.reader === undefined ? undefined : checkReaderName("reader", given.reader);
  const includeMute = checkBoolean("includeMute", given.includeMute ?? false);
  const limits = Limits.from(given);
  const known = new Map<string, ReaderState>();
  for (;;) {
    const states = await nextStates(context, only, known, limits);
    const found = states.find((state) => hasCard(state, includeMute));
    if (found !== undefined) {
      return found;
    }
    known.clear();
    for (const state of states) {
      known.set(state.reader, state);
    }
  }
}

/** The next report on the readers that there are. What is not known yet is told at once. */
async function nextStates(
  context: Waiter,
  only: string | undefined,
  known: ReadonlyMap<string, ReaderState>,
  limits: Limits | undefined,
): Promise<readonly ReaderState[]> {
  const signal = limits?.signal;
  const remaining = limits?.remaining;
  // Without time the list is still read, for one look at what is there.
  const listed = await context.listReaders({
    signal,
    timeoutMs: remaining === 0 ? undefined : remaining,
  });
  const names = only === undefined ? listed : listed.filter((name) => name === only);
  const news = names.length < mostEntries ? [pnpNotification] : [];
  const watched = [...names, ...news].map((name) => known.get(name) ?? name);
  const left = limits?.remaining ?? Infinity;
  try {
    return await context.getStatusChange(watched, {
      signal,
      timeoutMs: Math.min(left, longestWait),
    });
  } catch (error) {
    if (mayGoOn(error, left)) {
      return [...known.values()];
    }
    throw error;
  }
}

/** Whether to list the readers anew: a single wait is over, or Windows no longer knows a reader. */
function mayGoOn(error: unknown, left: number): boolean {
  return (
    error instanceof PcscError &&
    (error.code === "SCARD_E_UNKNOWN_READER" ||
      (error.code === "SCARD_E_TIMEOUT" && left > longestWait))
  );
}

function hasCard(state: ReaderState, includeMute: boolean): boolean {
  return state.present && (includeMute || !state.mute);
}
