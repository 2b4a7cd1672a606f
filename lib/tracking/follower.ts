// Keeps the picture of the readers up to date while the service lives: one wait after another, and
// a second look where a wait alone could miss something.
import { PcscError } from "../errors/pcsc-error.js";
import type { KeepAlive } from "../keep-alive.js";
import {
  type ReaderState,
  type ReaderStateQuery,
  nextBelief,
  pnpNotification,
} from "../reader-state.js";
import { BackOff } from "./back-off.js";
import { type DiffOptions, changesOf, sameState } from "./diff.js";
import type { ReaderEventDraft } from "./events.js";
import { linkedController, pause } from "./pause.js";
import type { ReaderSource } from "./source.js";
import { StatusParts } from "./status-parts.js";

export interface FollowerOptions {
  readonly source: ReaderSource;
  readonly keepAlive: KeepAlive;
  /** Which readers to follow. */
  readonly wanted: (reader: string) => boolean;
  /** Time between two looks at the list where nothing announces a reader, ms. */
  readonly pollInterval: number;
  readonly emit: (event: ReaderEventDraft) => void;
}

/** What one wait brought. */
interface News {
  readonly states: readonly ReaderState[];
  /** `all`: the states are the whole picture. `list`: the list of readers may have changed. */
  readonly scope: "all" | "some" | "list";
  /** What the wait said of the list; undefined when it said nothing. */
  readonly list?: number | undefined;
}

/**
 * When to look again after a wait has begun, ms, each counted from the one before: pcsclite before
 * 2.3 does not notice what changed between the last look and the beginning of the wait.
 */
const secondLooks = [30, 470] as const;

/** Waits that may end at once without any news before there is a pause. */
const mostFruitless = 3;

export class Follower {
  readonly #options: FollowerOptions;
  readonly #status: StatusParts;
  readonly #states = new Map<string, ReaderState>();
  readonly #fruitless = new BackOff(10, 1000);
  #fruitlessWaits = 0;
  /** What the resource manager last said of its list. */
  #list = 0;
  /** False where nothing announces a reader: then the list is polled. */
  #announces = true;
  #unknownReaders = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#status = new StatusParts(options.source);
  }

  get states(): readonly ReaderState[] {
    return [...this.#states.values()];
  }

  /** Whether new readers are noticed by polling alone. */
  get polls(): boolean {
    return !this.#announces;
  }

  /** All wanted readers as they are now. */
  async look(signal: AbortSignal): Promise<readonly ReaderState[]> {
    const again = new BackOff(1, 250);
    for (;;) {
      const listed = await this.#options.source.listReaders(signal);
      const names = listed.filter(this.#options.wanted);
      if (names.length === 0) {
        return [];
      }
      try {
        const queries = names.map((reader) => ({ reader, current: 0 }));
        const states = await this.#status.look(queries, signal);
        return states.filter(({ unknown }) => !unknown);
      } catch (error) {
        // A reader went between the two calls, or context.cancel() hit the second.
        if (!isPcsc(error, "SCARD_E_UNKNOWN_READER") && !isPcsc(error, "SCARD_E_CANCELLED")) {
          throw error;
        }
      }
      await this.#pause(again.take(), signal);
    }
  }

  /** Takes a picture as known, without events. */
  adopt(states: readonly ReaderState[]): void {
    this.#states.clear();
    for (const state of states) {
      this.#states.set(state.reader, state);
    }
  }

  /** Takes over a whole picture and reports what it changes. */
  update(states: readonly ReaderState[], options?: DiffOptions): void {
    const present = new Set(states.map(({ reader }) => reader));
    for (const reader of [...this.#states.keys()]) {
      if (!present.has(reader)) {
        this.#change(reader, undefined);
      }
    }
    for (const state of states) {
      this.#change(state.reader, state, options);
    }
  }

  /** Forgets what the resource manager of before said of its list. */
  restart(): void {
    this.#list = 0;
  }

  /** Follows the readers from the picture that is known, until something fails. */
  async follow(signal: AbortSignal, onNews: () => void): Promise<never> {
    for (;;) {
      const before = performance.now();
      const news = await this.#next(signal);
      onNews();
      // Only with the news: a belief about a list that nobody has read would hide its readers.
      this.#list = news.list ?? this.#list;
      const changes = this.#take(news);
      const listed = news.scope === "list" && this.#updateFrom(await this.look(signal));
      await this.#rest(changes || listed || performance.now() - before > 5, signal);
    }
  }

  #take({ states, scope }: News): boolean {
    if (scope === "all") {
      return this.#updateFrom(states);
    }
    let changed = false;
    for (const state of states) {
      if (state.reader === pnpNotification) {
        continue;
      }
      const known = this.#states.get(state.reader);
      if (known === undefined) {
        continue;
      }
      changed ||= state.unknown || !sameState(known, state);
      this.#change(state.reader, state.unknown ? undefined : state);
    }
    return changed;
  }

  #updateFrom(states: readonly ReaderState[]): boolean {
    const changed = this.#differs(states);
    this.update(states);
    return changed;
  }

  #change(reader: string, after: ReaderState | undefined, options?: DiffOptions): void {
    const before = this.#states.get(reader);
    if (after === undefined) {
      this.#states.delete(reader);
    } else {
      this.#states.set(reader, after);
    }
    for (const event of changesOf(before, after, options)) {
      this.#options.emit(event);
    }
  }

  #differs(states: readonly ReaderState[]): boolean {
    return (
      states.length !== this.#states.size ||
      states.some((state) => {
        const known = this.#states.get(state.reader);
        return known === undefined || !sameState(known, state);
      })
    );
  }

  /** Waits for the next change, of a reader or of the list. */
  async #next(outer: AbortSignal): Promise<News> {
    const queries: ReaderStateQuery[] = this.states.map(({ reader, raw }) => ({
      reader,
      current: nextBelief(raw),
    }));
    if (this.#announces) {
      queries.push({ reader: pnpNotification, current: this.#list });
    }
    if (queries.length === 0) {
      await this.#pause(this.#options.pollInterval, outer);
      return { states: [], scope: "list" };
    }
    const { controller, release } = linkedController(outer);
    const { signal } = controller;
    const timeoutMs = this.#announces ? undefined : this.#options.pollInterval;
    const wait = this.#status.wait(queries, signal, timeoutMs).then((states) => this.#read(states));
    const again = this.#lookAgain(signal);
    try {
      return await Promise.race([wait, again.then(async (news) => news ?? wait)]);
    } catch (error) {
      outer.throwIfAborted();
      return this.#explain(error);
    } finally {
      release();
      controller.abort();
      void Promise.allSettled([wait, again]);
    }
  }

  /** Reads what is said of the list from a wait's result. */
  #read(states: readonly ReaderState[]): News {
    this.#unknownReaders = 0;
    const list = states.find(({ reader }) => reader === pnpNotification);
    if (list?.unknown === true) {
      this.#announces = false;
      return { states, scope: "list" };
    }
    const listChanged = list?.changed === true || states.some(({ unknown }) => unknown);
    return {
      states,
      scope: listChanged ? "list" : "some",
      list: list === undefined ? undefined : nextBelief(list.raw),
    };
  }

  /** What a failed wait means, where that is not the end. */
  #explain(error: unknown): News {
    if (isPcsc(error, "SCARD_E_TIMEOUT")) {
      return { states: [], scope: "list" };
    }
    if (isPcsc(error, "SCARD_E_CANCELLED")) {
      // context.cancel() ends waits, not the tracking.
      return { states: [], scope: "some" };
    }
    if (isPcsc(error, "SCARD_E_UNKNOWN_READER")) {
      this.#unknownReaders += 1;
      // Not a reader that went, or the list would have lost it by now: it is the pseudo reader.
      this.#announces &&= this.#unknownReaders < mostFruitless;
      return { states: [], scope: "list" };
    }
    throw error;
  }

  /**
   * Looks again once the wait must have begun. Gives what is new; undefined when nothing is or the
   * wait alone cannot miss anything.
   */
  async #lookAgain(signal: AbortSignal): Promise<News | undefined> {
    try {
      for (const delay of secondLooks) {
        if (this.#waitIsEnough()) {
          return undefined;
        }
        await this.#pause(delay, signal);
        const states = await this.look(signal);
        if (this.#differs(states)) {
          return { states, scope: "all" };
        }
      }
    } catch (error) {
      // A service that restarted in between is for this look alone to notice: a wait that began
      // afterwards, on a line of its own, goes on with the new one.
      if (!signal.aborted) {
        throw error;
      }
    }
    return undefined;
  }

  /** A counter that is not 0 is compared by the wait itself, so that nothing falls in between. */
  #waitIsEnough(): boolean {
    return this.#listIsCompared() && this.states.every(({ eventCount }) => eventCount !== 0);
  }

  /**
   * Whether the wait notices every reader that came since the list was read. Windows compares the
   * number of readers: the same number of others would pass unnoticed, unless all are in the wait.
   */
  #listIsCompared(): boolean {
    const count = this.#list >>> 16;
    return count !== 0 && (!this.#options.source.countsReaders || count === this.#states.size);
  }

  /** Keeps a resource manager that reports nothing in no time from using up the processor. */
  async #rest(fruitful: boolean, signal: AbortSignal): Promise<void> {
    if (fruitful) {
      this.#fruitlessWaits = 0;
      this.#fruitless.reset();
      return;
    }
    this.#fruitlessWaits += 1;
    if (this.#fruitlessWaits >= mostFruitless) {
      await this.#pause(this.#fruitless.take(), signal);
    }
  }

  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    await pause(milliseconds, { signal, keepAlive: this.#options.keepAlive });
  }

  /** Reports every reader as gone. */
  forgetAll(): void {
    for (const reader of [...this.#states.keys()]) {
      this.#change(reader, undefined);
    }
  }
}

function isPcsc(error: unknown, code: PcscError["code"]): boolean {
  return error instanceof PcscError && error.code === code;
}
