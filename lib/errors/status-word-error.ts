import { describeStatusWord, type StatusWord } from "../iso7816/status-word.js";
import { ScardError } from "./scard-error.js";

/** The card answered a command of ISO/IEC 7816-4 with a status word that means it was not done. */
export class StatusWordError extends ScardError {
  declare readonly code: "ERR_SCARD_STATUS_WORD";
  /** The command as the standard names it: `"SELECT"`, `"READ BINARY"`. */
  readonly command: string;
  /** SW1-SW2 as one number, such as 0x6A82. */
  readonly sw: number;
  /** The same described: category, meaning, clause. */
  readonly status: StatusWord;

  constructor(command: string, sw: number, options?: ErrorOptions) {
    const status = describeStatusWord(sw);
    super(
      "ERR_SCARD_STATUS_WORD",
      `The card refused ${command} with ${status.hex}: ${status.meaning}.`,
      options,
    );
    this.command = command;
    this.sw = sw;
    this.status = status;
  }

  /** Whether the file, application, record or data object is not there: 6A82, 6A83, 6A88. */
  get notFound(): boolean {
    return this.sw === 0x6a82 || this.sw === 0x6a83 || this.sw === 0x6a88;
  }

  /** Whether a PIN or key has to be shown first: 6982. */
  get needsAuthentication(): boolean {
    return this.sw === 0x6982;
  }

  /** Whether the card does not have the command, the class or this form of it: 6D00, 6E00, 6A81. */
  get unsupported(): boolean {
    return this.sw === 0x6d00 || this.sw === 0x6e00 || this.sw === 0x6a81;
  }
}
