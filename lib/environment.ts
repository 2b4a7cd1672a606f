import type { NativeStatistics } from "../binding.js";
import { loadBinding } from "./binding.js";
import { Dispatcher } from "./dispatcher.js";

// Module state is per JavaScript environment: a worker has its own.
let shared: Dispatcher | undefined;

/** The dispatcher of this JavaScript environment, made at the first call that needs it. */
export function environment(): Dispatcher {
  shared ??= new Dispatcher(loadBinding());
  return shared;
}

/** Live objects of this JavaScript environment; see {@link statistics}. */
export type Statistics = NativeStatistics;

/**
 * Counts what this JavaScript environment holds natively: open contexts and cards, waits, threads,
 * and operations that have not settled. For tests and for finding leaks; the counts may change in
 * any version.
 *
 * @internal
 */
export function statistics(): Statistics {
  return (
    shared?.environment.statistics() ?? {
      contexts: 0,
      cards: 0,
      waits: 0,
      threads: 0,
      pendingOperations: 0,
    }
  );
}
