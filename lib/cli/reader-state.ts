import { toHex } from "../bytes.js";
import type { CliReaderState } from "./io.js";
import type { Paint, Style } from "./style.js";

/** A reader's state in one word. */
export type StateWord = "unknown" | "unavailable" | "empty" | "mute" | "card";

/** The word that says most about a state. */
export function stateWord(state: CliReaderState): StateWord {
  if (state.unknown) {
    return "unknown";
  }
  if (state.unavailable) {
    return "unavailable";
  }
  if (state.present) {
    return state.mute ? "mute" : "card";
  }
  return "empty";
}

const wording: Readonly<Record<StateWord, string>> = {
  unknown: "unplugged",
  unavailable: "not available",
  empty: "no card",
  mute: "card does not answer",
  card: "card",
};

/** A state for people: a sign, a word, and who uses the card. */
export function describeState(style: Style, state: CliReaderState): string {
  const word = stateWord(state);
  const [sign, paint] = signOf(style, word);
  const uses = [
    ...(state.exclusive ? ["used exclusively"] : state.inUse ? ["in use"] : []),
    ...(state.unpowered ? ["unpowered"] : []),
  ];
  const more = uses.length === 0 ? "" : style.dim(`, ${uses.join(", ")}`);
  return paint(`${sign} ${wording[word]}`) + more;
}

function signOf(style: Style, word: StateWord): readonly [string, Paint] {
  switch (word) {
    case "card":
      return [style.symbols.card, style.green];
    case "empty":
      return [style.symbols.empty, style.dim];
    case "mute":
      return [style.symbols.problem, style.yellow];
    case "unavailable":
    case "unknown":
      return [style.symbols.problem, style.red];
  }
}

/** The ATR of the card in a reader; undefined without a card, or with one that gave none. */
export function atrOf({ present, atr }: CliReaderState): Uint8Array | undefined {
  return present && atr !== null && atr.length > 0 ? atr : undefined;
}

/** What the JSON documents say of a reader. */
export interface ReaderJson {
  readonly reader: string;
  readonly state: StateWord;
  readonly present: boolean;
  readonly inUse: boolean;
  readonly exclusive: boolean;
  readonly mute: boolean;
  readonly unpowered: boolean;
  readonly eventCount: number;
  readonly raw: number;
  /** Upper-case hexadecimal text without spaces; null without a card. */
  readonly atr: string | null;
}

/** A state for JSON documents. */
export function readerJson(state: CliReaderState): ReaderJson {
  const { reader, present, inUse, exclusive, mute, unpowered, eventCount, raw } = state;
  return {
    reader,
    state: stateWord(state),
    present,
    inUse,
    exclusive,
    mute,
    unpowered,
    eventCount,
    raw,
    atr: state.atr === null ? null : toHex(state.atr),
  };
}
