import { toHex } from "../bytes.js";
import { nameKey } from "../database/names.js";
import { PcscError } from "../errors/pcsc-error.js";
import { asked } from "./card-database.js";
import { cardNames } from "./card-names.js";
import { type AddCommand, examples, exitCode, jsonOption, type Run, startRun } from "./command.js";
import { CliError } from "./failure.js";
import {
  type CliContext,
  type CliIo,
  type CliLocated,
  type CliReaderState,
  type CliWanted,
  withContext,
} from "./io.js";
import { printable } from "./printable.js";
import { atrOf, describeState, readerJson } from "./reader-state.js";
import { noReaders, selectReader } from "./select-reader.js";
import { parseDuration } from "./send-options.js";

interface LocateOptions {
  readonly card?: readonly string[];
  readonly interface?: readonly string[];
  readonly atr?: string;
  readonly mask?: string;
  readonly group?: readonly string[];
  readonly reader?: string | undefined;
  readonly wait?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly json?: boolean;
}

/** A reader, and how its card is known where no type that was looked for names it. */
interface Located {
  readonly state: CliLocated;
  readonly knownAs: readonly string[];
}

/** `scard locate [type…]` */
export const addLocate: AddCommand = (program, io, end) => {
  program
    .command("locate")
    .argument("[types...]", "names of card types; all of them without")
    .description("Find the readers whose card is of a type in the database, or has an ATR.")
    .option("--card <name...>", "names of card types, as those given alone")
    .option("--interface <guid...>", "only types that have all these interfaces")
    .option("--atr <hex>", "cards with this answer-to-reset; needs no card type")
    .option("--mask <hex>", "which bits of --atr count; as long")
    .option("--group <name...>", "only readers of these groups")
    .option("-r, --reader <reader>", "only this reader: name, part of a name, or number")
    .option("-w, --wait", "wait until such a card is in, and show its reader")
    .option("--timeout <time>", "how long to wait, such as 30s (default: for ever)", parseDuration)
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([
        ["scard locate", "what each card is"],
        ["scard locate Transit", "the readers with such a card; exit code 3 without one"],
        ["scard locate --atr 3B021400 --mask FFFFFF00", "by ATR alone"],
        ["scard locate Transit --wait --timeout 30s", "the first such card that comes"],
      ]),
    )
    .action(async (types: readonly string[], options: LocateOptions) => {
      const run = startRun(io, options.json ?? false);
      const names = [...types, ...(options.card ?? [])];
      checkTogether(names, options);
      const found = await withContext(io, async (context) => find(io, context, names, options));
      show(run, found);
      end(found.some(({ state }) => state.atrMatch) ? exitCode.ok : exitCode.nothingThere);
    });
};

function checkTogether(names: readonly string[], options: LocateOptions): void {
  const { atr, mask, reader, group, timeout, wait } = options;
  const wrong = (message: string): never => {
    throw new CliError(exitCode.usage, message, ["`scard locate --help` has examples."]);
  };
  if (atr !== undefined && (names.length > 0 || options.interface !== undefined)) {
    wrong("--atr looks for cards without the database: give no card type and no --interface.");
  }
  if (mask !== undefined && atr === undefined) {
    wrong("--mask belongs to --atr, which is missing.");
  }
  if (reader !== undefined && group !== undefined) {
    wrong("Give --reader or --group, not both.");
  }
  const any = atr === undefined && names.length === 0 && options.interface === undefined;
  if (wait === true && any) {
    wrong("--wait needs to know for which card: give a card type, --interface or --atr.");
  }
  if (timeout !== undefined && wait !== true) {
    wrong("--timeout belongs to --wait, which is missing.");
  }
}

async function find(
  io: CliIo,
  context: CliContext,
  names: readonly string[],
  options: LocateOptions,
): Promise<readonly Located[]> {
  const reader = await readerOf(io, context, options);
  const found =
    options.wait === true
      ? [await waitFor(io, context, names, { ...options, reader })]
      : await locate(context, {
          ...(await wantedOf(io, context, names, options)),
          ...(options.group === undefined ? {} : { groups: options.group }),
          ...(reader === undefined ? {} : { readers: [reader] }),
          signal: io.signal,
        });
  return Promise.all(
    found.map(async (state) => {
      const atr = atrOf(state);
      const nameless = state.atrMatch && state.matches.length === 0 && atr !== undefined;
      return { state, knownAs: nameless ? await cardNames(io, context, atr) : state.matches };
    }),
  );
}

/** By names, by interfaces, by both, or by ATR; without any of them by every name there is. */
async function wantedOf(
  { signal }: CliIo,
  { database }: CliContext,
  names: readonly string[],
  { atr, mask, interface: interfaces }: LocateOptions,
): Promise<CliWanted> {
  if (atr !== undefined) {
    return { atrs: [mask === undefined ? atr : { atr, mask }] };
  }
  if (names.length === 0) {
    return interfaces === undefined
      ? { cardTypes: await asked(async () => database.listCardTypes({ signal })) }
      : { interfaces };
  }
  if (interfaces === undefined) {
    return { cardTypes: names };
  }
  const having = await asked(async () => database.listCardTypes({ interfaces, signal }));
  return { cardTypes: among(having, names) };
}

/** A reader that is not attached can be waited for by its name. */
async function readerOf(
  { signal }: CliIo,
  context: CliContext,
  { reader, wait }: LocateOptions,
): Promise<string | undefined> {
  if (reader === undefined) {
    return undefined;
  }
  try {
    return selectReader(await context.listReaders({ signal }), reader);
  } catch (error) {
    if (wait === true && error instanceof CliError && error.exitCode === exitCode.nothingThere) {
      return reader;
    }
    throw error;
  }
}

async function waitFor(
  { signal }: CliIo,
  context: CliContext,
  names: readonly string[],
  { interface: interfaces, atr, mask, group, reader, timeout }: LocateOptions,
): Promise<CliLocated> {
  const wait = async (): Promise<CliReaderState> =>
    context.waitForCard({
      ...(names.length === 0 ? {} : { cardTypes: names }),
      ...(interfaces === undefined ? {} : { interfaces }),
      ...(atr === undefined ? {} : { atrs: [mask === undefined ? atr : { atr, mask }] }),
      ...(group === undefined ? {} : { groups: group }),
      ...(reader === undefined ? {} : { reader }),
      ...(timeout === undefined ? {} : { timeoutMs: timeout }),
      signal,
    });
  try {
    const state = await asked(wait);
    const query = { ...(interfaces === undefined ? {} : { interfaces }), signal };
    const types = await context.database.listCardTypes({ ...query, atr: state.atr ?? "" });
    const matches = names.length === 0 ? types : among(types, names);
    return { ...state, atrMatch: true, matches };
  } catch (error) {
    if (error instanceof PcscError && error.code === "SCARD_E_TIMEOUT") {
      throw new CliError(exitCode.nothingThere, "No such card came in time.", [], error.code);
    }
    throw error;
  }
}

async function locate(
  context: CliContext,
  options: Parameters<CliContext["locateCards"]>[0],
): Promise<readonly CliLocated[]> {
  try {
    return await asked(async () => context.locateCards(options));
  } catch (error) {
    if (error instanceof PcscError && error.code === "SCARD_E_UNKNOWN_CARD") {
      throw new CliError(
        exitCode.usage,
        "The database has no such card type.",
        ["What to do: `scard cards` lists them."],
        error.code,
      );
    }
    throw error;
  }
}

function show(run: Run, found: readonly Located[]): void {
  if (run.json) {
    run.printJson({
      readers: found.map(({ state, knownAs }) => ({
        ...readerJson(state),
        match: state.atrMatch,
        matches: state.matches,
        knownAs,
      })),
    });
    return;
  }
  if (found.length === 0) {
    throw noReaders();
  }
  const rows = found.map(({ state, knownAs }) => [
    printable(state.reader),
    describeState(run.style, state),
    state.atrMatch
      ? knownAs.map(printable).join(", ") || toHex(state.atr ?? new Uint8Array(0), " ")
      : "",
  ]);
  run.printTable(["Reader", "State", "Card"], rows);
}

/** Names of card types compare without regard to case. */
function among(names: readonly string[], wanted: readonly string[]): readonly string[] {
  const keys = new Set(wanted.map(nameKey));
  return names.filter((name) => keys.has(nameKey(name)));
}
