import { checkBoolean, checkGroups, checkOptions, checkReaderName } from "./arguments.js";
import { type AtrMatch, checkAtrMatch } from "./atr-match.js";
import type { Context } from "./context.js";
import { PcscError } from "./errors/pcsc-error.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import {
  type CheckedWanted,
  type WantedCards,
  checkWantedParts,
  wantedKeys,
} from "./locate/wanted.js";
import { type ReaderState, mostEntries, pnpNotification } from "./reader-state.js";
import { saysServiceGone } from "./service-gone.js";

/** Options of `context.waitForCard()`. */
export interface WaitForCardOptions extends WantedCards, CallOptions {
  /** Only a card in this reader. It need not be attached yet. Default: any reader. */
  readonly reader?: string | undefined;
  /** Take a card that does not answer (mute) too. Default: false. */
  readonly includeMute?: boolean | undefined;
  /** Only a card in a reader of these groups. Default: all readers. pcsclite ignores it. */
  readonly groups?: readonly string[] | undefined;
  /** Only a card with this ATR, or with one that matches under a mask. Default: any card. */
  readonly atr?: AtrMatch | undefined;
}

/** The part of a context that waits use. */
export interface Waiter extends Pick<Context, "listReaders" | "getStatusChange"> {
  /** Settles when a service that has gone is back; at once when it has not. */
  serviceReturns(limits: Limits | undefined): Promise<void>;
  /** Whether a card with this ATR is one of those wanted. */
  isWanted(wanted: CheckedWanted, atr: Uint8Array, limits: Limits | undefined): Promise<boolean>;
}

const keys = ["reader", "includeMute", "groups", "atr", ...wantedKeys, ...callOptionKeys] as const;

/** Which cards are waited for, and where. */
interface WantedHere {
  readonly reader: string | undefined;
  readonly groups: readonly string[] | undefined;
  readonly matches: (state: ReaderState) => boolean;
  /** What the card must be besides; undefined for any. */
  readonly kind: CheckedWanted | undefined;
}

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
  const given = checkOptions("options", options, keys);
  const wanted = checkWait(given);
  const limits = Limits.from(given);
  const known = new Map<string, ReaderState>();
  for (;;) {
    const states = await statesAfterAll(context, wanted, known, limits);
    for (const state of states.filter(wanted.matches)) {
      if (await isOfKind(context, wanted.kind, state, limits)) {
        return state;
      }
    }
    known.clear();
    for (const state of states) {
      known.set(state.reader, state);
    }
  }
}

async function isOfKind(
  context: Waiter,
  kind: CheckedWanted | undefined,
  { atr }: ReaderState,
  limits: Limits | undefined,
): Promise<boolean> {
  return kind === undefined || (atr !== null && (await context.isWanted(kind, atr, limits)));
}

function checkWait(given: { readonly [Key in (typeof keys)[number]]?: unknown }): WantedHere {
  const includeMute = checkBoolean("includeMute", given.includeMute ?? false);
  const atrMatches = checkAtrMatch("atr", given.atr);
  return {
    reader: given.reader === undefined ? undefined : checkReaderName("reader", given.reader),
    groups: checkGroups(given.groups),
    kind: wantedKeys.some((key) => given[key] !== undefined) ? checkWantedParts(given) : undefined,
    matches: (state) => hasCard(state, includeMute) && atrMatches(state.atr),
  };
}

/** As {@link nextStates}, through ends of the service. */
async function statesAfterAll(
  context: Waiter,
  wanted: WantedHere,
  known: Map<string, ReaderState>,
  limits: Limits | undefined,
): Promise<readonly ReaderState[]> {
  for (;;) {
    try {
      return await nextStates(context, wanted, known, limits);
    } catch (error) {
      if (!saysServiceGone(error)) {
        throw error;
      }
      known.clear();
      await context.serviceReturns(limits);
    }
  }
}

/** The next report on the readers that there are. What is not known yet is told at once. */
async function nextStates(
  context: Waiter,
  { reader: only, groups }: WantedHere,
  known: ReadonlyMap<string, ReaderState>,
  limits: Limits | undefined,
): Promise<readonly ReaderState[]> {
  const signal = limits?.signal;
  const remaining = limits?.remaining;
  // Without time the list is still read, for one look at what is there.
  const listed = await context.listReaders({
    groups,
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
