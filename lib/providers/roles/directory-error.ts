import { ScardError } from "../../errors/scard-error.js";

/**
 * A file is referred to by an identifier within a directory that the card has left, and to which
 * nobody knows the way back: it was current before anything was selected by path or name.
 */
export class DirectoryError extends ScardError {
  declare readonly code: "ERR_SCARD_DIRECTORY";

  constructor() {
    super(
      "ERR_SCARD_DIRECTORY",
      "The card has left the directory that the file's identifier counts in, and the way back is " +
        "not known: call changeDirectory() with a path or a name first, or refer to the file by its path.",
    );
  }
}
