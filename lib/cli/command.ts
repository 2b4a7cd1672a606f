import type { Command } from "commander";

import { exitCode, type ExitCode } from "./exit-code.js";
import { type CliIo } from "./io.js";
import { styleFor, type Style } from "./style.js";
import { fittingLines } from "./table.js";

/** What every command gets besides its own arguments. */
export interface Run {
  readonly io: CliIo;
  readonly style: Style;
  /** Whether JSON is wanted. */
  readonly json: boolean;
  /** Writes lines to stdout. */
  readonly print: (...lines: string[]) => void;
  /** Writes a table, or blocks where the terminal is too narrow for it. */
  readonly printTable: (headings: readonly string[], rows: readonly (readonly string[])[]) => void;
  /** Writes one JSON document, or one line of NDJSON, to stdout. */
  readonly printJson: (value: unknown, form?: "document" | "line") => void;
}

/** Adds one command to the program. `end` takes what the command ended with. */
export type AddCommand = (program: Command, io: CliIo, end: (code: ExitCode) => void) => void;

/** The tools for one run of a command. */
export function startRun(io: CliIo, json: boolean): Run {
  const style = styleFor(io);
  const print = (...lines: string[]): void => {
    io.stdout.write(lines.map((line) => `${line}\n`).join(""));
  };
  return {
    io,
    style,
    json,
    print,
    printTable: (headings, rows) => {
      const columns = io.isTTY ? io.size().columns : Infinity;
      print(...fittingLines(style, headings, rows, columns));
    },
    printJson: (value, form = "document") => {
      io.stdout.write(`${JSON.stringify(value, null, form === "line" ? 0 : 2)}\n`);
    },
  };
}

/** Help text with examples, each a command and what it does. */
export function examples(lines: readonly (readonly [command: string, does: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const text = lines.map(([command, does]) => `  ${command.padEnd(width)}  ${does}`);
  return `\nExamples:\n${text.join("\n")}`;
}

/** The option of commands that change the database. */
export const systemOption = [
  "--system",
  "in the machine's database, which all users have",
] as const;

/** The option that every command has. */
export const jsonOption = ["--json", "write JSON instead of text"] as const;

export { exitCode };
