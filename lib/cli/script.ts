import { parseCommand, type ScriptCommand } from "./exchange.js";
import { printable } from "./printable.js";

/**
 * Reads a script: one command a line in hexadecimal, spaces wherever they help, `#` starts a
 * comment, blank lines count nothing.
 *
 * @param path Name of the file, for errors.
 * @throws {CliError} code `usage`, naming the line, for the first line that is no command.
 */
export function parseScript(text: string, path: string, raw: boolean): ScriptCommand[] {
  const name = path === "-" ? "standard input" : printable(path);
  // Editors on Windows may put a byte order mark first.
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  return lines.flatMap((line, index) => {
    const hex = line.replace(/#.*$/, "").trim();
    return hex === "" ? [] : [parseCommand(hex, `line ${String(index + 1)} of ${name}`, raw)];
  });
}
