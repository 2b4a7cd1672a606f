// Finds and loads the addon: built by this clone, or the prebuilt one of this platform.
import { join, resolve } from "node:path";

import nodeGypBuild from "node-gyp-build";

import type {
  Context,
  LibrarySource,
  NativeHandOff,
  NativeStatistics,
  OperationId,
  Wake,
} from "../binding.js";
import { addonError, isNoneFits, thisSystem } from "./errors/addon-error.js";
import { platformPackages } from "./platform-packages.js";

/** What one JavaScript environment owns natively: `Environment` of binding.d.ts. */
export interface NativeEnvironment {
  handOff(): NativeHandOff;
  establishContext(
    scope: number,
    library: LibrarySource,
    waitsAwake: boolean | undefined,
  ): OperationId;
  serviceStarted(library: LibrarySource): OperationId;
  lockFile(path: string): OperationId;
  cancel(operation: OperationId): boolean;
  ref(operation: OperationId): void;
  unref(operation: OperationId): void;
  statistics(): NativeStatistics;
}

/** The part of the addon that the facade uses. Tests give a hand-written one. */
export interface Binding {
  readonly Environment: new (wake: Wake) => NativeEnvironment;
  controlCode(code: number): number;
}

export type NativeContext = Pick<Context, keyof Context>;

// Seen from lib/ and from dist/ alike.
const packageRoot = join(__dirname, "..");

let loaded: Binding | undefined;

/**
 * The addon, loaded once per JavaScript environment, at the first call that needs it: importing
 * the package works without it. The environment variable `SCARD_ADDON` names the file, where a
 * program is bundled or packed into one; else `build/` and `prebuilds/` of the package are looked at,
 * and the package of this platform's own where there is one.
 *
 * @throws {ScardError} `ERR_SCARD_ADDON_NOT_FOUND` when there is none for this platform, or it does
 *   not load.
 */
export function loadBinding(): Binding {
  loaded ??= load(packageRoot);
  return loaded;
}

/** As {@link loadBinding}, uncached and from any package directory. */
export function load(directory: string): Binding {
  const given = process.env["SCARD_ADDON"];
  try {
    if (given !== undefined && given !== "") return loadFile(given);
    return loadFitting(directory);
  } catch (cause) {
    throw addonError({ directory, given, cause, ...thisSystem() });
  }
}

/** Of the package itself or, where it has none for this system, of a package for the platform. */
function loadFitting(directory: string): Binding {
  try {
    return nodeGypBuild(directory) as Binding;
  } catch (cause) {
    if (!isNoneFits(cause)) throw cause;
    for (const other of platformPackages(directory, `${process.platform}-${process.arch}`)) {
      try {
        if (other.directory !== undefined) return nodeGypBuild(other.directory) as Binding;
      } catch (another) {
        if (!isNoneFits(another)) throw another;
      }
    }
    throw cause;
  }
}

/** Not by `require`, which bundlers replace. */
function loadFile(path: string): Binding {
  const loadedModule = { exports: {} };
  process.dlopen(loadedModule, resolve(path));
  return loadedModule.exports as Binding;
}
