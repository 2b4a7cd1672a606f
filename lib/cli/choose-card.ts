import { exitCode } from "./exit-code.js";
import { CliError } from "./failure.js";
import type { CliContext, CliIo } from "./io.js";
import { readStates } from "./read-states.js";
import { candidates, noReaders, selectReader } from "./select-reader.js";

/**
 * The reader to send to: the one named, or the only one with a card. With `direct` no card is
 * needed, so it is the only reader. Never a guess: a command sent to the wrong card can cost it a
 * PIN try.
 *
 * @throws {CliError} code `nothingThere` without such a reader, `usage` when there are several.
 */
export async function chooseCard(
  io: CliIo,
  context: CliContext,
  wanted: string | undefined,
  direct: boolean,
): Promise<string> {
  const readers = await context.listReaders({ signal: io.signal });
  if (wanted !== undefined) {
    return selectReader(readers, wanted);
  }
  if (readers.length === 0) {
    throw noReaders();
  }
  const states = direct ? [] : await readStates(io, context, readers);
  const fitting = direct
    ? readers
    : states.filter(({ present }) => present).map(({ reader }) => reader);
  const [only, ...others] = fitting;
  if (only === undefined) {
    throw new CliError(exitCode.nothingThere, "There is no card in any reader.", [
      ...candidates(readers),
      "What to do: insert a card, or hold one to a contactless reader.",
    ]);
  }
  if (others.length > 0) {
    const what = direct ? "There are several readers." : "There are cards in several readers.";
    throw new CliError(exitCode.usage, what, [
      ...candidates(readers, fitting),
      "What to do: say which with --reader and a name, a part of one, or a number.",
    ]);
  }
  return only;
}
