import { compact, withSkipped } from "./compaction.js";
import type { TrackerEvent } from "./events.js";

/** Who waits for the next event. */
interface Taker {
  readonly resolve: (result: IteratorResult<TrackerEvent, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Events between a tracker and one `for await` loop. It holds no more than `limit` events, or what
 * {@link compact} makes of them.
 */
export class EventQueue implements AsyncIterableIterator<TrackerEvent, undefined> {
  readonly #limit: number;
  readonly #onReturn: () => void;
  #events: TrackerEvent[] = [];
  /** Length at which it is worth to compact again. */
  #compactAt: number;
  /** Left out since the last event that is kept. */
  #skipped = 0;
  readonly #takers: Taker[] = [];
  #end: { readonly error?: unknown } | undefined;

  /** @param onReturn Called when the loop was left. */
  constructor(limit: number, onReturn: () => void) {
    this.#limit = limit;
    this.#compactAt = limit;
    this.#onReturn = onReturn;
  }

  /** Events that wait for the loop. */
  get length(): number {
    return this.#events.length;
  }

  push(event: TrackerEvent): void {
    if (this.#end !== undefined) {
      return;
    }
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker.resolve({ done: false, value: withSkipped(event, this.#skipped) });
      this.#skipped = 0;
      return;
    }
    this.#events.push(withSkipped(event, this.#skipped));
    this.#skipped = 0;
    if (this.#events.length > this.#compactAt) {
      ({ events: this.#events, skipped: this.#skipped } = compact(this.#events));
      // Should the readers alone fill it: not again at every single event.
      this.#compactAt = Math.max(this.#limit, 2 * this.#events.length);
    }
  }

  /** No more events come; what waits can still be taken. */
  end(error?: unknown): void {
    this.#end ??= error === undefined ? {} : { error };
    for (const taker of this.#takers.splice(0)) {
      this.#settle(taker);
    }
  }

  async next(): Promise<IteratorResult<TrackerEvent, undefined>> {
    const value = this.#events.shift();
    if (value !== undefined) {
      if (this.#events.length === 0) {
        this.#compactAt = this.#limit;
      }
      return { done: false, value };
    }
    return new Promise((resolve, reject) => {
      const taker = { resolve, reject };
      if (this.#end === undefined) {
        this.#takers.push(taker);
      } else {
        this.#settle(taker);
      }
    });
  }

  async return(): Promise<IteratorResult<TrackerEvent, undefined>> {
    this.#events = [];
    this.end();
    // Whoever has left does not hear of a failure any more.
    this.#end = {};
    this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #settle({ resolve, reject }: Taker): void {
    if (this.#end !== undefined && "error" in this.#end) {
      const { error } = this.#end;
      // Told once; after that the loop is over.
      this.#end = {};
      reject(error);
    } else {
      resolve({ done: true, value: undefined });
    }
  }
}
