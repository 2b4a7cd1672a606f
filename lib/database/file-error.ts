import { ScardError } from "../errors/scard-error.js";

/**
 * A database file that cannot be used, and is left as it is: `ERR_SCARD_DATABASE_CORRUPT`, or
 * `ERR_SCARD_DATABASE_NEWER` for one that a newer version of the package wrote.
 */
export class DatabaseFileError extends ScardError {
  declare readonly code: "ERR_SCARD_DATABASE_CORRUPT" | "ERR_SCARD_DATABASE_NEWER";
  /** The file, or what the text was given as. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;

  constructor(
    path: string,
    text: string,
    offset: number,
    problem: string,
    kind: "corrupt" | "newer",
    options?: ErrorOptions,
  ) {
    const before = text.slice(0, offset).split("\n");
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    const remedy =
      kind === "newer"
        ? "Update the package."
        : "Correct it there, or move the file away to begin with an empty database.";
    super(
      kind === "newer" ? "ERR_SCARD_DATABASE_NEWER" : "ERR_SCARD_DATABASE_CORRUPT",
      `The smart card database ${path}:${String(line)}:${String(column)} is not used: ${problem}. ` +
        `Nothing was changed. ${remedy}`,
      options,
    );
    this.path = path;
    this.line = line;
    this.column = column;
  }
}
