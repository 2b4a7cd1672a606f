// A source that says exactly what it is told, and a follower over it.
import { afterEach } from "vitest";

import { KeepAlive } from "../../../lib/keep-alive.js";
import {
  type ReaderState,
  type ReaderStateQuery,
  pnpNotification,
  readerState,
} from "../../../lib/reader-state.js";
import { Follower } from "../../../lib/tracking/follower.js";
import type { ReaderSource } from "../../../lib/tracking/source.js";

export const empty = 0x10;
export const present = 0x20;
export const changed = 0x2;

export function state(reader: string, bits: number, count: number): ReaderState {
  const atr = (bits & present) === 0 ? new Uint8Array(0) : Uint8Array.of(0x3b, 0x00);
  return readerState({ reader, eventState: bits | (count << 16), atr });
}

/** One wait: what it was asked, and its end in the hands of the test. */
export interface Wait {
  readonly queries: readonly ReaderStateQuery[];
  readonly timeoutMs: number | undefined;
  readonly end: (states: readonly ReaderState[]) => void;
  readonly fail: (error: unknown) => void;
  readonly aborted: boolean;
}

/** A source whose waits end when the test says so, also after they were given up. */
export class ToldSource implements ReaderSource {
  readonly waits: Wait[] = [];
  readers: readonly ReaderState[] = [];
  looks = 0;
  /** What each wait does first; one that throws or gives states has ended by that. */
  onWait: ((wait: number) => readonly ReaderState[] | undefined) | undefined;
  /** What every look takes. */
  everyLook: (() => Promise<void>) | undefined;
  /** What the next look at the states does first. */
  readonly beforeLook: (() => void | Promise<void>)[] = [];
  /** What happens after the next look at the states and before its result arrives. */
  readonly afterLook: (() => void)[] = [];
  /** Readers that a card was seen to come into. */
  readonly cameInto: string[] = [];
  readonly countsReaders: boolean;
  #waiting: (() => void) | undefined;

  constructor(countsReaders: boolean) {
    this.countsReaders = countsReaders;
  }

  async listReaders(): Promise<readonly string[]> {
    return Promise.resolve(this.readers.map(({ reader }) => reader));
  }

  async getStatusChange(
    queries: readonly ReaderStateQuery[],
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<readonly ReaderState[]> {
    if (queries.every(({ current }) => current === 0) && queries[0]?.reader !== pnpNotification) {
      this.looks += 1;
      await this.beforeLook.shift()?.();
      await this.everyLook?.();
      const { readers } = this;
      this.afterLook.shift()?.();
      return readers;
    }
    return new Promise((resolve, reject) => {
      this.waits.push({
        queries,
        timeoutMs,
        end: resolve,
        fail: reject,
        get aborted() {
          return signal.aborted;
        },
      });
      this.#waiting?.();
      const answer = this.onWait?.(this.waits.length);
      if (answer !== undefined) resolve(answer);
    });
  }

  async renew(): Promise<void> {
    return Promise.resolve();
  }

  onNames(listener: () => void): () => void {
    this.tellNames = listener;
    return () => undefined;
  }

  cardCame(reader: string): void {
    this.cameInto.push(reader);
  }

  /** Lets names have changed. */
  tellNames = (): void => undefined;

  get lastWait(): Wait {
    return this.waits.at(-1) as Wait;
  }

  /** Settles when what the test wants has come true, in a later turn. */
  async until(wanted: () => boolean): Promise<void> {
    while (!wanted()) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  watchService(): undefined {
    return undefined;
  }

  /** The wait of this number, from 1 on. */
  async wait(number: number): Promise<Wait> {
    while (this.waits.length < number) {
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
    return this.waits[number - 1] as Wait;
  }
}

const controllers: AbortController[] = [];

afterEach(() => {
  for (const controller of controllers.splice(0)) controller.abort();
});

export interface Followed {
  readonly follower: Follower;
  readonly events: string[];
  /** Rejects with what ended the following. */
  readonly end: Promise<unknown>;
}

export async function follow(
  source: ToldSource,
  options: { readonly pollInterval?: number; readonly keepAlive?: KeepAlive } = {},
): Promise<Followed> {
  const events: string[] = [];
  const follower = new Follower({
    source,
    keepAlive: new KeepAlive(),
    wanted: () => true,
    pollInterval: 1000,
    ...options,
    emit: (all) => {
      for (const { type, reader } of all) events.push(`${type} ${reader}`);
    },
  });
  const controller = new AbortController();
  controllers.push(controller);
  source.onNames(() => {
    follower.names.tell();
  });
  follower.adopt(await follower.look(controller.signal));
  const end = follower
    .follow(controller.signal)
    .then(() => undefined)
    .catch((error: unknown) => error);
  return { follower, events, end };
}
