// What a follower believes and when it looks again, over a source that says exactly what it is told:
// races that a service shows once in a thousand runs.
import { afterEach, expect, test } from "vitest";

import { PcscError } from "../../../lib/index.js";
import { KeepAlive } from "../../../lib/keep-alive.js";
import {
  type ReaderState,
  type ReaderStateQuery,
  pnpNotification,
  readerState,
} from "../../../lib/reader-state.js";
import { Follower } from "../../../lib/tracking/follower.js";
import type { ReaderSource } from "../../../lib/tracking/source.js";

const empty = 0x10;
const present = 0x20;
const changed = 0x2;

function state(reader: string, bits: number, count: number): ReaderState {
  const atr = (bits & present) === 0 ? new Uint8Array(0) : Uint8Array.of(0x3b, 0x00);
  return readerState({ reader, eventState: bits | (count << 16), atr });
}

/** One wait: what it was asked, and its end in the hands of the test. */
interface Wait {
  readonly queries: readonly ReaderStateQuery[];
  readonly end: (states: readonly ReaderState[]) => void;
  readonly aborted: boolean;
}

/** A source whose waits end when the test says so, also after they were given up. */
class ToldSource implements ReaderSource {
  readonly waits: Wait[] = [];
  readers: readonly ReaderState[] = [];
  looks = 0;
  /** What the next look at the states does first. */
  readonly beforeLook: (() => void | Promise<void>)[] = [];
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
  ): Promise<readonly ReaderState[]> {
    if (queries.every(({ current }) => current === 0) && queries[0]?.reader !== pnpNotification) {
      this.looks += 1;
      await this.beforeLook.shift()?.();
      return this.readers;
    }
    return new Promise((resolve) => {
      this.waits.push({
        queries,
        end: resolve,
        get aborted() {
          return signal.aborted;
        },
      });
      this.#waiting?.();
    });
  }

  async renew(): Promise<void> {
    return Promise.resolve();
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

interface Followed {
  readonly follower: Follower;
  readonly events: string[];
  /** Rejects with what ended the following. */
  readonly end: Promise<unknown>;
}

async function follow(source: ToldSource): Promise<Followed> {
  const events: string[] = [];
  const follower = new Follower({
    source,
    keepAlive: new KeepAlive(),
    wanted: () => true,
    pollInterval: 1000,
    emit: ({ type, reader }) => events.push(`${type} ${reader}`),
  });
  const controller = new AbortController();
  controllers.push(controller);
  follower.adopt(await follower.look(controller.signal));
  const end = follower
    .follow(controller.signal, () => undefined)
    .then(() => undefined)
    .catch((error: unknown) => error);
  return { follower, events, end };
}

function list(count: number, bits = changed): ReaderState {
  return state(pnpNotification, bits, count);
}

function belief(wait: Wait): number | undefined {
  return wait.queries.find(({ reader }) => reader === pnpNotification)?.current;
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

// A second look and the wait tell of something at the same moment: whichever is a few steps ahead.
test.each(Array.from({ length: 25 }, (_, steps) => [steps]))(
  "hears of a reader from a wait that ends %i steps after a second look",
  async (steps) => {
    const source = new ToldSource(true);
    source.readers = [state("One", empty, 0)];
    const { events } = await follow(source);
    (await source.wait(1)).end([...source.readers, list(1)]);
    const second = await source.wait(2);
    // The look tells of a card alone; the reader that came right after it is the wait's to tell.
    source.readers = [state("One", present, 1)];
    source.beforeLook.push(() => {
      void (async () => {
        for (let step = 0; step < steps; ++step) await Promise.resolve();
        source.readers = [state("One", present, 1), state("Other", empty, 1)];
        second.end([state("One", present, 1), list(2)]);
      })();
    });
    for (let number = 3; ; ++number) {
      const wait = await source.wait(number);
      if (events.includes("reader-attached Other")) break;
      // A belief in both readers would keep this wait from ever ending.
      expect(belief(wait)).toBe(1 << 16);
      wait.end([state("One", present, 1), list(2)]);
      await turn();
    }
    expect(new Set(events)).toEqual(new Set(["card-inserted One", "reader-attached Other"]));
  },
);

test("looks again where Windows counts readers that are not in the wait", async () => {
  const source = new ToldSource(true);
  source.readers = [state("One", empty, 1)];
  const { events } = await follow(source);
  const first = await source.wait(1);
  // By now one reader has gone that was counted, and another has come that was not listed.
  first.end([...source.readers, list(2)]);
  await source.wait(2);
  source.readers = [state("One", empty, 1), state("Other", empty, 1)];
  await source.wait(3);
  expect(events).toEqual(["reader-attached Other"]);
});

test("leaves a wait alone that compares everything", async () => {
  for (const [countsReaders, count] of [
    [true, 1],
    [false, 7],
  ] as const) {
    const source = new ToldSource(countsReaders);
    source.readers = [state("One", empty, 1)];
    await follow(source);
    const first = await source.wait(1);
    first.end([...source.readers, list(count)]);
    await source.wait(2);
    const { looks } = source;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(source.looks).toBe(looks);
    expect(source.waits).toHaveLength(2);
  }
});

test("takes a second look's word that the service has gone, while the wait goes on", async () => {
  const source = new ToldSource(false);
  source.readers = [state("One", present, 0)];
  const { end } = await follow(source);
  await source.wait(1);
  const error = PcscError.of("SCARD_E_NO_SERVICE", "SCardGetStatusChange");
  source.beforeLook.push(() => {
    throw error;
  });
  expect(await end).toBe(error);
});

test("looks once more when context.cancel() hits a look", async () => {
  const source = new ToldSource(false);
  source.readers = [state("One", empty, 0)];
  source.beforeLook.push(() => {
    throw PcscError.of("SCARD_E_CANCELLED", "SCardGetStatusChange");
  });
  const { follower } = await follow(source);
  expect(follower.states).toHaveLength(1);
});
