import { ScardError } from "./scard-error.js";

/** A reader or its driver answered with bytes that do not have the form the standard gives. */
export class MalformedDataError extends ScardError {
  declare readonly code: "ERR_SCARD_MALFORMED_DATA";
  /** What the bytes should be, such as `"attribute channelId"`. */
  readonly subject: string;
  /** The bytes as they came. Not in the message. */
  readonly bytes: Uint8Array;
  /** Index of the first byte that does not fit. */
  readonly offset: number;

  /** @param problem Half a sentence that says what is wrong. */
  constructor(subject: string, bytes: Uint8Array, offset: number, problem: string) {
    const length = String(bytes.length);
    super(
      "ERR_SCARD_MALFORMED_DATA",
      `The reader's ${subject} (${length} bytes) is malformed at byte ${String(offset)}: ` +
        `${problem}. The reader's driver is at fault: update it, or read the raw bytes.`,
    );
    this.subject = subject;
    this.bytes = bytes;
    this.offset = offset;
  }
}
