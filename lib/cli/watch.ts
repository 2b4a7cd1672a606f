import { toHex } from "../bytes.js";
import { cardAtrJson, nameAndAtr } from "./atr-text.js";
import type { CardNames } from "./card-names.js";
import { type AddCommand, examples, exitCode, type Run, startRun } from "./command.js";
import { type ExitCode, Interruption } from "./exit-code.js";
import { describeFailure } from "./failure.js";
import { followReaders } from "./follow-readers.js";
import { printable } from "./printable.js";
import { atrOf, readerJson } from "./reader-state.js";
import { type WatchEvent, watchEvents } from "./watch-events.js";
import { WatchScreen } from "./watch-screen.js";

/** `scard watch` */
export const addWatch: AddCommand = (program, io, end) => {
  program
    .command("watch")
    .description(
      "Follow readers and cards as they come and go, until Ctrl-C. A live table on a terminal, " +
        "otherwise one line for each event.",
    )
    .option("--lines", "one line for each event on a terminal too")
    .option("--json", "write one JSON object for each event, a line each (NDJSON)")
    .addHelpText(
      "after",
      examples([
        ["scard watch", "a live table with each card's decoded ATR"],
        ["scard watch | tee log.txt", "a line for each event"],
        ["scard watch --json", "the same for programs"],
      ]),
    )
    .action(async ({ json = false, lines = false }: { json?: boolean; lines?: boolean }) => {
      const run = startRun(io, json);
      const live = io.isTTY && io.env["TERM"] !== "dumb" && !lines && !json;
      end(await watch(run, live));
    });
};

async function watch(run: Run, live: boolean): Promise<ExitCode> {
  const screen = live ? new WatchScreen(run.io, run.style) : undefined;
  try {
    for await (const { event, world } of followReaders(run.io)) {
      const events = watchEvents(event);
      if (screen === undefined) {
        events.forEach((event) => {
          writeEvent(run, event, world.names);
        });
      } else {
        screen.show(world, events);
      }
    }
  } catch (error) {
    // Ctrl-C is how this command is meant to end.
    const reason: unknown = run.io.signal.reason;
    const ctrlC = reason instanceof Interruption && reason.exitCode === exitCode.interrupted;
    if (!ctrlC) {
      throw error;
    }
  } finally {
    screen?.end();
  }
  return exitCode.ok;
}

function writeEvent(
  run: Run,
  { event, initial, state, error }: WatchEvent,
  names: CardNames,
): void {
  const time = run.io.now().toISOString();
  if (run.json) {
    const reader = state === undefined ? {} : readerJson(state);
    const card =
      state?.present === true
        ? { card: cardAtrJson(atrOf(state)), knownAs: names.get(state) ?? [] }
        : {};
    const why = error === undefined ? {} : { error: describeFailure(error).json };
    run.printJson({ time, event, initial, ...reader, ...card, ...why }, "line");
    return;
  }
  const { dim } = run.style;
  const about = state === undefined ? (error?.code ?? "") : printable(state.reader);
  const cells = [time, event.padEnd(16), about];
  const tells = event === "card-inserted" || event === "card-reset";
  const atr = tells && state !== undefined ? atrOf(state) : undefined;
  const known = state === undefined ? undefined : names.get(state);
  const card =
    atr === undefined ? "" : `  ${toHex(atr, " ")}  ${dim(`(${nameAndAtr(known, atr)})`)}`;
  run.print(cells.join("  ").trimEnd() + card);
}
