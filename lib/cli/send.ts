import { Option } from "commander";

import { ResponseApdu } from "../iso7816/response-apdu.js";
import { chooseCard } from "./choose-card.js";
import { type AddCommand, examples, exitCode, jsonOption, type Run, startRun } from "./command.js";
import { parseCommand, type ScriptCommand } from "./exchange.js";
import type { ExitCode } from "./exit-code.js";
import { CliError, describeFailure } from "./failure.js";
import type { CliCallOptions, CliCard, CliContext, CliIo, CliTransmitter } from "./io.js";
import { withContext } from "./io.js";
import { parseScript } from "./script.js";
import { parseDuration, parseExpect, type SendOptions } from "./send-options.js";
import {
  type Exchange,
  exchangeJson,
  printCommand,
  printConnection,
  printResponse,
} from "./send-output.js";

/** `scard send <apdu>…` */
export const addSend: AddCommand = (program, io, end) => {
  program
    .command("send")
    .argument("[apdu...]", "commands in hexadecimal, each one argument")
    .description(
      "Send commands to the card and explain the answers. PINs and keys in VERIFY and its like " +
        "are shown as **. GET RESPONSE (61XX) and a corrected Le (6CXX) are left to you.",
    )
    .option(
      "-r, --reader <reader>",
      "name, part of a name, or number (default: the one with a card)",
    )
    .option(
      "-f, --file <script>",
      "read commands from a file, one a line, # for comments; - is stdin",
    )
    .option("-t, --transaction", "keep other programs off the card from first to last command")
    .addOption(
      new Option("-p, --protocol <protocol>", "ask for this protocol only").choices([
        ...["t0", "t1", "raw"],
      ]),
    )
    .addOption(
      new Option("-s, --share <mode>", "how to share the card; direct needs no card")
        .choices(["shared", "exclusive", "direct"])
        .default("shared"),
    )
    .option("--timeout <time>", "for connecting and for each command, such as 5s", parseDuration)
    .option("--expect <sw>", "the status word wanted, X for any digit: 9000,61XX", parseExpect)
    .option("--stop-on-error", "send nothing more after a status word that is not wanted")
    .option("--raw", "do not check that commands are well-formed APDUs")
    .option("--show-secrets", "show PINs and keys in the output")
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([
        ["scard send 00A4040000", "select the default application"],
        ["scard send '00 A4 04 00 00' 00CA006E00", "two commands"],
        ["scard send -r 2 -t -f script.txt", "a script in one transaction, to reader 2"],
        ["scard send --expect 9000 00A4040000", "exit code 4 when the answer is another"],
      ]),
    )
    .action(async (apdus: string[], options: SendOptions) => {
      end(await send(startRun(io, options.json ?? false), apdus, options));
    });
};

async function send(run: Run, apdus: string[], options: SendOptions): Promise<ExitCode> {
  const commands = await readCommands(run.io, apdus, options);
  const exchanges: Exchange[] = [];
  let card: CliCard | undefined;
  try {
    await withContext(run.io, async (context) => {
      await using connected = await connect(run.io, context, options);
      card = connected;
      if (!run.json) {
        printConnection(run, connected);
      }
      await exchangeAll(run, connected, commands, options, exchanges);
    });
  } catch (error) {
    if (run.json && card !== undefined && !run.io.signal.aborted) {
      // What was answered before the failure must not be lost: the card has acted on it.
      const failure = describeFailure(error);
      printDocument(run, card, exchanges, options, failure.json);
      throw new ReportedError(error);
    }
    throw error;
  }
  if (run.json && card !== undefined) {
    printDocument(run, card, exchanges, options);
  }
  return verdict(run, exchanges, options);
}

/** A failure whose JSON document is already written; its text still goes to stderr. */
export class ReportedError extends Error {
  constructor(cause: unknown) {
    super("already reported", { cause });
  }
}

async function readCommands(
  io: CliIo,
  apdus: readonly string[],
  options: SendOptions,
): Promise<ScriptCommand[]> {
  const raw = options.raw ?? false;
  const given = apdus.map((apdu, index) => parseCommand(apdu, `APDU ${String(index + 1)}`, raw));
  const path = options.file;
  const read =
    path === undefined ? [] : parseScript((await io.readBytes(path)).toString("utf8"), path, raw);
  const commands = [...given, ...read];
  if (commands.length === 0) {
    throw new CliError(exitCode.usage, "There is no command to send.", [
      "Give APDUs in hexadecimal, or a script with --file. Example: scard send 00A4040000",
    ]);
  }
  return commands;
}

async function connect(io: CliIo, context: CliContext, options: SendOptions): Promise<CliCard> {
  const { share, protocol } = options;
  const reader = await chooseCard(io, context, options.reader, share === "direct");
  return context.connect(reader, {
    shareMode: share,
    ...(protocol === undefined ? {} : { protocols: [protocol] }),
    ...limits(io, options),
  });
}

function limits(io: CliIo, { timeout }: SendOptions): CliCallOptions {
  return { signal: io.signal, ...(timeout === undefined ? {} : { timeoutMs: timeout }) };
}

async function exchangeAll(
  run: Run,
  card: CliCard,
  commands: readonly ScriptCommand[],
  options: SendOptions,
  exchanges: Exchange[],
): Promise<void> {
  const all = async (transmitter: CliTransmitter): Promise<void> => {
    for (const command of commands) {
      const exchange = await exchangeOne(run, transmitter, command, options);
      exchanges.push(exchange);
      if (!exchange.asWanted && options.stopOnError === true) {
        return;
      }
    }
  };
  await (options.transaction === true ? card.transaction(all, limits(run.io, options)) : all(card));
}

async function exchangeOne(
  run: Run,
  transmitter: CliTransmitter,
  command: ScriptCommand,
  options: SendOptions,
): Promise<Exchange> {
  if (!run.json) {
    printCommand(run, command, options.showSecrets ?? false);
  }
  const bytes = await transmitter.transmit(command.bytes, limits(run.io, options));
  const response = ResponseApdu.from(bytes);
  const asWanted = options.expect?.matches(response.sw) ?? response.ok;
  const exchange = { command, response, asWanted };
  if (!run.json) {
    printResponse(run, exchange);
  }
  return exchange;
}

function printDocument(
  run: Run,
  card: CliCard,
  exchanges: readonly Exchange[],
  options: SendOptions,
  error?: unknown,
): void {
  run.printJson({
    reader: card.reader,
    protocol: card.protocol,
    exchanges: exchanges.map((exchange) => exchangeJson(exchange, options.showSecrets ?? false)),
    ...(error === undefined ? {} : { error }),
  });
}

/** Status words count only when asked for: an answer is an answer, and the shell may want it. */
function verdict(run: Run, exchanges: readonly Exchange[], options: SendOptions): ExitCode {
  const { expect, stopOnError = false } = options;
  const unwanted = exchanges.filter(({ asWanted }) => !asWanted);
  if ((expect === undefined && !stopOnError) || unwanted.length === 0) {
    return exitCode.ok;
  }
  const wanted = expect?.text ?? "9000 or 61XX";
  const where = unwanted.map(({ command }) => command.origin).join(", ");
  run.io.stderr.write(`scard: The status word is not ${wanted}: ${where}.\n`);
  return exitCode.statusWord;
}
