// Which database a context has.
import { resolve } from "node:path";

import type { FileLock } from "../../binding.js";
import { checkOptions, checkString } from "../arguments.js";
import type { ContextCalls } from "../context-calls.js";
import type { Dispatcher } from "../dispatcher.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { FileRepository } from "./file-repository.js";
import { type DatabasePaths, defaultPaths } from "./paths.js";
import { MemoryRepository, type Repository, type StoreScope } from "./repository.js";
import { RecordedStore } from "./recorded-store.js";
import { resolveSelectors } from "./selectors.js";
import type { DatabaseStore } from "./store.js";
import { WinscardStore } from "./winscard-store.js";

/** Files of a database; what is left out is the usual one. See docs/database.md. */
export interface DatabaseFiles {
  /** The user's own. */
  readonly user?: string | undefined;
  /** The machine's. */
  readonly system?: string | undefined;
}

/** Where a context's database is kept: in these files, or in memory for as long as the context. */
export type DatabaseOption = "memory" | DatabaseFiles;

/** What is known before the context is there. */
export type DatabaseSource = "winscard" | "memory" | DatabasePaths | { readonly of: object };

/** The database of a virtual subsystem, which all of its contexts share. */
const ofSubsystems = new WeakMap<object, Repository>();
/** The databases in files, one object for each pair of them and JavaScript environment. */
const ofFiles = new WeakMap<Dispatcher, Map<string, FileRepository>>();

/** @param subsystem The virtual subsystem, where there is one. */
export function checkDatabaseSource(
  value: unknown,
  subsystem: { readonly profile: "pcsclite" | "windows" } | undefined,
): DatabaseSource {
  if (value === "memory") {
    return value;
  }
  if (value !== undefined) {
    return checkFiles(value);
  }
  if (subsystem === undefined) {
    return process.platform === "win32" ? "winscard" : defaultPaths();
  }
  return subsystem.profile === "windows" ? "winscard" : { of: subsystem };
}

function checkFiles(value: unknown): DatabasePaths {
  if (typeof value === "string") {
    throw new ScardArgumentError("database", value, '"memory" or { user, system }');
  }
  const given = checkOptions("database", value, ["user", "system"]);
  const usual = defaultPaths();
  return {
    user: checkPath("database.user", given.user) ?? usual.user,
    system: checkPath("database.system", given.system) ?? usual.system,
  };
}

function checkPath(name: string, value: unknown): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  const path = checkString(name, value);
  if (path === "" || path.includes("\0")) {
    throw new ScardArgumentError(name, value, "a path: not empty and without NUL");
  }
  return resolve(path);
}

/** @returns undefined where the resource manager keeps the database. */
export function openRepository(
  source: DatabaseSource,
  dispatcher: Dispatcher,
): Repository | undefined {
  if (source === "winscard") {
    return undefined;
  }
  if (source === "memory") {
    return new MemoryRepository();
  }
  return "of" in source
    ? remembered(ofSubsystems, source.of, () => new MemoryRepository())
    : openFiles(source, dispatcher);
}

function openFiles(paths: DatabasePaths, dispatcher: Dispatcher): Repository {
  const all = remembered(ofFiles, dispatcher, () => new Map<string, FileRepository>());
  const key = JSON.stringify(paths);
  const known = all.get(key);
  const repository =
    known ?? new FileRepository(paths, async (path, call) => lockFile(dispatcher, path, call));
  if (known === undefined) {
    all.set(key, repository);
  }
  return repository;
}

function remembered<Value extends object>(
  all: WeakMap<object, Value>,
  key: object,
  make: () => Value,
): Value {
  const known = all.get(key);
  const value = known ?? make();
  if (known === undefined) {
    all.set(key, value);
  }
  return value;
}

async function lockFile(dispatcher: Dispatcher, path: string, call: string): Promise<FileLock> {
  return dispatcher.run({
    call,
    target: {},
    begin: () => dispatcher.environment.lockFile(path),
    finish: (lock: FileLock) => lock,
    discard: (lock: FileLock) => {
      lock.release();
    },
  });
}

/** The scope of a database for SCARD_SCOPE_*: only SYSTEM is the machine's. */
export function storeScope(scope: number): StoreScope {
  return scope === 2 ? "system" : "user";
}

/**
 * Opens a context's database. `scope` is SCARD_SCOPE_*: only SYSTEM writes the system's database;
 * `virtual` says that the readers are a virtual subsystem's.
 */
export function openStore(
  repository: Repository | undefined,
  calls: ContextCalls,
  { scope, virtual }: { readonly scope: number; readonly virtual: boolean },
): DatabaseStore {
  if (repository === undefined) {
    return new WinscardStore(calls);
  }
  return new RecordedStore({
    repository,
    scope: storeScope(scope),
    attached: async (traits) => calls.listDevices(traits),
    resolve: async (selectors) => resolveSelectors(calls, selectors, virtual),
  });
}
