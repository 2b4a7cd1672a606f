// One wait for any number of readers. Where the resource manager takes no more than so many entries
// at once, several waits that end together stand for the one.
import { PcscError } from "../errors/pcsc-error.js";
import {
  type ReaderState,
  type ReaderStateQuery,
  mostEntries,
  pnpNotification,
} from "../reader-state.js";
import { linkedController } from "./pause.js";
import type { ReaderSource } from "./source.js";

export class StatusParts {
  readonly #source: ReaderSource;
  /** Learnt from a refusal: pcsclite before 2.5 takes {@link mostEntries}, Windows takes more. */
  #limit = Infinity;

  constructor(source: ReaderSource) {
    this.#source = source;
  }

  /** States of all entries as they are now; every entry must be unaware. */
  async look(
    queries: readonly ReaderStateQuery[],
    signal: AbortSignal,
  ): Promise<readonly ReaderState[]> {
    return this.#adapting(queries, async () => {
      const parts = this.#parts(queries).map(async (part) =>
        this.#source.getStatusChange(part, signal),
      );
      return (await Promise.all(parts)).flat();
    });
  }

  /** Waits until an entry changes; gives the states of all entries, or of those near it. */
  async wait(
    queries: readonly ReaderStateQuery[],
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<readonly ReaderState[]> {
    return this.#adapting(queries, async () => {
      const parts = this.#parts(queries);
      const [only] = parts;
      if (only !== undefined && parts.length === 1) {
        return this.#source.getStatusChange(only, signal, timeoutMs);
      }
      const { controller, release } = linkedController(signal);
      const waits = parts.map(async (part) =>
        this.#source.getStatusChange(part, controller.signal, timeoutMs),
      );
      try {
        return await Promise.race(waits);
      } finally {
        release();
        controller.abort();
        void Promise.allSettled(waits);
      }
    });
  }

  #parts(queries: readonly ReaderStateQuery[]): (readonly ReaderStateQuery[])[] {
    if (queries.length <= this.#limit) {
      return [queries];
    }
    // A resource manager that is full of readers has none to announce.
    const readers = queries.filter(({ reader }) => reader !== pnpNotification);
    if (readers.length <= this.#limit) {
      return [readers];
    }
    const count = Math.ceil(queries.length / this.#limit);
    return Array.from({ length: count }, (_, index) =>
      queries.slice(index * this.#limit, (index + 1) * this.#limit),
    );
  }

  async #adapting<Value>(
    queries: readonly ReaderStateQuery[],
    call: () => Promise<Value>,
  ): Promise<Value> {
    try {
      return await call();
    } catch (error) {
      if (this.#limit !== Infinity || queries.length <= mostEntries || !refuses(error)) {
        throw error;
      }
      this.#limit = mostEntries;
      return call();
    }
  }
}

function refuses(error: unknown): boolean {
  return (
    error instanceof PcscError &&
    (error.code === "SCARD_E_INVALID_PARAMETER" || error.code === "SCARD_E_INVALID_VALUE")
  );
}
