import { asked } from "./card-database.js";
import { type AddCommand, examples, exitCode, jsonOption, type Run, startRun } from "./command.js";
import { CliError } from "./failure.js";
import { type CliContext, type CliIo, type CliReaderState, withContext } from "./io.js";
import { printable } from "./printable.js";
import { readStates } from "./read-states.js";
import { atrOf, describeState, readerJson } from "./reader-state.js";
import { noReaders } from "./select-reader.js";
import { tableLines } from "./table.js";

interface LocateOptions {
  readonly interface?: readonly string[];
  readonly group?: readonly string[];
  readonly json?: boolean;
}

/** A reader, and which of the card types looked for its card is of. */
interface Located {
  readonly state: CliReaderState;
  readonly matches: readonly string[];
}

/** `scard locate` */
export const addLocate: AddCommand = (program, io, end) => {
  program
    .command("locate")
    .argument("[types...]", "names of card types; all of them without")
    .description("Find the readers whose card is of a type in the database.")
    .option("--interface <guid...>", "only types that have all these interfaces")
    .option("--group <name...>", "only readers of these groups")
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([
        ["scard locate", "what each card is"],
        ["scard locate Transit", "the readers with such a card; exit code 3 without one"],
      ]),
    )
    .action(async (types: readonly string[], options: LocateOptions) => {
      const run = startRun(io, options.json ?? false);
      const found = await withContext(io, async (context) => locate(io, context, types, options));
      show(run, found);
      const any = found.some(({ matches }) => matches.length > 0);
      end(any ? exitCode.ok : exitCode.nothingThere);
    });
};

async function locate(
  io: CliIo,
  context: CliContext,
  types: readonly string[],
  { interface: interfaces, group }: LocateOptions,
): Promise<readonly Located[]> {
  const { signal } = io;
  const { database } = context;
  const known = await asked(async () => database.listCardTypes({ signal }));
  const wanted = types.map(fold);
  if (types.length > 0 && !known.some((name) => wanted.includes(fold(name)))) {
    throw new CliError(exitCode.usage, "The database has no such card type.", [
      "What to do: `scard cards` lists them.",
    ]);
  }
  const readers = await context.listReaders({
    ...(group === undefined ? {} : { groups: group }),
    signal,
  });
  const states = await readStates(io, context, readers);
  return Promise.all(
    states.map(async (state) => {
      const atr = atrOf(state);
      if (atr === undefined) {
        return { state, matches: [] };
      }
      const query = { atr, signal, ...(interfaces === undefined ? {} : { interfaces }) };
      const names = await asked(async () => database.listCardTypes(query));
      const matches = names.filter((name) => types.length === 0 || wanted.includes(fold(name)));
      return { state, matches };
    }),
  );
}

function show(run: Run, found: readonly Located[]): void {
  if (run.json) {
    run.printJson({
      readers: found.map(({ state, matches }) => ({ ...readerJson(state), matches })),
    });
    return;
  }
  if (found.length === 0) {
    throw noReaders();
  }
  const rows = found.map(({ state, matches }) => [
    printable(state.reader),
    describeState(run.style, state),
    matches.map(printable).join(", "),
  ]);
  run.print(...tableLines(run.style, ["Reader", "State", "Card types"], rows));
}

/** Names of card types compare without regard to case. */
function fold(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
