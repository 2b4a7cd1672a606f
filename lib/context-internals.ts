// What the families of a Context's calls share: not fields, so that no program can come to depend on
// them.
import type { CardCache } from "./cache/card-cache.js";
import type { Context } from "./context.js";
import type { ContextCalls } from "./context-calls.js";
import type { DatabaseStore } from "./database/store.js";
import { ClosedError } from "./errors/closed-error.js";
import type { ServiceWatch } from "./tracking/source.js";

export interface ContextInternals {
  /** The context itself. */
  readonly context: Context;
  readonly calls: ContextCalls;
  /** Calls back when the service may have come; undefined where nothing tells. */
  readonly watchService: (onNews: () => void) => ServiceWatch | undefined;
  /** The card cache; undefined is the resource manager's. */
  readonly cache: CardCache | undefined;
  /** As `ReaderSource.countsReaders` in lib/tracking/source.ts. */
  readonly countsReaders: boolean;
  /** Whether the readers are those of a virtual subsystem. */
  readonly virtual: boolean;
  /** Where card types, introduced readers and groups are kept. */
  readonly store: DatabaseStore;
  /** Aborts, with a {@link ClosedError}, when the context is closed. */
  readonly closing: AbortSignal;
  /** Throws {@link ClosedError} once the context is closed. */
  readonly checkOpen: () => void;
}

const all = new WeakMap<object, ContextInternals>();

/** Remembers what is inside `context`. */
export function setInternals(context: object, internals: ContextInternals): void {
  all.set(context, internals);
}

/** What is inside a context; a method lent to another object gets a TypeError. */
export function internalsOf(context: { readonly closed: boolean }): ContextInternals {
  const internals = all.get(context);
  if (internals === undefined) {
    throw new TypeError("This is no Context: call the method on what establishContext() gave");
  }
  return internals;
}

/** As {@link internalsOf}, for a context that must be open. */
export function openInternals(context: { readonly closed: boolean }): ContextInternals {
  const internals = internalsOf(context);
  if (context.closed) {
    throw new ClosedError("context");
  }
  return internals;
}
