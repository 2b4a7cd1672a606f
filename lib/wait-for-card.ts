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
import { Announcements, usualPollInterval } from "./tracking/announcements.js";
import { BackOff } from "./tracking/back-off.js";
import { DatabaseNews } from "./tracking/database-news.js";
import { rest } from "./tracking/pause.js";

/** Options of `context.waitForCard()`. */
export interface WaitForCardOptions extends WantedCards, CallOptions {
  /** Only a card in this reader. It need not be attached yet. Default: any reader. */
  readonly reader?: string | undefined;
  /** Take a card that does not answer (mute) too. Default: false. */
  readonly includeMute?: boolean | undefined;
  /**
   * Only a card in a reader of these groups, as `context.database` keeps them (docs/database.md). On
   * Windows nothing tells of a change of groups: it is noticed within 10 seconds. Default: all readers.
   */
  readonly groups?: readonly string[] | undefined;
  /** Only a card with this ATR, or with one that matches under a mask. Default: any card. */
  readonly atr?: AtrMatch | undefined;
}

/** The part of a context that waits use. */
export interface Waiter extends Pick<Context, "listReaders" | "getStatusChange"> {
  /** Aborts at the next `cancel` of the context. */
  cancelling(): AbortSignal;
  /** Calls back when the database may have changed, until the result is called. */
  onDatabaseChange(listener: () => void): () => void;
  /** A card was seen to come into this reader: what is connected to now may settle first. */
  cardCame(reader: string): void;
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
 * Longest single wait, ms. Nothing tells of changes of Windows' database, and pcsclite before 2.3
 * misses a reader that is attached between the list and the wait for news of readers, so the list is
 * looked at again from time to time.
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
  using news = new DatabaseNews((listener) =>
    matters(wanted) ? context.onDatabaseChange(listener) : (): void => undefined,
  );
  const course = { known: new Map<string, ReaderState>(), news, limits, ...freshCourse() };
  const { known } = course;
  for (let looked = false; ; looked = true) {
    const states = await statesAfterAll(context, wanted, course);
    for (const { reader, present } of looked ? states : []) {
      // It came with its reader: the waits tell of the others.
      if (present && !known.has(reader)) {
        context.cardCame(reader);
      }
    }
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
  readonly announcements: Announcements;
  /** Pauses after refusals that follow one another. */
  readonly refusals: BackOff;
}

function freshCourse(): Pick<Course, "announcements" | "refusals"> {
  return { announcements: new Announcements(), refusals: new BackOff(1, usualPollInterval) };
}

/** Whoever takes any card in any reader has no use for the database, whose files would be watched. */
function matters({ kind, groups, reader }: WantedHere): boolean {
  return kind !== undefined || groups !== undefined || reader !== undefined;
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
  course: Course,
): Promise<readonly ReaderState[]> {
  const { known, limits, announcements } = course;
  const signal = limits?.signal;
  const remaining = limits?.remaining;
  // Without time the list is still read, for one look at what is there.
  const listed = await context.listReaders({
    groups,
    signal,
    timeoutMs: remaining === 0 ? undefined : remaining,
  });
  const names = only === undefined ? listed : listed.filter((name) => name === only);
  const others = names.length < mostEntries && announcements.given ? [pnpNotification] : [];
  const watched = [...names, ...others].map((name) => known.get(name) ?? name);
  const left = limits?.remaining ?? Infinity;
  try {
    return (await oneWait(context, watched, { ...course, left })) ?? [...known.values()];
  } catch (error) {
    if (isPcsc(error, "SCARD_E_UNKNOWN_READER")) {
      await refused(context, course);
    } else if (!isPcsc(error, "SCARD_E_TIMEOUT") || left <= longest(course)) {
      throw error;
    }
    return [...known.values()];
  }
}

/** One wait; undefined when it was broken off. */
async function oneWait(
  context: Waiter,
  watched: readonly (string | ReaderState)[],
  course: Course & { readonly left: number },
): Promise<readonly ReaderState[] | undefined> {
  const { news, limits, announcements, refusals, left } = course;
  const single = longest(course);
  const timeoutMs = Math.min(left, single);
  return news.until(limits?.signal, async (signal) => {
    if (watched.length === 0) {
      const within = Limits.from({ signal, timeoutMs: left });
      await rest(single, within, "SCardGetStatusChange", context.cancelling());
      return undefined;
    }
    const states = await context.getStatusChange(watched, { signal, timeoutMs });
    announcements.answered(states);
    refusals.reset();
    return states;
  });
}

/** Where nothing announces a reader the list is polled. */
function longest({ announcements }: Course): number {
  return announcements.given ? longestWait : usualPollInterval;
}

/** A reader went between the list and the wait, or the pseudo reader is not known. */
async function refused(context: Waiter, course: Course): Promise<void> {
  const { announcements, refusals, limits } = course;
  await announcements.refused(async (query) => context.getStatusChange([query], { timeoutMs: 0 }));
  await rest(refusals.take(), limits, "SCardGetStatusChange", context.cancelling());
}

function isPcsc(error: unknown, code: PcscError["code"]): boolean {
  return error instanceof PcscError && error.code === code;
}

function hasCard(state: ReaderState, includeMute: boolean): boolean {
  return state.present && (includeMute || !state.mute);
}
