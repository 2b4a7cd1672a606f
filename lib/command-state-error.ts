import { ScardError } from "./errors/scard-error.js";

/** Something is asked of a `CardCommand` that was not set, or has not come, yet. */
export class CommandStateError extends ScardError {
  declare readonly code: "ERR_SCARD_COMMAND_STATE";

  constructor(message: string) {
    super("ERR_SCARD_COMMAND_STATE", message);
  }
}
