import type { LibrarySource } from "../binding.js";
import { checkString } from "./arguments.js";
import { ScardArgumentError } from "./errors/argument-error.js";
import { checkSubsystem } from "./virtual/subsystem-handle.js";

/** Where a context's calls go: a library's path, a virtual subsystem, or the platform's library. */
export function checkLibrarySource(given: {
  readonly library?: unknown;
  readonly subsystem?: unknown;
}): LibrarySource {
  const { library, subsystem } = given;
  if (subsystem === undefined) {
    return library === undefined ? libraryOfEnvironment() : checkLibrary(library);
  }
  if (library !== undefined) {
    throw new ScardArgumentError("library", library, "left out where a subsystem is given");
  }
  return checkSubsystem(subsystem);
}

/** Whether the resource manager has winscard's calls: Windows' own, or a virtual one of its profile. */
export function hasWinscard(
  subsystem: { readonly profile: "pcsclite" | "windows" } | undefined,
): boolean {
  return subsystem === undefined ? process.platform === "win32" : subsystem.profile === "windows";
}

/** Set to nothing is not set: that is how a shell takes it back for one command. */
function libraryOfEnvironment(): string | undefined {
  const library = process.env["SCARD_LIBRARY"];
  return library === "" ? undefined : library;
}

function checkLibrary(value: unknown): string {
  const library = checkString("library", value);
  if (library === "" || library.includes("\0")) {
    throw new ScardArgumentError("library", value, "a path: not empty and without NUL");
  }
  return library;
}
