import { checkString } from "../arguments.js";
import { type AtrMatch, type AtrPattern, checkAtrPattern, patternMatches } from "../atr-match.js";
import type { CallTraits } from "../context-calls.js";
import { unknownCardType } from "../database/card-type-changes.js";
import { nameKey } from "../database/names.js";
import type { DatabaseStore } from "../database/store.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { PcscError } from "../errors/pcsc-error.js";
import { type Guid, checkGuid } from "../guid.js";

/** Which cards are looked for: exactly one of the three. */
export interface WantedCards {
  /** Names of introduced card types; names nobody introduced are passed over. */
  readonly cardTypes?: readonly string[] | undefined;
  /** GUIDs: cards of an introduced type that has all of them. */
  readonly interfaces?: readonly string[] | undefined;
  /** ATRs, and ATRs under masks. No database is needed. */
  readonly atrs?: readonly AtrMatch[] | undefined;
}

/** {@link WantedCards}, checked. */
export interface CheckedWanted {
  readonly cardTypes: readonly string[] | undefined;
  readonly interfaces: readonly Guid[] | undefined;
  readonly atrs: readonly AtrPattern[] | undefined;
}

/** Names of {@link WantedCards}, for `checkOptions`. */
export const wantedKeys = ["cardTypes", "interfaces", "atrs"] as const;

/** Exactly one way to say which cards. */
export function checkWanted(given: {
  readonly [Key in keyof WantedCards]?: unknown;
}): CheckedWanted {
  const ways = wantedKeys.filter((key) => given[key] !== undefined);
  if (ways.length !== 1) {
    throw new ScardArgumentError(
      "options",
      ways.length === 0 ? "nothing" : ways.join(" and "),
      "exactly one of cardTypes, interfaces and atrs",
    );
  }
  return checkWantedParts(given);
}

/** Any of the ways, together or none. */
export function checkWantedParts(given: {
  readonly [Key in keyof WantedCards]?: unknown;
}): CheckedWanted {
  return {
    cardTypes: list("cardTypes", given.cardTypes, checkTypeName),
    interfaces: list("interfaces", given.interfaces, (value) => checkGuid("interfaces", value)),
    atrs: list("atrs", given.atrs, (value) => checkAtrPattern("atrs[]", value)),
  };
}

function checkTypeName(value: unknown): string {
  const name = checkString("cardTypes", value);
  if (name === "" || name.includes("\0")) {
    throw new ScardArgumentError("cardTypes", value, "names: not empty and without NUL");
  }
  return name;
}

function list<Item>(
  name: string,
  value: unknown,
  check: (item: unknown) => Item,
): readonly Item[] | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (!Array.isArray(value)) {
    throw new ScardArgumentError(name, value, "an array");
  }
  return value.map((item: unknown) => check(item));
}

/** Whether a card with an ATR is wanted, and under which names it is known. */
export interface Verdict {
  readonly wanted: boolean;
  /** Names of the introduced card types that it is of: of the wanted ones where those are named. */
  readonly cardTypes: readonly string[];
}

/** Says of a card by its ATR whether it is wanted. */
export type Judge = (atr: Uint8Array) => Promise<Verdict> | Verdict;

/** What judging asks of a database. */
export type CardTypeSource = Pick<DatabaseStore, "listCardTypes" | "matcher">;

/** Prepares for judging any number of cards, all by the database as it is now. */
export async function prepareJudge(
  store: CardTypeSource,
  wanted: CheckedWanted,
  traits: CallTraits,
): Promise<Judge> {
  const matcher = await store.matcher(traits);
  const { interfaces } = wanted;
  if (matcher !== undefined) {
    return (atr) =>
      verdictOf(wanted, atr, () =>
        matcher(atr)
          .filter((type) => interfaces?.every((id) => type.interfaces.includes(id)) ?? true)
          .map(({ name }) => name),
      );
  }
  const filter = interfaces !== undefined && interfaces.length > 0 ? { interfaces } : {};
  return async (atr) => {
    const names = await store.listCardTypes({ atr, ...filter }, traits);
    return verdictOf(wanted, atr, () => names);
  };
}

function verdictOf(
  { cardTypes, interfaces, atrs }: CheckedWanted,
  atr: Uint8Array,
  known: () => readonly string[],
): Verdict {
  if (atrs !== undefined && !atrs.some((pattern) => patternMatches(pattern, atr))) {
    return { wanted: false, cardTypes: [] };
  }
  if (cardTypes === undefined && interfaces === undefined) {
    return { wanted: true, cardTypes: known() };
  }
  // No interface at all is a query that nothing answers: "all of none" is not what anybody means.
  const named = interfaces?.length === 0 ? [] : amongNames(known(), cardTypes);
  return { wanted: named.length > 0, cardTypes: named };
}

/** The names among those wanted; names of card types compare without regard to case. */
function amongNames(
  names: readonly string[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  if (wanted === undefined || names.length === 0) {
    return names;
  }
  const keys = new Set(wanted.map(nameKey));
  return names.filter((name) => keys.has(nameKey(name)));
}

/**
 * Refuses names when nobody introduced any of them.
 *
 * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_CARD`.
 */
export async function requireKnown(
  store: Pick<DatabaseStore, "record">,
  cardTypes: readonly string[],
  traits: CallTraits,
): Promise<void> {
  for (const name of cardTypes) {
    if ((await store.record(name, traits)) !== undefined) {
      return;
    }
  }
  const [only = ""] = cardTypes;
  throw cardTypes.length === 1
    ? unknownCardType(only, "SCardLocateCards")
    : PcscError.found(
        "SCARD_E_UNKNOWN_CARD",
        "SCardLocateCards",
        `There is none of the card types ${cardTypes.map((name) => JSON.stringify(name)).join(", ")}.`,
      );
}
