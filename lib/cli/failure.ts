import { DatabaseAccessError } from "../database/access-error.js";
import { DatabaseFileError } from "../database/file-error.js";
import { describeCode, formatCodeValue } from "../errors/codes.js";
import { LibraryNotFoundError } from "../errors/library-not-found-error.js";
import { PcscError } from "../errors/pcsc-error.js";
import { exitCode, type ExitCode } from "./exit-code.js";
import { printable } from "./printable.js";

/** The command cannot do what was asked. `advice` says what to do, a line each. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly advice: readonly string[];
  /** The field `code` of a JSON document. */
  readonly code: string;

  constructor(
    exit: ExitCode,
    message: string,
    advice: readonly string[] = [],
    code = codeWord(exit),
  ) {
    super(message);
    this.name = "CliError";
    this.exitCode = exit;
    this.advice = advice;
    this.code = code;
  }
}

/** A failure as the command shows it: in words, as JSON and to the shell. */
export interface Failure {
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly advice: readonly string[];
  /** The field `error` of a JSON document. */
  readonly json: {
    readonly code: string;
    readonly message: string;
    readonly advice: readonly string[];
    readonly call?: string;
    readonly value?: string;
    readonly reader?: string;
    /** Of a database that cannot be used. */
    readonly path?: string;
    readonly line?: number;
    readonly column?: number;
  };
}

const codesOfNothingThere: ReadonlySet<string> = new Set([
  "SCARD_E_NO_READERS_AVAILABLE",
  "SCARD_E_UNKNOWN_READER",
  "SCARD_E_READER_UNAVAILABLE",
  "SCARD_E_NO_SMARTCARD",
  "SCARD_W_REMOVED_CARD",
]);

/** Words for anything that was thrown. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof PcscError) {
    return describePcscError(error);
  }
  if (error instanceof LibraryNotFoundError) {
    return describeMissingLibrary(error);
  }
  if (error instanceof DatabaseFileError) {
    const { code, message, path, line, column } = error;
    const plain = failure(exitCode.failure, code, printable(message), []);
    return { ...plain, json: { ...plain.json, path, line, column } };
  }
  if (error instanceof DatabaseAccessError) {
    const { code, message, path } = error;
    const plain = failure(exitCode.failure, code, printable(message), []);
    return { ...plain, json: { ...plain.json, path } };
  }
  if (error instanceof CliError) {
    const { exitCode: exit, code, message, advice } = error;
    return failure(exit, code, message, advice);
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "ERR_SCARD_CLI";
  return failure(exitCode.failure, code, message, []);
}

function describePcscError(error: PcscError): Failure {
  const { code, call, reader, path, found, likelyCause, remedy } = error;
  const value = formatCodeValue(error.value);
  const place = reader === undefined ? "" : ` Reader: ${printable(reader)}.`;
  const where = path === undefined ? place : ` File: ${printable(path)}.`;
  const general = describeCode(code)?.text ?? "PC/SC gave a result that no header defines.";
  const what = found === undefined ? general : printable(found);
  const advice = [
    ...(likelyCause === undefined ? [] : [`Likely cause: ${likelyCause}`]),
    ...(remedy === undefined ? [] : [`What to do: ${remedy}`]),
  ];
  const exit = codesOfNothingThere.has(code) ? exitCode.nothingThere : exitCode.failure;
  const plain = failure(exit, code, `${what}${where} (${call}: ${code}, ${value})`, advice);
  return {
    ...plain,
    json: {
      ...{ ...plain.json, call, value },
      ...(reader === undefined ? {} : { reader }),
      ...(path === undefined ? {} : { path }),
    },
  };
}

function describeMissingLibrary(error: LibraryNotFoundError): Failure {
  return failure(exitCode.failure, error.code, "The PC/SC library cannot be loaded.", [
    ...error.tried.map(({ path, message }) => `Tried: ${printable(path)} (${printable(message)})`),
    `What to do: ${error.install}`,
    "If it is elsewhere, give its path in the environment variable SCARD_LIBRARY.",
  ]);
}

function failure(
  exit: ExitCode,
  code: string,
  message: string,
  advice: readonly string[],
): Failure {
  return { exitCode: exit, message, advice, json: { code, message, advice } };
}

function codeWord(code: ExitCode): string {
  switch (code) {
    case exitCode.usage:
      return "ERR_SCARD_USAGE";
    case exitCode.nothingThere:
      return "ERR_SCARD_NOTHING_THERE";
    case exitCode.statusWord:
      return "ERR_SCARD_STATUS_WORD";
    default:
      return "ERR_SCARD_CLI";
  }
}
