import { ScardError } from "../errors/scard-error.js";

/** What is wrong with a file, in words for the codes that people meet. */
const words: Readonly<Record<string, string>> = {
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is no directory",
  ENOSPC: "the disk is full",
  EDQUOT: "the user's share of the disk is used up",
  EIO: "the disk failed",
  ELOOP: "its symbolic links lead nowhere",
  ENAMETOOLONG: "its path is too long",
  EMFILE: "this program has too many files open",
  ENFILE: "the system has too many files open",
};

/**
 * A database file that cannot be read or written, for a reason other than rights:
 * `ERR_SCARD_DATABASE_ACCESS`. The file is as it was; `cause` is the system's error.
 */
export class DatabaseAccessError extends ScardError {
  declare readonly code: "ERR_SCARD_DATABASE_ACCESS";
  /** The file. */
  readonly path: string;

  constructor(path: string, cause: NodeJS.ErrnoException) {
    const code = cause.code ?? "unknown";
    const known = words[code];
    const reason = known === undefined ? code : `${known} (${code})`;
    super(
      "ERR_SCARD_DATABASE_ACCESS",
      `The smart card database ${path} cannot be used: ${reason}. Nothing was changed.`,
      { cause },
    );
    this.path = path;
  }
}
