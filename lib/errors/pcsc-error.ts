import { codeName, codeValue, describeCode, formatCodeValue } from "./codes.js";
import type { CodeDescription, PcscCode, UnknownPcscCode } from "./codes.js";
import { hideBytes } from "./hide-bytes.js";
import { ScardError } from "./scard-error.js";

/** What a {@link PcscError} is made from. */
export interface PcscFailure {
  /** Result of the call, 32 bits, signed or unsigned. */
  readonly value: number;
  /** The PC/SC function, such as `"SCardConnect"`. */
  readonly call: string;
  /** Name of the reader concerned, where there is one. */
  readonly reader?: string | undefined;
  /** Path of the database's file concerned, where there is one. */
  readonly path?: string | undefined;
  /** What the package itself found wrong, as sentences: in place of what the code says in general. */
  readonly found?: string | undefined;
  /** Response data that had arrived, where the call was part of a longer exchange. */
  readonly received?: Uint8Array | undefined;
}

/**
 * A PC/SC function failed. `code` says how (`"SCARD_W_RESET_CARD"`), on every platform in the same
 * words; docs/errors.md lists them all. A time limit that passed is code `"SCARD_E_TIMEOUT"`.
 */
export class PcscError extends ScardError {
  declare readonly code: PcscCode | UnknownPcscCode;
  /** The result as a 32-bit unsigned number; it differs between platforms for a few codes. */
  readonly value: number;
  /** The PC/SC function that failed, such as `"SCardTransmit"`. */
  readonly call: string;
  /** Name of the reader concerned; undefined for calls about no reader. */
  readonly reader: string | undefined;
  /** The file of the smart card database that may not be read or written; undefined for all else. */
  readonly path: string | undefined;
  /**
   * What the package itself found wrong, such as an argument's value or a name that the smart card
   * database does not have; undefined for what the resource manager reports.
   */
  readonly found: string | undefined;
  /** Why it likely happened, one sentence; undefined for a code that no header defines, and with `found`. */
  readonly likelyCause: string | undefined;
  /** What to do about it, one sentence; undefined for a code that no header defines, and with `found`. */
  readonly remedy: string | undefined;
  /** Whether the same call can succeed when simply made again. */
  readonly retryable: boolean;
  /** Whether `card.reconnect()`, a new connection or a new context can help. */
  readonly reconnect: boolean;
  /**
   * The response data that `send` had received before the failure. Undefined where the failed call
   * was the first, so that no card has executed the command. Not shown by `console.log`.
   */
  declare readonly received: Uint8Array | undefined;

  constructor(failure: PcscFailure, options?: ErrorOptions) {
    const { call, reader, path, found } = failure;
    const value = failure.value >>> 0;
    const code = codeName(value);
    const description = describeCode(code);
    const place = reader === undefined ? "" : ` on reader ${JSON.stringify(reader)}`;
    const where = path === undefined ? place : ` on the file ${JSON.stringify(path)}`;
    const what =
      description === undefined
        ? `the result ${formatCodeValue(value)}, which no PC/SC header defines.`
        : `${code} (${formatCodeValue(value)}). ${found ?? explained(description)}`;
    super(code, `${call} failed${where} with ${what}`, options);
    this.value = value;
    this.call = call;
    this.reader = reader;
    this.path = path;
    this.found = found;
    this.likelyCause = found === undefined ? description?.cause : undefined;
    this.remedy = found === undefined ? description?.remedy : undefined;
    this.retryable = description?.retry ?? false;
    this.reconnect = description?.reconnect ?? false;
    if (failure.received !== undefined) {
      hideBytes(this, "received", failure.received);
    }
  }

  /**
   * The error of a named code, with the number this platform gives it: for failures that the
   * package itself finds, such as a time limit that passed.
   */
  static of(code: PcscCode, call: string, reader?: string, options?: ErrorOptions): PcscError {
    return new PcscError({ value: codeValue(code), call, reader }, options);
  }

  /** The same with what was found wrong, as sentences. */
  static found(code: PcscCode, call: string, found: string, options?: ErrorOptions): PcscError {
    return new PcscError({ value: codeValue(code), call, found }, options);
  }
}

function explained({ text, cause, remedy }: CodeDescription): string {
  return `${text} Likely cause: ${lowerFirst(cause)} Remedy: ${lowerFirst(remedy)}`;
}

/** Lets a sentence follow a colon; an initialism such as "PIN" or a name like "SCard" stays. */
function lowerFirst(sentence: string): string {
  return /^[A-Z][a-z ]/.test(sentence) && !/^(Windows|Linux)\b/.test(sentence)
    ? sentence.charAt(0).toLowerCase() + sentence.slice(1)
    : sentence;
}
