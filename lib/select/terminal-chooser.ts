// The chooser that is included: a list in the terminal, or numbered lines where there is none.
import { createInterface, emitKeypressEvents } from "node:readline";
import type { ReadStream } from "node:tty";

import { checkOptions } from "../arguments.js";
import { printable } from "../cli/printable.js";
import { SelectionScreen } from "./selection-screen.js";
import type { Chooser } from "./options.js";
import type { CardSelection } from "./selection.js";

/** Where a {@link terminalChooser} reads and writes. */
export interface TerminalChooserOptions {
  /** Default: `process.stdin`. */
  readonly input?: NodeJS.ReadableStream | undefined;
  /** Default: `process.stderr`, so that standard output stays the program's own. */
  readonly output?: NodeJS.WritableStream | undefined;
}

/**
 * Lets the user choose in the terminal: a list of the readers with their cards, which follows what
 * is inserted and removed. Arrow keys or `j` and `k` move, Enter takes, a digit takes that reader,
 * Escape, `q` or Ctrl-C cancels.
 *
 * Where input or output is no terminal, fitting cards are written as numbered lines and a number is
 * read from the input; a single card is then taken as soon as it is there.
 */
export function terminalChooser(options?: TerminalChooserOptions): Chooser {
  checkOptions("options", options, ["input", "output"]);
  const input = options?.input ?? process.stdin;
  const output = options?.output ?? process.stderr;
  return async (selection) => {
    await (isTerminal(input) && isTerminal(output)
      ? chooseOnScreen(selection, input as ReadStream, output)
      : chooseByLines(selection, input, output));
  };
}

function isTerminal(stream: object): boolean {
  return "isTTY" in stream && stream.isTTY === true;
}

interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
  readonly sequence?: string;
}

async function chooseOnScreen(
  selection: CardSelection,
  input: ReadStream,
  output: NodeJS.WritableStream,
): Promise<void> {
  const screen = new SelectionScreen(selection, output);
  const wasRaw = input.isRaw;
  const onKey = (_: string | undefined, key: Key): void => {
    act(selection, screen, key);
  };
  const onChange = (): void => {
    screen.paint();
  };
  emitKeypressEvents(input);
  input.setRawMode(true);
  input.on("keypress", onKey);
  input.resume();
  selection.on("change", onChange);
  screen.paint();
  try {
    await over(selection);
  } finally {
    selection.off("change", onChange);
    input.off("keypress", onKey);
    input.setRawMode(wasRaw);
    input.pause();
    screen.end();
  }
}

function act(selection: CardSelection, screen: SelectionScreen, key: Key): void {
  const name = key.ctrl === true ? `ctrl-${key.name ?? ""}` : (key.name ?? key.sequence);
  switch (name) {
    case "up":
    case "k":
      screen.move(-1);
      break;
    case "down":
    case "j":
      screen.move(1);
      break;
    case "return":
    case "enter":
      choose(selection, screen.marked);
      break;
    case "escape":
    case "q":
    case "ctrl-c":
    case "ctrl-d":
      selection.cancel();
      break;
    default:
      if (/^[1-9]$/.test(name ?? "")) {
        choose(selection, selection.entries[Number(name) - 1]?.reader);
      }
  }
}

/** A card that has left since it was painted, or does not fit, is not taken. */
function choose(selection: CardSelection, reader: string | undefined): void {
  if (selection.entries.some((entry) => entry.matches && entry.reader === reader)) {
    selection.choose(reader ?? "");
  }
}

async function over({ signal }: CardSelection): Promise<void> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      signal.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
    });
  }
}

async function chooseByLines(
  selection: CardSelection,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<void> {
  const lines = createInterface({ input });
  let shown = "";
  const show = (): void => {
    if (selection.signal.aborted) {
      return;
    }
    const fitting = selection.entries.filter(({ matches }) => matches);
    const text = linesOf(selection, fitting);
    if (text !== shown) {
      shown = text;
      output.write(text);
    }
    const [only, ...others] = fitting;
    const pending = selection.entries.some((entry) => entry.pending);
    if (only !== undefined && others.length === 0 && !pending && selection.problem === undefined) {
      choose(selection, only.reader);
    }
  };
  lines.on("line", (line) => {
    const fitting = selection.entries.filter(({ matches }) => matches);
    choose(selection, fitting[Number(line.trim()) - 1]?.reader);
  });
  selection.on("change", show);
  show();
  try {
    // Input that ends leaves the list to what is inserted and removed: a service has none.
    await over(selection);
  } finally {
    selection.off("change", show);
    lines.close();
  }
}

function linesOf(selection: CardSelection, fitting: CardSelection["entries"]): string {
  const problem = selection.problem === undefined ? [] : [selection.problem.message];
  if (fitting.length === 0) {
    return [...problem, selection.prompt, ""].join("\n");
  }
  const rows = fitting.map(({ reader, cardTypes }, index) => {
    const names = cardTypes.length === 0 ? "" : `  ${cardTypes.map(printable).join(", ")}`;
    return `${String(index + 1)}  ${printable(reader)}${names}`;
  });
  return [...problem, selection.title, ...rows, ""].join("\n");
}
