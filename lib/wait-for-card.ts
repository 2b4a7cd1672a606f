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
import { linkedController } from "./tracking/pause.js";

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
  /** Calls back when the database may have changed, until the result is called. */
  onDatabaseChange(listener: () => void): () => void;
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
 * Longest single wait, ms. Nothing tells of changes of Windows' database, and pcsclite before 2.3 misses a reader that is attached between the list
 * and the wait for news of readers, so the list is looked at again from time to time.
 */
const longestWait = 10_000;

/**
 * Waits for a card: lists the readers, waits for a change of one of them, of the list or of the
 * database, and begins anew with what it has learnt.
 */
export async function waitForCard(
  context: Waiter,
  options: WaitForCardOptions | undefined,
): Promise<ReaderState> {
  const given = checkOptions("options", options, keys);
  const wanted = checkWait(given);
  const limits = Limits.from(given);
  using news = new DatabaseNews(context, wanted);
  const known = new Map<string, ReaderState>();
  for (;;) {
    const states = await statesAfterAll(context, wanted, { known, news, limits });
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

/** What one wait has learnt, what can break it off, and how long it may take. */
interface Course {
  readonly known: Map<string, ReaderState>;
  readonly news: DatabaseNews;
  readonly limits: Limits | undefined;
}

/**
 * Breaks waits off when the database changes: a card that is in may be of a type that was introduced
 * only now, a reader may have got the name or the group that is waited for.
 */
class DatabaseNews implements Disposable {
  #next = new AbortController();
  readonly #stop: () => void;

  constructor(context: Waiter, { kind, groups, reader }: WantedHere) {
    // Whoever takes any card in any reader has no use for the database, whose files would be watched.
    const matters = kind !== undefined || groups !== undefined || reader !== undefined;
    this.#stop = matters
      ? context.onDatabaseChange(() => {
          this.#next.abort();
        })
      : () => undefined;
  }

  /**
   * A wait that ends with the next change, or at once with one that came since the last wait.
   *
   * @returns undefined when a change broke it off.
   */
  async until<Value>(
    outer: AbortSignal | undefined,
    wait: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value | undefined> {
    const next = this.#next;
    const { controller, release } = linkedController(next.signal);
    const abort = (): void => {
      controller.abort(outer?.reason);
    };
    outer?.addEventListener("abort", abort, { once: true });
    try {
      outer?.throwIfAborted();
      return await wait(controller.signal);
    } catch (error) {
      if (!next.signal.aborted || error !== next.signal.reason) {
        throw error;
      }
      this.#next = new AbortController();
      return undefined;
    } finally {
      outer?.removeEventListener("abort", abort);
      release();
    }
  }

  [Symbol.dispose](): void {
    this.#stop();
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
  course: Course,
): Promise<readonly ReaderState[]> {
  const { known, limits } = course;
  for (;;) {
    try {
      return await nextStates(context, wanted, course);
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
  { known, news, limits }: Course,
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
  const others = names.length < mostEntries ? [pnpNotification] : [];
  const watched = [...names, ...others].map((name) => known.get(name) ?? name);
  const left = limits?.remaining ?? Infinity;
  try {
    const timeoutMs = Math.min(left, longestWait);
    const states = await news.until(signal, async (either) =>
      context.getStatusChange(watched, { signal: either, timeoutMs }),
    );
    return states ?? [...known.values()];
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
