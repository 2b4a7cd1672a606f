import { ScardError } from "./scard-error.js";

/**
 * The answer of a card did not fit into the caller's memory, which is left as it was. The card has
 * executed the command; the answer is here.
 */
export class BufferTooSmallError extends ScardError {
  declare readonly code: "ERR_SCARD_BUFFER_TOO_SMALL";
  /** The whole answer, status word included. Not in the message. */
  readonly response: Uint8Array;
  /** Name of the reader. */
  readonly reader: string;

  constructor(response: Uint8Array, room: number, reader: string, options?: ErrorOptions) {
    super(
      "ERR_SCARD_BUFFER_TOO_SMALL",
      `The answer of the card in reader ${JSON.stringify(reader)} has ` +
        `${String(response.length)} bytes, and the buffer has room for ${String(room)}. The command ` +
        "was executed: do not send it again, take the answer from this error's response. " +
        "65 538 bytes are always enough.",
      options,
    );
    this.response = response;
    this.reader = reader;
  }
}
