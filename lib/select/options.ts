import {
  checkBoolean,
  checkFunction,
  checkGroups,
  checkOneOf,
  checkOptions,
  checkReaderName,
  checkString,
} from "../arguments.js";
import type { Card } from "../card.js";
import { type ConnectOptions, checkConnectOptions } from "../connect-options.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { type CallOptions, Limits, callOptionKeys } from "../limits.js";
import type { CardSelection } from "./selection.js";

/** A card that is looked at or taken, as callbacks of a selection see it. */
export interface CardCandidate {
  /** Name of the reader. */
  readonly reader: string;
  readonly atr: Uint8Array;
  /** Names of the card types that the card may be of. */
  readonly cardTypes: readonly string[];
}

/**
 * Lets a user choose: calls `choose` or `cancel` of the selection. What it returns is waited for;
 * a chooser that is done without having decided has cancelled.
 */
export type Chooser = (selection: CardSelection) => void | Promise<void>;

/** When the chooser is shown: SC_DLG_MINIMAL_UI, SC_DLG_NO_UI, SC_DLG_FORCE_UI. */
export type SelectionMode = "minimal" | "none" | "force";

/** Options of `context.selectCard()`. */
export interface SelectCardOptions extends CallOptions {
  /** Only readers of these groups. Default: `["SCard$DefaultReaders"]`, without `readers`. */
  readonly groups?: readonly string[] | undefined;
  /**
   * Only these readers, which need not be attached yet, in this order. Not together with `groups`.
   * Default: those of the groups. SCardUIDlgSelectCard has no such criterion.
   */
  readonly readers?: readonly string[] | undefined;
  /** Names of the card types wanted; names that nobody introduced fit no card. Default: any card. */
  readonly cardTypes?: readonly string[] | undefined;
  /** Only cards of a type that has all these interfaces (GUIDs). Default: any card. */
  readonly interfaces?: readonly string[] | undefined;
  /**
   * Looks at a card of a wanted type; false passes it over. It gets a connection of its own, which
   * is ended after it.
   */
  readonly check?:
    ((card: Card, candidate: CardCandidate) => boolean | Promise<boolean>) | undefined;
  /**
   * `"minimal"`: shown unless exactly one card fits, which is then taken in silence. `"none"`: never
   * shown; the first card that fits is taken. `"force"`: always shown. Default: `"minimal"`.
   */
  readonly mode?: SelectionMode | undefined;
  /** Default: {@link terminalChooser}. */
  readonly chooser?: Chooser | undefined;
  /** Default: `"Select Card:"`. */
  readonly title?: string | undefined;
  /** Default: `"Please insert a smart card"`. */
  readonly prompt?: string | undefined;
  /**
   * How the card is connected: options of `context.connect()`; false for no connection; a function
   * of the program's own, which gives a connected card. Default: `{}`.
   */
  readonly connect?:
    | Omit<ConnectOptions, keyof CallOptions>
    | false
    | ((candidate: CardCandidate) => Promise<Card>)
    | undefined;
  /** Ends a connection that a `connect` function made for `check`. Needed when both are given. */
  readonly disconnect?: ((card: Card) => Promise<void>) | undefined;
}

/** {@link SelectCardOptions}, checked. */
export interface CheckedSelectOptions {
  readonly groups: readonly string[] | undefined;
  /** Set where `groups` is not. */
  readonly readers: readonly string[] | undefined;
  readonly cardTypes: readonly string[] | undefined;
  readonly interfaces: unknown;
  readonly check: SelectCardOptions["check"];
  readonly mode: SelectionMode;
  readonly chooser: Chooser | undefined;
  readonly title: string;
  readonly prompt: string;
  readonly connect: NonNullable<SelectCardOptions["connect"]>;
  readonly disconnect: (card: Card) => Promise<void>;
  readonly limits: Limits | undefined;
}

const keys = [
  "groups",
  "readers",
  "cardTypes",
  "interfaces",
  "check",
  "mode",
  "chooser",
  "title",
  "prompt",
  "connect",
  "disconnect",
  ...callOptionKeys,
] as const;

export function checkSelectOptions(options: SelectCardOptions | undefined): CheckedSelectOptions {
  const given = checkOptions("options", options, keys);
  const { check, connect = {}, disconnect, chooser } = options ?? {};
  for (const [name, callback] of [
    ["check", check],
    ["disconnect", disconnect],
    ["chooser", chooser],
  ] as const) {
    if (callback !== undefined) {
      checkFunction(name, callback as () => unknown);
    }
  }
  checkConnect(connect, check !== undefined, disconnect !== undefined);
  return {
    ...checkPlaces(given),
    cardTypes: checkNames(given.cardTypes),
    interfaces: given.interfaces,
    check,
    mode: checkOneOf("mode", given.mode ?? "minimal", ["minimal", "none", "force"]),
    chooser,
    title: checkString("title", given.title ?? "Select Card:"),
    prompt: checkString("prompt", given.prompt ?? "Please insert a smart card"),
    connect,
    disconnect: disconnect ?? (async (card) => card[Symbol.asyncDispose]()),
    limits: Limits.from(given),
  };
}

/** Where cards are looked at: in readers by name, or of groups. */
function checkPlaces(given: {
  readonly groups?: unknown;
  readonly readers?: unknown;
}): Pick<CheckedSelectOptions, "groups" | "readers"> {
  const { groups, readers } = given;
  if (readers === undefined) {
    return { groups: checkGroups(groups) ?? ["SCard$DefaultReaders"], readers };
  }
  if (groups !== undefined) {
    throw new ScardArgumentError("groups", groups, "left out where readers are given");
  }
  if (!Array.isArray(readers) || readers.length === 0) {
    throw new ScardArgumentError("readers", readers, "an array of at least one reader name");
  }
  const names = readers.map((name: unknown) => checkReaderName("readers", name));
  return { groups: undefined, readers: [...new Set(names)] };
}

/** Whoever checks a card needs a connection that can be made and ended. */
function checkConnect(connect: unknown, checks: boolean, disconnects: boolean): void {
  if (typeof connect === "function") {
    if (checks && !disconnects) {
      throw new ScardArgumentError(
        "disconnect",
        undefined,
        "a function, since check and a connect function are given",
      );
    }
    return;
  }
  if (connect !== false) {
    checkConnectOptions(connect as ConnectOptions);
    return;
  }
  checkBoolean("connect", connect);
  if (checks) {
    throw new ScardArgumentError("connect", connect, "a way to connect, since check is given");
  }
}

function checkNames(value: unknown): readonly string[] | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (!Array.isArray(value)) {
    throw new ScardArgumentError("cardTypes", value, "an array of names of card types");
  }
  return value.map((name: unknown) => checkString("cardTypes", name));
}
