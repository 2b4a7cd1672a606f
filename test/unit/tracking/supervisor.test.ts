// How often a service that is away is asked.
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PcscError } from "../../../lib/index.js";
import { KeepAlive } from "../../../lib/keep-alive.js";
import type { ReaderState, ReaderStateQuery } from "../../../lib/reader-state.js";
import type { EventDraft } from "../../../lib/tracking/events.js";
import type { ServiceWatch } from "../../../lib/tracking/source.js";
import { Supervisor } from "../../../lib/tracking/supervisor.js";
import { ToldSource, empty, state } from "./told-source.js";

const gone = PcscError.of("SCARD_E_NO_SERVICE", "SCardListReaders");

/** A source whose service is away. */
class AwaySource extends ToldSource {
  attempts = 0;
  away = true;
  watch: (ServiceWatch & { broken: boolean }) | undefined;
  onNews: () => void = () => undefined;

  override async listReaders(): Promise<readonly string[]> {
    if (this.away) throw gone;
    return super.listReaders();
  }

  override async getStatusChange(
    queries: readonly ReaderStateQuery[],
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<readonly ReaderState[]> {
    const ended = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error);
      });
    });
    return Promise.race([super.getStatusChange(queries, signal, timeoutMs), ended]);
  }

  override async renew(): Promise<void> {
    this.attempts += 1;
    if (this.away) throw gone;
    return Promise.resolve();
  }

  override watchService(onNews?: () => void): undefined {
    this.onNews = onNews ?? this.onNews;
    return this.watch as undefined;
  }
}

function watched(): NonNullable<AwaySource["watch"]> {
  return { broken: false, ref: () => true, unref: () => true, close: () => undefined };
}

const controller: { current: AbortController } = { current: new AbortController() };
let run: Promise<void> | undefined;

beforeEach(() => {
  controller.current = new AbortController();
  vi.useFakeTimers();
});
afterEach(async () => {
  controller.current.abort();
  await run;
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function supervise(source: AwaySource): string[] {
  const events: string[] = [];
  const supervisor = new Supervisor({
    source,
    keepAlive: new KeepAlive(),
    wanted: () => true,
    pollInterval: 1000,
    emit: (all: readonly EventDraft[]) => {
      for (const { type } of all) events.push(type);
    },
  });
  run = supervisor.run(controller.current.signal);
  return events;
}

test("a service that stays away is asked ever more slowly, once a second in the end", async () => {
  const source = new AwaySource(false);
  const events = supervise(source);
  // 5, 10, 20 … 640 ms, and then every second.
  await vi.advanceTimersByTimeAsync(3000);
  expect(source.attempts).toBe(9);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(source.attempts).toBe(69);
  expect(events).toEqual(["snapshot", "service-lost"]);
});

test("a watched one is left to the watch after 8 attempts, and asked at its news", async () => {
  const source = new AwaySource(false);
  source.watch = watched();
  supervise(source);
  await vi.advanceTimersByTimeAsync(3000);
  expect(source.attempts).toBe(8);
  await vi.advanceTimersByTimeAsync(25_000);
  expect(source.attempts).toBe(8);
  source.onNews();
  await vi.advanceTimersByTimeAsync(1);
  expect(source.attempts).toBe(9);
  // Once for the news, and again as often: a socket is there before somebody listens.
  await vi.advanceTimersByTimeAsync(3000);
  expect(source.attempts).toBe(17);
});

test("a watch that breaks is not relied on", async () => {
  const source = new AwaySource(false);
  source.watch = watched();
  supervise(source);
  await vi.advanceTimersByTimeAsync(10_000);
  source.watch.broken = true;
  source.onNews();
  const { attempts } = source;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(source.attempts).toBeGreaterThan(attempts + 8);
});

test("one that ends after a life is asked at once again", async () => {
  const source = new AwaySource(false);
  source.away = false;
  source.readers = [state("One", empty, 1)];
  supervise(source);
  await vi.advanceTimersByTimeAsync(2000);
  for (let restart = 1; restart <= 5; ++restart) {
    source.lastWait.fail(gone);
    await vi.advanceTimersByTimeAsync(6);
    expect(source.attempts).toBe(restart);
    await vi.advanceTimersByTimeAsync(100);
  }
});

test("a service that ends after every single news is not asked without end", async () => {
  const source = new AwaySource(false);
  source.away = false;
  source.readers = [state("One", empty, 1)];
  let lives = 0;
  source.onWait = (number) => {
    if (number % 2 === 0) {
      lives += 1;
      throw gone;
    }
    return [state("One", empty, 2 * number + 1)];
  };
  const events = supervise(source);
  await vi.advanceTimersByTimeAsync(1000);
  expect(lives).toBeGreaterThan(2);
  expect(lives).toBeLessThanOrEqual(9);
  expect(events.slice(0, 4)).toEqual(["snapshot", "card-inserted", "card-removed", "service-lost"]);
});
