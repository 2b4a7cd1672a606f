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
import { Announcements } from "./announcements.js";
import { BackOff } from "./back-off.js";
import { type DiffOptions, changesOf, sameState } from "./diff.js";
import type { ReaderEventDraft } from "./events.js";
import { NamesNews } from "./names-news.js";
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
  /** Takes what happened to one reader, in order: the picture holds all of it already. */
  readonly emit: (events: readonly ReaderEventDraft[]) => void;
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

/** Looks at all readers at once that may be refused before each is looked at alone. */
const mostRefusedLooks = 3;

/** Waits that may end at once without any news before there is a pause. */
const mostFruitless = 3;

/** A wait that ends within this time, ms, has ended at once. */
const atOnce = 5;

export class Follower {
  /** News of names of readers, told from outside. */
  readonly names = new NamesNews();
  readonly #options: FollowerOptions;
  readonly #status: StatusParts;
  readonly #announcements = new Announcements();
  readonly #states = new Map<string, ReaderState>();
  /** Names that are listed and yet refused, until there is news of the list. */
  readonly #unknown = new Set<string>();
  readonly #fruitless = new BackOff(10, 1000);
  #fruitlessWaits = 0;
  /** What the resource manager last said of its list. */
  #list = 0;
  /** When the list was last read: changes of readers put no look at it off. */
  #listedAt = 0;
  /** The picture is another than the one that the last wait began with. */
  #pictureIsNew = true;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#status = new StatusParts(options.source);
  }

  get states(): readonly ReaderState[] {
    return [...this.#states.values()];
  }

  /** Whether new readers are noticed by polling alone. */
  get polls(): boolean {
    return !this.#announcements.given;
  }

  /** All wanted readers as they are now. */
  async look(signal: AbortSignal): Promise<readonly ReaderState[]> {
    const again = new BackOff(1, 250);
    for (let refusals = 0; ;) {
      const listed = await this.#options.source.listReaders(signal);
      this.#listedAt = performance.now();
      const names = listed.filter((name) => this.#options.wanted(name) && !this.#unknown.has(name));
      if (names.length === 0) {
        return [];
      }
      try {
        return await (refusals < mostRefusedLooks
          ? this.#lookAtAll(names, signal)
          : this.#lookAtEach(names, signal));
      } catch (error) {
        if (!looksAgainAfter(error)) {
          throw error;
        }
        refusals += isPcsc(error, "SCARD_E_UNKNOWN_READER") ? 1 : 0;
      }
      await this.#pause(again.take(), signal);
    }
  }

  async #lookAtAll(names: readonly string[], signal: AbortSignal): Promise<ReaderState[]> {
    const queries = names.map((reader) => ({ reader, current: 0 }));
    const states = await this.#status.look(queries, signal);
    return states.filter(({ unknown }) => !unknown);
  }

  /** One that is listed and yet unknown, as with a name that is no text, must not hide the others. */
  async #lookAtEach(names: readonly string[], signal: AbortSignal): Promise<ReaderState[]> {
    const states: ReaderState[] = [];
    for (const name of names) {
      try {
        states.push(...(await this.#lookAtAll([name], signal)));
      } catch (error) {
        if (!isPcsc(error, "SCARD_E_UNKNOWN_READER")) {
          throw error;
        }
        this.#unknown.add(name);
      }
    }
    return states;
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

  /** Forgets what the resource manager of before said of its list, and whether it does. */
  restart(): void {
    this.#list = 0;
    this.#pictureIsNew = true;
    this.#unknown.clear();
    this.#announcements.restart();
  }

  /** Follows the readers from the picture that is known, until something fails. */
  async follow(signal: AbortSignal): Promise<never> {
    for (;;) {
      const before = performance.now();
      const news = await this.#next(signal);
      const endedAtOnce = performance.now() - before <= atOnce;
      // Only with the news: a belief about a list that nobody has read would hide its readers.
      this.#list = news.list ?? this.#list;
      const changes = this.#take(news);
      const listed = news.scope === "list" && (await this.#readList(signal));
      this.#pictureIsNew = changes || listed;
      await this.#rest(changes || listed || !endedAtOnce, signal);
    }
  }

  async #readList(signal: AbortSignal): Promise<boolean> {
    this.names.beginReading();
    this.#unknown.clear();
    return this.#updateFrom(await this.look(signal));
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
    const events = changesOf(before, after, options);
    if (events.some(({ type, state }) => type === "card-inserted" && state.present)) {
      this.#options.source.cardCame(reader);
    }
    if (events.length > 0) {
      this.#options.emit(events);
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
    if (this.names.told) {
      return { states: [], scope: "list" };
    }
    const queries: ReaderStateQuery[] = this.states.map(({ reader, raw }) => ({
      reader,
      current: nextBelief(raw),
    }));
    if (this.#announcements.given) {
      queries.push({ reader: pnpNotification, current: this.#list });
    }
    const { controller, release } = linkedController(outer);
    const { signal } = controller;
    const wait = this.#wait(queries, signal);
    const again = this.#lookAgain(signal);
    const renamed = this.names.next(signal).then((): News => ({ states: [], scope: "list" }));
    try {
      return await Promise.race([wait, again.then(async (news) => news ?? wait), renamed]);
    } catch (error) {
      outer.throwIfAborted();
      return await this.#explain(error, outer);
    } finally {
      release();
      controller.abort();
      void Promise.allSettled([wait, again]);
    }
  }

  async #wait(queries: readonly ReaderStateQuery[], signal: AbortSignal): Promise<News> {
    const due = this.#listedAt + this.#options.pollInterval - performance.now();
    if (queries.length === 0 || (due <= 0 && this.polls)) {
      await this.#pause(Math.max(0, due), signal);
      return { states: [], scope: "list" };
    }
    const timeoutMs = this.polls ? Math.ceil(due) : undefined;
    return this.#read(await this.#status.wait(queries, signal, timeoutMs));
  }

  /** Reads what is said of the list from a wait's result. */
  #read(states: readonly ReaderState[]): News {
    this.#announcements.answered(states);
    const list = states.find(({ reader }) => reader === pnpNotification);
    if (list?.unknown === true) {
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
  async #explain(error: unknown, signal: AbortSignal): Promise<News> {
    if (isPcsc(error, "SCARD_E_TIMEOUT")) {
      return { states: [], scope: "list" };
    }
    if (isPcsc(error, "SCARD_E_CANCELLED")) {
      // context.cancel() ends waits, not the tracking.
      return { states: [], scope: "some" };
    }
    if (isPcsc(error, "SCARD_E_UNKNOWN_READER")) {
      await this.#announcements.refused(async (query) =>
        this.#options.source.getStatusChange([query], signal, 0),
      );
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
    if (!this.#announcements.given && !this.#pictureIsNew) {
      // The list and every state are looked at in each interval as it is.
      return true;
    }
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

/** A reader went between the list and its state, context.cancel() hit the look, or it took too long. */
function looksAgainAfter(error: unknown): boolean {
  return (
    isPcsc(error, "SCARD_E_UNKNOWN_READER") ||
    isPcsc(error, "SCARD_E_CANCELLED") ||
    isPcsc(error, "SCARD_E_TIMEOUT")
  );
}

function isPcsc(error: unknown, code: PcscError["code"]): boolean {
  return error instanceof PcscError && error.code === code;
}
