import { ScardError } from "./scard-error.js";

/** The context or card was closed, by the program or with the context it belongs to. */
export class ClosedError extends ScardError {
  declare readonly code: "ERR_SCARD_CLOSED";

  /** @param what What is closed, such as `"context"` or `'card in "Reader 1"'`. */
  constructor(what: string, options?: ErrorOptions) {
    super("ERR_SCARD_CLOSED", `The ${what} is closed. Open a new one to go on.`, options);
  }
}
