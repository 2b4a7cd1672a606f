import { Option } from "commander";

import { toHex } from "../bytes.js";
import { PcscError } from "../errors/pcsc-error.js";
import type { Chooser, SelectionMode } from "../select/options.js";
import { asked } from "./card-database.js";
import { cardNames } from "./card-names.js";
import { type AddCommand, examples, exitCode, jsonOption, type Run, startRun } from "./command.js";
import { CliError } from "./failure.js";
import { type CliContext, type CliProtocol, type CliSelected, withContext } from "./io.js";
import { printable } from "./printable.js";
import { candidates, selectReader } from "./select-reader.js";
import { parseDuration } from "./send-options.js";

interface SelectOptions {
  readonly interface?: readonly string[];
  readonly group?: readonly string[];
  readonly reader?: readonly string[];
  readonly mode: SelectionMode;
  readonly share?: "shared" | "exclusive" | "direct";
  readonly protocol?: CliProtocol;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly json?: boolean;
}

/** A selection and what it led to. */
interface Outcome extends CliSelected {
  /** Undefined when the card was not connected. */
  readonly protocol: CliProtocol | null | undefined;
  readonly knownAs: readonly string[];
}

/** `scard select [type…]` */
export const addSelect: AddCommand = (program, io, end) => {
  program
    .command("select")
    .argument("[types...]", "names of card types; any card without")
    .description(
      "Let the user select a card, and write the name of its reader. The list is drawn on standard " +
        "error. Without a terminal only a single card that fits is taken.",
    )
    .option("--interface <guid...>", "only cards of types that have all these interfaces")
    .option("--group <name...>", "only readers of these groups (default: SCard$DefaultReaders)")
    .option("-r, --reader <reader...>", "only these readers: name, part of a name, or number")
    .addOption(
      new Option("--mode <mode>", "minimal: ask unless one card fits; none: the first; force: ask")
        .choices(["minimal", "none", "force"])
        .default("minimal"),
    )
    .addOption(
      new Option(
        "-s, --share <mode>",
        "connect to the card in this way, to see that it works",
      ).choices(["shared", "exclusive", "direct"]),
    )
    .addOption(
      new Option("-p, --protocol <protocol>", "connect, and ask for this protocol only").choices([
        ...["t0", "t1", "raw"],
      ]),
    )
    .option("--timeout <time>", "how long the user has, such as 30s", parseDuration)
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([
        ["scard select", "choose among the cards that are in, or insert one"],
        ["scard select Transit 'Staff card'", "among cards of these types"],
        ['scard send -r "$(scard select)" 00A4040000', "send to the card that was chosen"],
      ]),
    )
    .action(async (types: readonly string[], options: SelectOptions) => {
      const run = startRun(io, options.json ?? false);
      const outcome = await withContext(io, async (context) =>
        select(run, context, types, options),
      );
      show(run, outcome);
      end(exitCode.ok);
    });
};

async function select(
  run: Run,
  context: CliContext,
  types: readonly string[],
  options: SelectOptions,
): Promise<Outcome> {
  const { io } = run;
  const { interface: interfaces, group, reader, mode, share, protocol, timeout } = options;
  const readers = reader === undefined ? undefined : await readersOf(run, context, reader);
  const connects = share !== undefined || protocol !== undefined;
  const attempt = async (): Promise<CliSelected> =>
    context.selectCard({
      ...(types.length === 0 ? {} : { cardTypes: types }),
      ...(interfaces === undefined ? {} : { interfaces }),
      ...(group === undefined ? {} : { groups: group }),
      ...(readers === undefined ? {} : { readers }),
      mode,
      chooser: io.chooser ?? onlyChoice(mode),
      connect: connects
        ? {
            ...(share === undefined ? {} : { shareMode: share }),
            ...(protocol === undefined ? {} : { protocols: [protocol] }),
          }
        : false,
      signal: io.signal,
      ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    });
  const selected = await asked(attempt).catch((error: unknown) => {
    throw inWords(error);
  });
  try {
    const { cardTypes, atr, card } = selected;
    const knownAs = cardTypes.length > 0 ? cardTypes : await cardNames(io, context, atr);
    return { ...selected, knownAs, protocol: connects ? (card?.protocol ?? null) : undefined };
  } finally {
    await selected.card?.[Symbol.asyncDispose]();
  }
}

async function readersOf(
  { io }: Run,
  context: CliContext,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const readers = await context.listReaders({ signal: io.signal });
  return wanted.map((one) => selectReader(readers, one));
}

/** Without a terminal nobody is there to choose: a card that fits is taken if it is the only one. */
function onlyChoice(mode: SelectionMode): Chooser {
  return (selection) => {
    const readers = selection.entries.map(({ reader }) => reader);
    const fitting = selection.entries.filter(({ matches }) => matches).map(({ reader }) => reader);
    if (fitting.length === 0) {
      throw noCard();
    }
    if (mode === "force" || fitting.length > 1) {
      const what =
        fitting.length > 1 ? `${String(fitting.length)} cards fit` : "The user is to choose";
      throw new CliError(exitCode.usage, `${what}, and there is no terminal to ask on.`, [
        ...candidates(readers, fitting),
        "What to do: say which with --reader, narrow it down, or take the first with --mode none.",
      ]);
    }
    selection.choose(fitting[0] ?? "");
  };
}

function noCard(): CliError {
  return new CliError(exitCode.nothingThere, "No card that fits is in any of the readers.", [
    "What to do: insert one. `scard status` shows what is in, `scard cards` the card types.",
  ]);
}

function inWords(error: unknown): unknown {
  if (!(error instanceof PcscError)) {
    return error;
  }
  switch (error.code) {
    case "SCARD_W_CANCELLED_BY_USER":
      return new CliError(exitCode.interrupted, "Nothing was selected.", [], error.code);
    case "SCARD_E_NO_SMARTCARD":
      return noCard();
    case "SCARD_E_TIMEOUT":
      return new CliError(exitCode.nothingThere, "No card was selected in time.");
    default:
      return error;
  }
}

function show(run: Run, { reader, atr, cardTypes, knownAs, shown, protocol }: Outcome): void {
  if (run.json) {
    const connection = protocol === undefined ? {} : { protocol };
    run.printJson({ reader, atr: toHex(atr), cardTypes, knownAs, shown, ...connection });
    return;
  }
  // The name alone, as other commands take it.
  run.print(printable(reader));
}
