import { ScardError } from "./scard-error.js";

/** The PC/SC library in use has no such function. */
export class UnsupportedCallError extends ScardError {
  declare readonly code: "ERR_SCARD_UNSUPPORTED_CALL";
  /** The function that is missing, such as `"SCardSetAttrib"`. */
  readonly call: string;

  constructor(call: string, options?: ErrorOptions) {
    super(
      "ERR_SCARD_UNSUPPORTED_CALL",
      `The PC/SC library in use has no function ${call}. Update it, or do without this call.`,
      options,
    );
    this.call = call;
  }
}
