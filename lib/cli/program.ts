import { Command, CommanderError } from "commander";

import { addAtr } from "./atr.js";
import { addCards } from "./cards.js";
import { addDatabase } from "./database.js";
import { exitCode, type ExitCode, Interruption } from "./exit-code.js";
import { describeFailure, type Failure } from "./failure.js";
import { addForget } from "./forget.js";
import { addGroups } from "./groups.js";
import { addIntroduce } from "./introduce.js";
import type { CliIo } from "./io.js";
import { addLocate } from "./locate.js";
import { addReaders } from "./readers.js";
import { addSelect } from "./select.js";
import { addSend, ReportedError } from "./send.js";
import { addStatus } from "./status.js";
import { styleFor } from "./style.js";
import { addWatch } from "./watch.js";

/**
 * Runs the command `scard`. Never rejects: what goes wrong is written and becomes the exit code.
 * @param argv The arguments alone, without node and the script.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const program = buildProgram(io, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    return report(error, argv, io);
  }
}

function buildProgram(io: CliIo, end: (code: ExitCode) => void): Command {
  const program = new Command("scard")
    .description("Smart cards at the command line: readers, cards and APDUs over PC/SC.")
    .version(io.version, "-V, --version", "print the version")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => {
        io.stdout.write(text);
      },
      writeErr: (text) => {
        io.stderr.write(text);
      },
      getOutHelpWidth: () => helpWidth(io),
      getErrHelpWidth: () => helpWidth(io),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => {
        write(text.replace(/^error: /, "scard: "));
      },
    })
    .showHelpAfterError("`scard --help` lists commands and options.")
    .addHelpText(
      "after",
      "\nEnvironment:\n" +
        "  SCARD_LIBRARY  path of the PC/SC library, in place of the system's\n" +
        "  NO_COLOR       set to anything: no colours; FORCE_COLOR=1: colours always\n" +
        "\nExit codes:\n" +
        "  0 done   1 failure   2 wrong arguments   3 no reader or card\n" +
        "  4 status word not as wanted   130 Ctrl-C   141 broken pipe   143 terminated",
    )
    .exitOverride();
  const commands = [addReaders, addStatus, addWatch, addAtr, addSend];
  const database = [
    addCards,
    addLocate,
    addSelect,
    addGroups,
    addIntroduce,
    addForget,
    addDatabase,
  ];
  for (const add of [...commands, ...database]) {
    add(program, io, end);
  }
  return program;
}

function helpWidth(io: CliIo): number {
  return io.isTTY ? Math.min(io.size().columns, 100) : 100;
}

function report(error: unknown, argv: readonly string[], io: CliIo): ExitCode {
  if (error instanceof CommanderError) {
    // Commander has written help, version or what is wrong.
    return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  }
  if (io.signal.aborted) {
    const reason: unknown = io.signal.reason;
    return reason instanceof Interruption ? reason.exitCode : exitCode.failure;
  }
  const reported = error instanceof ReportedError;
  const failure = describeFailure(reported ? error.cause : error);
  if (!reported && argv.includes("--json")) {
    // A document (or line) for whoever parses stdout; the words still go to stderr.
    const form = argv[0] === "watch" ? 0 : 2;
    const event = argv[0] === "watch" ? { time: io.now().toISOString(), event: "error" } : {};
    io.stdout.write(`${JSON.stringify({ ...event, error: failure.json }, null, form)}\n`);
  }
  io.stderr.write(failureText(failure, io));
  return failure.exitCode;
}

function failureText({ message, advice }: Failure, io: CliIo): string {
  const { symbols } = styleFor(io);
  const lines = advice.map((line) => `  ${symbols.dash} ${line}`);
  return `${[`scard: ${message}`, ...lines].join("\n")}\n`;
}
