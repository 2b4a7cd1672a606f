// Which readers hold a card of a kind: SCardLocateCards, SCardLocateCardsByATR, and the same where
// the resource manager has neither.
import { checkGroups, checkOptions } from "../arguments.js";
import type { NativeReaderState } from "../../binding.js";
import type { NativeContext } from "../binding.js";
import type { CallTraits, ContextCalls } from "../context-calls.js";
import type { DatabaseStore } from "../database/store.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { PcscError } from "../errors/pcsc-error.js";
import { type CallOptions, Limits, callOptionKeys } from "../limits.js";
import {
  type ReaderState,
  type ReaderStateQuery,
  type ReportedState,
  checkQuery,
  pnpNotification,
  readerState,
} from "../reader-state.js";
import {
  type CheckedWanted,
  type Judge,
  type Verdict,
  type WantedCards,
  checkWanted,
  prepareJudge,
  requireKnown,
  wantedKeys,
} from "./wanted.js";

/** Options of `context.locateCards()`. */
export interface LocateCardsOptions extends WantedCards, CallOptions {
  /** Only readers of these groups. Default: all readers. Not together with `readers`. */
  readonly groups?: readonly string[] | undefined;
  /**
   * Only these readers: names, states reported before, or names with numbers, as for
   * `context.getStatusChange`. `changed` compares with the states given.
   */
  readonly readers?: readonly (string | ReportedState | ReaderStateQuery)[] | undefined;
}

/** A reader as locating found it. Frozen. `atrMatch` says that its card is one looked for. */
export interface LocatedReader extends ReaderState {
  /** Whether there is such a reader and it can be used. */
  readonly available: boolean;
  /**
   * Names of the introduced card types that the card is of; with `cardTypes` or `interfaces` only
   * those looked for.
   */
  readonly matches: readonly string[];
}

/** What locating needs of a context. */
export interface LocateHost {
  readonly calls: ContextCalls;
  readonly store: DatabaseStore;
  listReaders(groups: readonly string[] | undefined, traits: CallTraits): Promise<string[]>;
}

/** {@link LocateCardsOptions}, checked. */
export interface CheckedLocate {
  readonly wanted: CheckedWanted;
  readonly groups: readonly string[] | undefined;
  readonly readers: readonly ReaderStateQuery[] | undefined;
  readonly limits: Limits | undefined;
}

const bits = { ignore: 0x1, changed: 0x2, unknown: 0x4, present: 0x20, atrMatch: 0x40 } as const;
/** What a belief and a report are compared by: UNAVAILABLE to MUTE. */
const comparedBits = 0x3f8;

export function checkLocateOptions(options: LocateCardsOptions): CheckedLocate {
  const given = checkOptions("options", options, [
    ...wantedKeys,
    "groups",
    "readers",
    ...callOptionKeys,
  ]);
  const { readers } = given;
  if (readers !== undefined && given.groups !== undefined) {
    throw new ScardArgumentError("groups", given.groups, "left out where readers are given");
  }
  if (readers !== undefined && !Array.isArray(readers)) {
    throw new ScardArgumentError("readers", readers, "an array of readers");
  }
  return {
    wanted: checkWanted(given),
    groups: checkGroups(given.groups),
    readers: readers?.map(checkQuery),
    limits: Limits.from(given),
  };
}

/** Looks at every reader once and never waits. */
export async function locateCards(
  host: LocateHost,
  { wanted, groups, readers, limits }: CheckedLocate,
): Promise<LocatedReader[]> {
  const traits = { limits };
  const queries =
    readers ?? (await host.listReaders(groups, traits)).map((reader) => ({ reader, current: 0 }));
  if (queries.length === 0) {
    return [];
  }
  if (host.store.kind === "winscard") {
    const states = await winscardStates(host, wanted, queries, traits);
    const judge = await prepareJudge(host.store, wanted, traits);
    return Promise.all(
      states.map(async (state) => {
        const { cardTypes } = await verdictOn(state, judge);
        // Whether the card is one of those the resource manager itself has said.
        return located(state, { wanted: state.atrMatch, cardTypes });
      }),
    );
  }
  if (wanted.cardTypes !== undefined && wanted.cardTypes.length > 0) {
    await requireKnown(host.store, wanted.cardTypes, traits);
  }
  const states = await portableStates(host, queries, traits);
  const judge = await prepareJudge(host.store, wanted, traits);
  return Promise.all(
    states.map(async (state, index) =>
      withChange(located(state, await verdictOn(state, judge)), queries[index]?.current ?? 0),
    ),
  );
}

/** winscard's own call; by interfaces it is list, then locate. */
async function winscardStates(
  { calls, store }: LocateHost,
  wanted: CheckedWanted,
  queries: readonly ReaderStateQuery[],
  traits: CallTraits,
): Promise<readonly ReaderState[]> {
  const names = queries.map(({ reader }) => reader);
  const beliefs = queries.map(({ current }) => current);
  const types =
    wanted.interfaces === undefined || wanted.interfaces.length === 0
      ? (wanted.cardTypes ?? [])
      : await store.listCardTypes({ interfaces: wanted.interfaces }, traits);
  const ask = async (
    call: string,
    begin: (native: NativeContext) => number,
  ): Promise<readonly NativeReaderState[]> => calls.ask(call, begin, traits);
  // No name at all: by patterns, of which there are none, nothing matches either.
  const states =
    types.length > 0
      ? await ask("SCardLocateCards", (native) => native.locateCards(types, names, beliefs))
      : await ask("SCardLocateCardsByATR", (native) =>
          native.locateCardsByAtr(
            (wanted.atrs ?? []).map(({ atr }) => atr),
            (wanted.atrs ?? []).map(({ mask }) => mask),
            names,
            beliefs,
          ),
        );
  return states.map(readerState);
}

/** States as they are now, told one by one where a reader has gone and takes the others with it. */
async function portableStates(
  { calls }: LocateHost,
  queries: readonly ReaderStateQuery[],
  traits: CallTraits,
): Promise<readonly ReaderState[]> {
  const asked = queries.filter(({ current }) => (current & bits.ignore) === 0);
  const look = async (readers: readonly ReaderStateQuery[]): Promise<readonly ReaderState[]> =>
    readers.length === 0
      ? []
      : calls.recovering(
          async () =>
            calls.getStatusChange(
              readers.map(({ reader }) => ({ reader, current: 0 })),
              traits,
            ),
          traits.limits,
        );
  let states: readonly ReaderState[];
  try {
    states = await look(asked);
  } catch (error) {
    if (!isUnknownReader(error)) {
      throw error;
    }
    states = (await Promise.all(asked.map(async (query) => lookAlone(query, look)))).flat();
  }
  const known = new Map(states.map((state) => [state.reader, state]));
  return queries.map(({ reader, current }) =>
    (current & bits.ignore) === 0
      ? (known.get(reader) ?? unknownState(reader))
      : stateOf(reader, bits.ignore, null),
  );
}

async function lookAlone(
  query: ReaderStateQuery,
  look: (readers: readonly ReaderStateQuery[]) => Promise<readonly ReaderState[]>,
): Promise<readonly ReaderState[]> {
  try {
    return await look([query]);
  } catch (error) {
    if (isUnknownReader(error)) {
      return [unknownState(query.reader)];
    }
    throw error;
  }
}

function isUnknownReader(error: unknown): boolean {
  return error instanceof PcscError && error.code === "SCARD_E_UNKNOWN_READER";
}

function unknownState(reader: string): ReaderState {
  return stateOf(reader, bits.unknown | bits.changed | bits.ignore, null);
}

function stateOf(reader: string, eventState: number, atr: Uint8Array | null): ReaderState {
  return readerState({ reader, eventState, atr: atr ?? new Uint8Array(0) });
}

const nothing: Verdict = { wanted: false, cardTypes: [] };

async function verdictOn(state: ReaderState, judge: Judge): Promise<Verdict> {
  const { reader, present, atr } = state;
  return present && atr !== null && reader !== pnpNotification ? judge(atr) : nothing;
}

function located(state: ReaderState, { wanted, cardTypes }: Verdict): LocatedReader {
  const { reader, atr, raw } = state;
  const eventState = wanted ? raw | bits.atrMatch : raw & ~bits.atrMatch;
  return Object.freeze({
    ...stateOf(reader, eventState, atr),
    available: !state.unknown && !state.unavailable && !state.ignore,
    matches: Object.freeze([...cardTypes]),
  });
}

/** CHANGED as locating sets it: where the caller's belief differs from what was found. */
function withChange(found: LocatedReader, current: number): LocatedReader {
  if (found.ignore) {
    return found;
  }
  const counter = current >>> 16;
  const differs =
    current === 0 ||
    ((current ^ found.raw) & comparedBits) !== 0 ||
    (counter !== 0 && counter !== found.eventCount);
  const raw = differs ? found.raw | bits.changed : found.raw & ~bits.changed;
  return Object.freeze({ ...found, changed: differs, raw: raw >>> 0 });
}
