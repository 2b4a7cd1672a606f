import type { CliIo } from "./io.js";
import { cutText } from "./printable.js";

const enter = "\u001b[?1049h\u001b[?25l";
const leave = "\u001b[?25h\u001b[?1049l";
const home = "\u001b[H";
const clearLine = "\u001b[K";
const clearRest = "\u001b[J";

/**
 * A picture that fills a terminal and is repainted in place, at any size. It has a screen of its own,
 * as a pager has: what stood on the terminal before comes back unharmed, however often it was
 * resized meanwhile.
 */
export class LiveScreen {
  readonly #io: CliIo;
  readonly #ellipsis: string;

  constructor(io: CliIo, ellipsis: string) {
    this.#io = io;
    this.#ellipsis = ellipsis;
    io.stdout.write(enter);
  }

  /** What a picture may take. */
  get size(): { readonly columns: number; readonly rows: number } {
    const { columns, rows } = this.#io.size();
    // Terminals differ in what a sign in the last column does to the cursor.
    return { columns: columns - 1, rows: Math.max(1, rows) };
  }

  /** Replaces the picture. Lines are cut to the width: a wrapped one would push out another. */
  paint(lines: readonly string[]): void {
    const shown = lines.slice(0, this.size.rows).map((line) => `${this.#cut(line)}${clearLine}`);
    this.#io.stdout.write(`${home}${shown.join("\r\n")}${clearRest}`);
  }

  /** Gives the terminal back, with the last picture below what was on it. */
  end(lines: readonly string[]): void {
    const last = lines.map((line) => `${this.#cut(line)}\n`).join("");
    this.#io.stdout.write(leave + last);
  }

  #cut(line: string): string {
    return cutText(line, this.size.columns, this.#ellipsis);
  }
}
