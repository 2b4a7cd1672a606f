import { ScardError } from "../errors/scard-error.js";

/**
 * Base of {@link AtrError}, {@link ApduError} and {@link TlvError}: bytes that do not follow their
 * format. The message names the place and what was expected there, never the bytes of a value.
 */
export abstract class FormatError extends ScardError {
  /** Where the fault is, in bytes from the start of the input; its length when bytes are missing. */
  readonly offset: number;
  /** The field at fault as the standard calls it: `"TD2"`, `"Lc"`, `"length"`. */
  readonly field: string;
  /** What should be there, to follow "expected". */
  readonly expected: string;

  constructor(code: string, subject: string, fault: Fault) {
    const { offset, field, expected, found } = fault;
    const place = `${field} at byte ${String(offset)}`;
    super(code, `Malformed ${subject}: ${place}: expected ${expected}, found ${found}.`);
    this.offset = offset;
    this.field = field;
    this.expected = expected;
  }
}

/** One fault, as the parsers report it. `found` must never hold bytes of a value. */
export interface Fault {
  readonly offset: number;
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/** Bytes that are no answer-to-reset of ISO/IEC 7816-3. `code` is `"ERR_SCARD_ATR"`. */
export class AtrError extends FormatError {
  constructor(fault: Fault) {
    super("ERR_SCARD_ATR", "ATR", fault);
  }
}

/** Bytes that are no command or response of ISO/IEC 7816-4. `code` is `"ERR_SCARD_APDU"`. */
export class ApduError extends FormatError {
  constructor(subject: "command APDU" | "response APDU", fault: Fault) {
    super("ERR_SCARD_APDU", subject, fault);
  }
}

/**
 * Bytes that are no BER-TLV, SIMPLE-TLV or COMPACT-TLV data objects, or go past a limit of the
 * decoder. `code` is `"ERR_SCARD_TLV"`.
 */
export class TlvError extends FormatError {
  constructor(subject: "BER-TLV" | "SIMPLE-TLV", fault: Fault) {
    super("ERR_SCARD_TLV", subject, fault);
  }
}
