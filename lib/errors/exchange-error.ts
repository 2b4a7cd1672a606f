import { hideBytes } from "./hide-bytes.js";
import { ScardError } from "./scard-error.js";

/** How an exchange could not be made or ended; see {@link ExchangeError}. */
export type ExchangeErrorCode =
  | "ERR_SCARD_RESPONSE_TOO_LONG"
  | "ERR_SCARD_ENDLESS_RESPONSE"
  | "ERR_SCARD_COMMAND_TOO_LONG"
  | "ERR_SCARD_COMMAND_CHAINED";

const messages: Readonly<Record<ExchangeErrorCode, string>> = {
  ERR_SCARD_RESPONSE_TOO_LONG:
    "has more to say than maxLength allows. The command was executed. Raise maxLength, or ask for " +
    "less at a time.",
  ERR_SCARD_ENDLESS_RESPONSE:
    "asks again and again for GET RESPONSE or another Le and answers nothing. The card or its " +
    'reader is at fault; send() with getResponse: "never" or wrongLe: "return" gives the first ' +
    "answer.",
  ERR_SCARD_COMMAND_TOO_LONG:
    "takes neither extended length fields nor command chaining, as its historical bytes say. " +
    'Nothing was sent. Send less data, or say longCommands: "extended" or "chaining" if you know ' +
    "the card better.",
  ERR_SCARD_COMMAND_CHAINED:
    "cannot take the command whole, and it must not be split: it is part of a chain already (bit 5 " +
    "of the class byte) or meant for the reader (class FF). Nothing was sent. Make its parts " +
    "shorter, or leave the chaining to send().",
};

/**
 * A framed exchange (`send`, framed steps of a script) that could not be made or had no end.
 * `code` is `ERR_SCARD_RESPONSE_TOO_LONG` (more than `maxLength` bytes),
 * `ERR_SCARD_ENDLESS_RESPONSE` (the card asks for the same again and again),
 * `ERR_SCARD_COMMAND_TOO_LONG` or `ERR_SCARD_COMMAND_CHAINED` (nothing was sent).
 */
export class ExchangeError extends ScardError {
  declare readonly code: ExchangeErrorCode;
  /** Name of the reader. */
  readonly reader: string;
  /** How many APDUs were sent, GET RESPONSE and the parts of a chain included. */
  readonly exchanges: number;
  /** The response data that had arrived. Neither in the message nor shown by `console.log`. */
  declare readonly received: Uint8Array;

  constructor(
    code: ExchangeErrorCode,
    reader: string,
    exchanges: number,
    received: Uint8Array,
    options?: ErrorOptions,
  ) {
    super(code, `The card in reader ${JSON.stringify(reader)} ${messages[code]}`, options);
    this.reader = reader;
    this.exchanges = exchanges;
    hideBytes(this, "received", received);
  }
}
