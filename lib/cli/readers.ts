import { type CardNames, namesOfCards } from "./card-names.js";
import { type AddCommand, examples, exitCode, jsonOption, type Run, startRun } from "./command.js";
import type { ExitCode } from "./exit-code.js";
import { noReaders } from "./select-reader.js";
import { type CliReaderState, withContext } from "./io.js";
import { printable } from "./printable.js";
import { describeState, readerJson } from "./reader-state.js";
import { readStates } from "./read-states.js";

/** `scard readers` */
export const addReaders: AddCommand = (program, io, end) => {
  program
    .command("readers")
    .description(
      "List the readers, with the numbers by which other commands know them, and what their cards " +
        "are called.",
    )
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([
        ["scard readers", "the readers, and which have a card"],
        ["scard readers --json", "the same for programs"],
      ]),
    )
    .action(async ({ json = false }: { json?: boolean }) => {
      const run = startRun(io, json);
      const { states, names } = await withContext(io, async (context) => {
        const found = await readStates(io, context);
        return { states: found, names: await namesOfCards(io, context, found) };
      });
      end(show(run, states, names));
    });
};

function show(run: Run, states: readonly CliReaderState[], names: CardNames): ExitCode {
  const { style, json } = run;
  if (json) {
    run.printJson({
      readers: states.map((state, index) => ({
        number: index + 1,
        ...readerJson(state),
        knownAs: names.get(state) ?? [],
      })),
    });
    return states.length === 0 ? exitCode.nothingThere : exitCode.ok;
  }
  if (states.length === 0) {
    throw noReaders();
  }
  const rows = states.map((state, index) => [
    String(index + 1),
    printable(state.reader),
    describeState(style, state),
    printable(names.get(state)?.[0] ?? ""),
  ]);
  run.printTable(["#", "Reader", "State", "Card"], rows);
  return exitCode.ok;
}
