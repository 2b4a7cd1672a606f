import { ScardError } from "./errors/scard-error.js";

/** A locked region overlaps what was to be written or locked, or is not locked as given. */
export class LockError extends ScardError {
  declare readonly code: "ERR_SCARD_LOCK";

  constructor(message: string) {
    super("ERR_SCARD_LOCK", message);
  }
}
