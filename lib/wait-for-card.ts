import { checkBoolean, checkGroups, checkOptions, checkReaderName } from "./arguments.js";
import { type AtrMatch, checkAtrMatch } from "./atr-match.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import {
  type CheckedWanted,
  type WantedCards,
  checkWantedParts,
  wantedKeys,
} from "./locate/wanted.js";
import type { ReaderState } from "./reader-state.js";
import type { EventDraft } from "./tracking/events.js";
import { type SeekHost, seek } from "./tracking/seek.js";

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
export interface Waiter extends SeekHost {
  /** Whether the database tells of every change; Windows' does not. */
  readonly databaseTells: boolean;
  /** Calls back when the database may have changed, until the result is called. */
  onDatabaseChange(listener: () => void): () => void;
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

/** How often Windows' database is looked at, which does not tell of changes, ms. */
const databaseInterval = 10_000;

/** Waits for a card: follows the readers until one has such a card. */
export async function waitForCard(
  context: Waiter,
  options: WaitForCardOptions | undefined,
): Promise<ReaderState> {
  const given = checkOptions("options", options, keys);
  const here = checkWait(given);
  const { reader: only, groups, kind, matches } = here;
  const limits = Limits.from(given);
  return seek(context, {
    wanted: (reader) => only === undefined || reader === only,
    groups,
    limits,
    take: (events, picture) => statesOf(events, picture).filter(matches),
    judge:
      kind === undefined
        ? undefined
        : async ({ atr }) => atr !== null && context.isWanted(kind, atr, limits),
    onReconsider: matters(here)
      ? (reconsider): (() => void) => onDatabaseNews(context, reconsider)
      : undefined,
  });
}

/** What events say of readers; all of the picture once the service is back. */
function statesOf(
  events: readonly EventDraft[],
  picture: readonly ReaderState[],
): readonly ReaderState[] {
  if (events.some(({ type }) => type === "service-restored")) {
    return picture;
  }
  return events.flatMap((event) => {
    if (event.type === "snapshot") {
      return event.readers;
    }
    return "state" in event ? [event.state] : [];
  });
}

function onDatabaseNews(context: Waiter, listener: () => void): () => void {
  const stop = context.onDatabaseChange(listener);
  const timer = context.databaseTells ? undefined : setInterval(listener, databaseInterval);
  return () => {
    stop();
    clearInterval(timer);
  };
}

/** Whoever takes any card in any reader has no use for the database, whose files would be watched. */
function matters({ kind, groups, reader }: WantedHere): boolean {
  return kind !== undefined || groups !== undefined || reader !== undefined;
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

function hasCard(state: ReaderState, includeMute: boolean): boolean {
  return state.present && (includeMute || !state.mute);
}
