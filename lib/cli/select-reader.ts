import { exitCode } from "./exit-code.js";
import { CliError } from "./failure.js";
import { printable } from "./printable.js";

const listAdvice = "`scard readers` lists them: give a name, a part of one, or a number.";

/**
 * The reader a user means: by its name, its number in the list (from 1), its name in other case,
 * or a part of its name, tried in this order.
 *
 * @throws {CliError} code `usage` when several readers fit, `nothingThere` when none does.
 */
export function selectReader(readers: readonly string[], wanted: string): string {
  if (readers.length === 0) {
    throw noReaders();
  }
  if (readers.includes(wanted)) {
    return wanted;
  }
  if (/^\d+$/.test(wanted)) {
    const numbered = readers[Number(wanted) - 1];
    if (numbered !== undefined) {
      return numbered;
    }
  }
  const text = wanted.trim().toLowerCase();
  if (text === "") {
    throw new CliError(exitCode.usage, "The reader's name is empty.", [listAdvice]);
  }
  const whole = readers.filter((reader) => reader.toLowerCase() === text);
  const fitting =
    whole.length > 0 ? whole : readers.filter((reader) => reader.toLowerCase().includes(text));
  const [only, ...others] = fitting;
  if (only === undefined) {
    const message = `There is no reader "${printable(wanted)}".`;
    throw new CliError(exitCode.nothingThere, message, [...candidates(readers), listAdvice]);
  }
  if (others.length > 0) {
    const message = `"${printable(wanted)}" fits ${String(fitting.length)} readers.`;
    const advice = [...candidates(readers, fitting), "Give more of the name, or the number."];
    throw new CliError(exitCode.usage, message, advice);
  }
  return only;
}

/** Lines that name readers, with their numbers in the whole list. */
export function candidates(readers: readonly string[], among = readers): string[] {
  return readers.flatMap((reader, index) =>
    among.includes(reader) ? [`${String(index + 1)}  ${printable(reader)}`] : [],
  );
}

/** The error of a command that needs a reader. */
export function noReaders(): CliError {
  return new CliError(exitCode.nothingThere, "There is no reader.", [
    "What to do: connect a reader. On Linux most need the driver package libccid (or ccid).",
  ]);
}
