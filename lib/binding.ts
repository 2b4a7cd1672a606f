// Finds and loads the addon: built by this clone, or the prebuilt one of this platform.
import { join } from "node:path";

import nodeGypBuild from "node-gyp-build";

import type { Context, LibrarySource, NativeStatistics, OperationId, Settle } from "../binding.js";
import { ScardError } from "./errors/scard-error.js";

/** What one JavaScript environment owns natively: `Environment` of binding.d.ts. */
export interface NativeEnvironment {
  establishContext(scope: number, library: LibrarySource): OperationId;
  serviceStarted(library: LibrarySource): OperationId;
  lockFile(path: string): OperationId;
  cancel(operation: OperationId): boolean;
  ref(operation: OperationId): void;
  unref(operation: OperationId): void;
  statistics(): NativeStatistics;
}

/** The part of the addon that the facade uses. Tests give a hand-written one. */
export interface Binding {
  readonly Environment: new (settle: Settle) => NativeEnvironment;
  controlCode(code: number): number;
}

export type NativeContext = Pick<Context, keyof Context>;

// Seen from lib/ and from dist/ alike.
const packageRoot = join(__dirname, "..");

let loaded: Binding | undefined;

/**
 * The addon, loaded once per JavaScript environment, at the first call that needs it: importing
 * the package works without it.
 *
 * @throws {ScardError} `ERR_SCARD_ADDON_NOT_FOUND` when there is none for this platform.
 */
export function loadBinding(): Binding {
  loaded ??= load(packageRoot);
  return loaded;
}

/** As {@link loadBinding}, uncached and from any package directory. */
export function load(directory: string): Binding {
  try {
    return nodeGypBuild(directory) as Binding;
  } catch (cause) {
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new ScardError(
      "ERR_SCARD_ADDON_NOT_FOUND",
      `The native part of scard cannot be loaded on ${process.platform}-${process.arch}. ` +
        `Tried: build/Release and prebuilds/ in ${directory}. ${why ?? ""}. ` +
        "Reinstall the package on this machine, or build it with CMake and a C++20 compiler " +
        "(npm run compile in a clone).",
      { cause },
    );
  }
}
