// What `scard watch` shows at one moment, as lines that fit a terminal's height.
import { toHex } from "../bytes.js";
import { nameAndAtr } from "./atr-text.js";
import type { CardNames } from "./card-names.js";
import type { World } from "./follow-readers.js";
import type { CliReaderState } from "./io.js";
import { cutText, printable, textWidth } from "./printable.js";
import { atrOf, describeState } from "./reader-state.js";
import type { Style } from "./style.js";
import { tableLines } from "./table.js";

export interface WatchPicture {
  readonly world: World;
  /** Latest last. */
  readonly events: readonly string[];
}

/** Room for a picture, in characters. */
export interface WatchSize {
  readonly columns: number;
  readonly rows: number;
}

const longestRule = 72;
/** Columns of a reader's name that stay in the narrowest terminal. */
const shortestName = 6;

/** Events that stay when readers need the room. */
const fewEvents = 3;

/**
 * The lines of a picture, at most `rows`. Names are cut so that the states fit. Where not all fit, older events go first, then the ATRs,
 * then the last readers, and a line says how many are not shown.
 */
export function pictureLines(style: Style, picture: WatchPicture, size: WatchSize): string[] {
  const { world, events } = picture;
  const { columns, rows } = size;
  const title = titleLine(style, world);
  const rule = style.dim(style.symbols.rule.repeat(Math.min(columns, longestRule)));
  const build = (readers: readonly string[], shownEvents: number): string[] => [
    title,
    rule,
    ...readers,
    ...(shownEvents === 0 || events.length === 0 ? [] : [rule, ...events.slice(-shownEvents)]),
  ];
  const long = readerLines(style, world, columns, true);
  const short = readerLines(style, world, columns, false);
  const attempts = [
    [long, events.length],
    [long, fewEvents],
    [short, events.length],
    [short, fewEvents],
  ] as const;
  const fitting = attempts
    .map(([readers, shownEvents]) => build(readers, shownEvents))
    .find((lines) => lines.length <= rows);
  if (fitting !== undefined) {
    return fitting;
  }
  // One line for the title and one that counts what is missing come before any reader.
  const room = rows - build([], fewEvents).length - 1;
  const shownEvents = room >= 2 ? fewEvents : 0;
  const readers = Math.max(0, shownEvents === 0 ? rows - 3 : room);
  const missing = short.length - readers;
  const more = style.dim(`${style.symbols.ellipsis} ${count(missing, "more reader")}`);
  return build([...short.slice(0, readers), more], shownEvents).slice(0, rows);
}

function titleLine({ bold, dim, symbols }: Style, { states }: World): string {
  const cards = states.filter(({ present }) => present).length;
  const counts = `${count(states.length, "reader")}, ${count(cards, "card")}`;
  return `${bold("scard watch")}  ${dim(`${counts} ${symbols.dash} Ctrl-C ends`)}`;
}

function readerLines(style: Style, world: World, columns: number, withAtr: boolean): string[] {
  const { dim, red, symbols } = style;
  const { service, states, names } = world;
  if (!service) {
    return [red(`${symbols.problem} The smart card service went away; waiting for it.`)];
  }
  if (states.length === 0) {
    return [dim(`${symbols.empty} No reader. Connect one.`)];
  }
  const words = states.map((state) => describeState(style, state));
  const beside = String(states.length).length + 4 + Math.max(...words.map(textWidth));
  const room = Math.max(shortestName, columns - beside);
  const rows = states.map((state, index) => [
    String(index + 1),
    cutText(printable(state.reader), room, symbols.ellipsis),
    words[index] ?? "",
  ]);
  const table = tableLines(style, ["#", "Reader", "State"], rows);
  return table.flatMap((line, index) => [
    line,
    ...(withAtr ? cardLines(style, names, states[index - 1]) : []),
  ]);
}

function cardLines(
  { dim, symbols }: Style,
  names: CardNames,
  state: CliReaderState | undefined,
): string[] {
  const atr = state === undefined ? undefined : atrOf(state);
  if (state === undefined || atr === undefined) {
    return [];
  }
  const text = nameAndAtr(names.get(state), atr);
  return [`   ${toHex(atr, " ")}`, `   ${dim(`${symbols.branch} ${text}`)}`];
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? "" : "s"}`;
}
