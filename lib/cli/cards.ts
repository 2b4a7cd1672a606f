import { toHex } from "../bytes.js";
import { asked, cardTypeJson, type CliCardType } from "./card-database.js";
import { type AddCommand, examples, exitCode, jsonOption, type Run, startRun } from "./command.js";
import { CliError } from "./failure.js";
import { printable } from "./printable.js";
import { withDatabase } from "./with-database.js";

interface CardsOptions {
  readonly atr?: string;
  readonly interface?: readonly string[];
  readonly json?: boolean;
}

/** `scard cards` */
export const addCards: AddCommand = (program, io, end) => {
  program
    .command("cards")
    .description("List the card types in the smart card database.")
    .option("--atr <hex>", "only types of cards with this answer-to-reset")
    .option("--interface <guid...>", "only types that have all these interfaces")
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([
        ["scard cards", "all card types that were introduced"],
        ["scard cards --atr 3B021450", "what a card with this ATR may be"],
      ]),
    )
    .action(async (options: CardsOptions) => {
      const run = startRun(io, options.json ?? false);
      const { signal } = io;
      const types = await withDatabase(io, async ({ database }) => {
        const names = await asked(async () =>
          database.listCardTypes({
            ...(options.atr === undefined ? {} : { atr: options.atr }),
            ...(options.interface === undefined ? {} : { interfaces: options.interface }),
            signal,
          }),
        );
        return Promise.all(names.map(async (name) => database.cardType(name, { signal })));
      });
      show(run, types);
      end(types.length === 0 ? exitCode.nothingThere : exitCode.ok);
    });
};

function show(run: Run, types: readonly CliCardType[]): void {
  if (run.json) {
    run.printJson({ cardTypes: types.map(cardTypeJson) });
    return;
  }
  if (types.length === 0) {
    throw new CliError(exitCode.nothingThere, "There is no such card type in the database.", [
      "What to do: introduce one with `scard introduce card`.",
    ]);
  }
  const rows = types.map(({ name, atr, mask, primaryProvider, interfaces }) => [
    printable(name),
    atr === null ? "" : toHex(atr, " ") + (mask === null ? "" : ` & ${toHex(mask, " ")}`),
    primaryProvider ?? "",
    interfaces.join(" "),
  ]);
  run.printTable(["Card type", "ATR", "Primary provider", "Interfaces"], rows);
}
