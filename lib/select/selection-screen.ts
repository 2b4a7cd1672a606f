// A selection in a terminal, repainted in place.
import { cutText, printable, terminalLength, textWidth } from "../cli/printable.js";
import { type Style, styleFor } from "../cli/style.js";
import { toHex } from "../bytes.js";
import type { CardSelection, SelectionEntry } from "./selection.js";

const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";
const clearToEnd = "\u001b[J";

/** A terminal, as far as it tells its width. */
type Terminal = NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number };

/** What was on the terminal before stays above; nothing of the list is left when it ends. */
export class SelectionScreen {
  readonly #selection: CardSelection;
  readonly #terminal: Terminal;
  readonly #style: Style;
  #marked: string | undefined;
  #paintedLines = 0;
  readonly #onResize = (): void => {
    this.paint();
  };

  constructor(selection: CardSelection, terminal: Terminal) {
    this.#selection = selection;
    this.#terminal = terminal;
    this.#style = styleFor({ env: process.env, isTTY: true, platform: process.platform });
    terminal.write(hideCursor);
    terminal.on("resize", this.#onResize);
  }

  /** The reader that Enter takes: where the user moved to, else the suggested one. */
  get marked(): string | undefined {
    const { entries, suggested } = this.#selection;
    return entries.some(({ reader }) => reader === this.#marked) ? this.#marked : suggested;
  }

  /** Moves the mark up or down, from end to end. */
  move(step: 1 | -1): void {
    const { entries } = this.#selection;
    if (entries.length > 0) {
      const now = entries.findIndex(({ reader }) => reader === this.marked);
      const from = now < 0 && step < 0 ? 0 : now;
      this.#marked = entries[(from + step + entries.length) % entries.length]?.reader;
      this.paint();
    }
  }

  paint(): void {
    const columns = terminalLength(this.#terminal.columns, 80);
    const rows = terminalLength(this.#terminal.rows, 24);
    // One line stays free for the cursor; a wrapped line would spoil the way back up.
    const lines = this.#lines(columns)
      .slice(0, Math.max(1, rows - 1))
      .map((line) => cutText(line, columns - 1, this.#style.symbols.ellipsis));
    this.#terminal.write(`${this.#wayUp()}${clearToEnd}${lines.join("\n")}\n`);
    this.#paintedLines = lines.length;
  }

  /** Takes the list away and gives the cursor back. */
  end(): void {
    this.#terminal.off("resize", this.#onResize);
    this.#terminal.write(`${this.#wayUp()}${clearToEnd}${showCursor}`);
    this.#paintedLines = 0;
  }

  #wayUp(): string {
    return this.#paintedLines === 0 ? "" : `\u001b[${String(this.#paintedLines)}A\r`;
  }

  #lines(columns: number): string[] {
    const { title, entries, problem, prompt, state } = this.#selection;
    const { bold, dim, red, yellow, symbols } = this.#style;
    const rule = dim(symbols.rule.repeat(Math.max(0, Math.min(columns - 1, 72))));
    const width = Math.max(0, ...entries.map(({ reader }) => textWidth(printable(reader))));
    const keys = ["up/down move", "Enter takes", "Esc cancels"].join(`  ${symbols.dash}  `);
    return [
      bold(printable(title)),
      rule,
      ...(entries.length === 0 ? [dim(`  ${symbols.empty} No reader. Connect one.`)] : []),
      ...entries.map((entry, index) => this.#entryLine(entry, index, width)),
      rule,
      ...(problem === undefined ? [] : [red(`${symbols.problem} ${printable(problem.message)}`)]),
      ...(state === "waiting" ? [yellow(printable(prompt))] : []),
      dim(keys),
    ];
  }

  #entryLine(entry: SelectionEntry, index: number, width: number): string {
    const { bold, cyan, dim, green, symbols } = this.#style;
    const { reader, matches, state } = entry;
    const marked = reader === this.marked;
    const name = printable(reader);
    const padding = " ".repeat(width - textWidth(name));
    const sign = state.present ? (matches ? green(symbols.card) : symbols.card) : symbols.empty;
    const text = `${String(index + 1)} ${marked ? bold(name) : name}${padding}  ${this.#about(entry)}`;
    const line = `${sign} ${matches || marked ? text : dim(text)}`;
    return `${marked ? cyan(symbols.command) : " "} ${line}`;
  }

  #about({ state, matches, pending, cardTypes, atr }: SelectionEntry): string {
    const { dim } = this.#style;
    if (!state.present) {
      return dim("no card");
    }
    if (state.mute || atr === null) {
      return dim("a card that does not answer");
    }
    if (pending) {
      return dim("looking");
    }
    const names = cardTypes.map(printable).join(", ");
    if (matches) {
      return names === "" ? toHex(atr, " ") : names;
    }
    return dim(names === "" ? "another card" : `${names}, not accepted`);
  }
}
