import { toHex } from "../bytes.js";
import { nameAndAtr } from "./atr-text.js";
import type { World } from "./follow-readers.js";
import type { CliIo } from "./io.js";
import { cutText, printable } from "./printable.js";
import { atrOf, describeState } from "./reader-state.js";
import type { Style } from "./style.js";
import { tableLines } from "./table.js";
import type { WatchEvent } from "./watch-events.js";

const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";
const clearToEnd = "\u001b[J";

/** Events kept on the screen. */
const shownEvents = 8;

/**
 * A table that repaints itself in place. What was on the terminal before stays above it, and the
 * last picture stays when it ends.
 */
export class WatchScreen {
  readonly #io: CliIo;
  readonly #style: Style;
  readonly #stopResize: () => void;
  #events: string[] = [];
  #world: World = { service: true, states: [], names: new Map() };
  #paintedLines = 0;

  constructor(io: CliIo, style: Style) {
    this.#io = io;
    this.#style = style;
    io.stdout.write(hideCursor);
    this.#stopResize = io.onResize(() => {
      this.#paint();
    });
  }

  /** Shows a new state of the world and the events that led to it. */
  show(world: World, events: readonly WatchEvent[]): void {
    const fresh = events.filter(({ initial }) => !initial).map((event) => this.#eventLine(event));
    this.#events = [...this.#events, ...fresh].slice(-shownEvents);
    this.#world = world;
    this.#paint();
  }

  /** Gives the cursor back. */
  end(): void {
    this.#stopResize();
    this.#io.stdout.write(showCursor);
  }

  #paint(): void {
    const { columns, rows } = this.#io.size();
    const { ellipsis } = this.#style.symbols;
    // One line stays free for the cursor; a wrapped line would spoil the way back up.
    const lines = this.#lines(columns)
      .slice(0, Math.max(1, rows - 1))
      .map((line) => cutText(line, columns - 1, ellipsis));
    const up = this.#paintedLines === 0 ? "" : `\u001b[${String(this.#paintedLines)}A\r`;
    this.#io.stdout.write(`${up}${clearToEnd}${lines.join("\n")}\n`);
    this.#paintedLines = lines.length;
  }

  #lines(columns: number): string[] {
    const { bold, dim, symbols } = this.#style;
    const { states } = this.#world;
    const cards = states.filter(({ present }) => present).length;
    const counts = `${count(states.length, "reader")}, ${count(cards, "card")}`;
    const rule = dim(symbols.rule.repeat(Math.max(0, Math.min(columns - 1, 72))));
    return [
      `${bold("scard watch")}  ${dim(`${counts} ${symbols.dash} Ctrl-C ends`)}`,
      rule,
      ...this.#readerLines(),
      ...(this.#events.length === 0 ? [] : [rule, ...this.#events]),
    ];
  }

  #readerLines(): string[] {
    const { dim, red, symbols } = this.#style;
    const { service, states, names } = this.#world;
    if (!service) {
      return [red(`${symbols.problem} The smart card service went away; waiting for it.`)];
    }
    if (states.length === 0) {
      return [dim(`${symbols.empty} No reader. Connect one.`)];
    }
    const rows = states.map((state, index) => [
      String(index + 1),
      printable(state.reader),
      describeState(this.#style, state),
    ]);
    const table = tableLines(this.#style, ["#", "Reader", "State"], rows);
    return table.flatMap((line, index) => {
      const state = states[index - 1];
      const atr = state === undefined ? undefined : atrOf(state);
      if (state === undefined || atr === undefined) {
        return [line];
      }
      const text = nameAndAtr(names.get(state), atr);
      return [line, `   ${toHex(atr, " ")}`, `   ${dim(`${symbols.branch} ${text}`)}`];
    });
  }

  #eventLine({ event, state }: WatchEvent): string {
    const time = this.#io.now().toTimeString().slice(0, 8);
    const reader = state === undefined ? "" : printable(state.reader);
    return `${this.#style.dim(time)}  ${event.replaceAll("-", " ").padEnd(16)}  ${reader}`.trimEnd();
  }
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? "" : "s"}`;
}
