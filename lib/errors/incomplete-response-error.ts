import { ScardError } from "./scard-error.js";

/**
 * SCardTransmit succeeded but the answer holds no status word. This is how some stacks show a card
 * that died or left while it worked: whether the command was executed is unknown.
 */
export class IncompleteResponseError extends ScardError {
  declare readonly code: "ERR_SCARD_INCOMPLETE_RESPONSE";
  /**
   * What did arrive: 0 or 1 bytes, or as many as were missing their end; for `send`, all data before
   * it too. Not in the message.
   */
  readonly response: Uint8Array;
  /** Name of the reader. */
  readonly reader: string;

  constructor(response: Uint8Array, reader: string, options?: ErrorOptions) {
    const length = String(response.length);
    super(
      "ERR_SCARD_INCOMPLETE_RESPONSE",
      `The answer of the card in reader ${JSON.stringify(reader)} has ${length} byte(s) and ends ` +
        "without a status word. The card probably left or failed while it worked, and may have " +
        "executed the command. Reconnect, and look at the command's effect before sending it again.",
      options,
    );
    this.response = response;
    this.reader = reader;
  }
}
