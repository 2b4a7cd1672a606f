import { toHex } from "../bytes.js";
import { cardAtrFields, cardAtrJson, knownFields, nameAndAtr } from "./atr-text.js";
import { type CardNames, namesOfCards } from "./card-names.js";
import { type AddCommand, examples, exitCode, jsonOption, type Run, startRun } from "./command.js";
import { type CliReaderState, withContext } from "./io.js";
import { printable } from "./printable.js";
import { readStates } from "./read-states.js";
import { atrOf, describeState, readerJson } from "./reader-state.js";
import { noReaders, selectReader } from "./select-reader.js";
import { fieldLines, tableLines } from "./table.js";

/** `scard status [reader]` */
export const addStatus: AddCommand = (program, io, end) => {
  program
    .command("status")
    .argument("[reader]", "name, part of a name, or number; all without it")
    .description("Show the state of readers and the cards in them, without connecting to any card.")
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([
        ["scard status", "a line for each reader"],
        ["scard status 1", "everything about the first one, with its card's ATR decoded"],
        ["scard status omnikey", "the reader with omnikey in its name"],
      ]),
    )
    .action(async (wanted: string | undefined, { json = false }: { json?: boolean }) => {
      const run = startRun(io, json);
      const { states, cards } = await withContext(io, async (context) => {
        const names = await context.listReaders({ signal: io.signal });
        const chosen = wanted === undefined ? names : [selectReader(names, wanted)];
        const states = await readStates(io, context, chosen);
        return { states, cards: await namesOfCards(io, context, states) };
      });
      if (states.length === 0 && !json) {
        throw noReaders();
      }
      show(run, states, cards, wanted !== undefined);
      end(states.length === 0 ? exitCode.nothingThere : exitCode.ok);
    });
};

function show(
  run: Run,
  states: readonly CliReaderState[],
  names: CardNames,
  single: boolean,
): void {
  if (run.json) {
    run.printJson({
      readers: states.map((state) => ({
        ...readerJson(state),
        card: cardAtrJson(atrOf(state)),
        knownAs: names.get(state) ?? [],
      })),
    });
    return;
  }
  if (single) {
    run.print(...states.flatMap((state) => details(run, state, names)));
    return;
  }
  const rows = states.map((state) => {
    const atr = atrOf(state);
    const card = atr === undefined ? "" : toHex(atr, " ");
    return [printable(state.reader), describeState(run.style, state), card];
  });
  const lines = tableLines(run.style, ["Reader", "State", "ATR"], rows);
  run.print(...lines.flatMap((line, index) => [line, ...explain(run, states[index - 1], names)]));
}

/** The line under a reader that says what its card's ATR means. */
function explain(run: Run, state: CliReaderState | undefined, names: CardNames): string[] {
  const { dim, symbols } = run.style;
  const atr = state === undefined ? undefined : atrOf(state);
  if (state === undefined || atr === undefined) {
    return [];
  }
  return [`  ${dim(`${symbols.branch} ${nameAndAtr(names.get(state), atr)}`)}`];
}

function details(run: Run, state: CliReaderState, names: CardNames): string[] {
  const atr = atrOf(state);
  return fieldLines(run.style, [
    ["Reader", run.style.bold(printable(state.reader))],
    ["State", describeState(run.style, state)],
    ["Events", String(state.eventCount)],
    ["Raw state", `0x${(state.raw >>> 0).toString(16).toUpperCase().padStart(8, "0")}`],
    ...(atr === undefined ? [] : cardAtrFields(atr)),
    ...knownFields(names.get(state) ?? []),
  ]);
}
