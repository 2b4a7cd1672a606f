import { readFileSync } from "node:fs";

import { installHint, osReleasePath } from "./install-hint.js";
import { ScardError } from "./scard-error.js";

/** One path at which the PC/SC library was looked for. */
export interface LibraryAttempt {
  /** What was given to the system's loader. */
  readonly path: string;
  /** Why it could not be loaded, in the loader's own words. */
  readonly message: string;
}

/**
 * The platform's PC/SC library cannot be loaded. Nothing needs it until the first call, so the
 * package can be imported without it.
 */
export class LibraryNotFoundError extends ScardError {
  declare readonly code: "ERR_SCARD_LIBRARY_NOT_FOUND";
  /** Every path tried, in order. */
  readonly tried: readonly LibraryAttempt[];
  /** How to get the library on this platform, as a sentence. */
  readonly install: string;

  /** @param install Default: the hint for the system the program runs on. */
  constructor(
    tried: readonly LibraryAttempt[],
    install: string = installHint(process.platform, readOsRelease()),
    options?: ErrorOptions,
  ) {
    const attempts = tried.map(({ path, message }) => `${path} (${message})`).join("; ");
    super(
      "ERR_SCARD_LIBRARY_NOT_FOUND",
      `The PC/SC library cannot be loaded. Tried: ${attempts || "nothing"}. ${install} ` +
        "To use a library elsewhere, give its path in the environment variable SCARD_LIBRARY " +
        "or in the option library.",
      options,
    );
    this.tried = tried;
    this.install = install;
  }
}

function readOsRelease(): string {
  try {
    return readFileSync(osReleasePath, "utf8");
  } catch {
    // No such file, or not readable: the hint then covers every distribution.
    return "";
  }
}
