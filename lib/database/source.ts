// Which database a context has.
import type { ContextCalls } from "../context-calls.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { MemoryRepository, type Repository } from "./repository.js";
import { RecordedStore } from "./recorded-store.js";
import { resolveSelectors } from "./selectors.js";
import type { DatabaseStore } from "./store.js";
import { WinscardStore } from "./winscard-store.js";

/** Where a context's database is kept. */
export type DatabaseOption = "memory";

/** What a context's calls go to. */
export interface ContextTarget {
  readonly library: unknown;
  readonly subsystem: { readonly profile: "pcsclite" | "windows" } | undefined;
}

/** The database of a virtual subsystem, which all of its contexts share. */
const ofSubsystems = new WeakMap<object, Repository>();

/** What is known before the context is there. */
export type DatabaseSource = Repository | "winscard";

export function checkDatabaseSource(value: unknown, target: ContextTarget): DatabaseSource {
  if (value === "memory") {
    return new MemoryRepository();
  }
  if (value !== undefined) {
    throw new ScardArgumentError("database", value, '"memory"');
  }
  const { subsystem } = target;
  if (
    subsystem?.profile === "windows" ||
    (subsystem === undefined && process.platform === "win32")
  ) {
    return "winscard";
  }
  return subsystem === undefined ? new MemoryRepository() : repositoryOf(subsystem);
}

function repositoryOf(subsystem: object): Repository {
  const known = ofSubsystems.get(subsystem);
  const repository = known ?? new MemoryRepository();
  if (known === undefined) {
    ofSubsystems.set(subsystem, repository);
  }
  return repository;
}

/**
 * Opens a context's database. `scope` is SCARD_SCOPE_*: only SYSTEM writes the system's database;
 * `virtual` says that the readers are a virtual subsystem's.
 */
export function openStore(
  source: DatabaseSource,
  calls: ContextCalls,
  { scope, virtual }: { readonly scope: number; readonly virtual: boolean },
): DatabaseStore {
  if (source === "winscard") {
    return new WinscardStore(calls);
  }
  return new RecordedStore({
    repository: source,
    scope: scope === 2 ? "system" : "user",
    attached: async (traits) => calls.listDevices(traits),
    resolve: async (selectors) => resolveSelectors(calls, selectors, virtual),
  });
}
