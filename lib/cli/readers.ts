import { type AddCommand, examples, exitCode, jsonOption, type Run, startRun } from "./command.js";
import type { ExitCode } from "./exit-code.js";
import { noReaders } from "./select-reader.js";
import { type CliReaderState, withContext } from "./io.js";
import { printable } from "./printable.js";
import { describeState, readerJson } from "./reader-state.js";
import { readStates } from "./read-states.js";
import { tableLines } from "./table.js";

/** `scard readers` */
export const addReaders: AddCommand = (program, io, end) => {
  program
    .command("readers")
    .description("List the readers, with the numbers by which other commands know them.")
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
      const states = await withContext(io, async (context) => readStates(io, context));
      end(show(run, states));
    });
};

function show(run: Run, states: readonly CliReaderState[]): ExitCode {
  const { style, json } = run;
  if (json) {
    run.printJson({
      readers: states.map((state, index) => ({ number: index + 1, ...readerJson(state) })),
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
  ]);
  run.print(...tableLines(style, ["#", "Reader", "State"], rows));
  return exitCode.ok;
}
