// Loops and listeners of one tracker: who hears what, when they come late, and what their failures do.
import { once } from "node:events";

import { expect, test } from "vitest";

import { PcscError, ScardError } from "../../../lib/index.js";
import { failsBecause, failure, fakeContext } from "../facade/fake-binding.js";
import type { EventQueue } from "../../../lib/tracking/event-queue.js";
import type { TrackerEvent } from "../../../lib/tracking/events.js";
import { Replay, describe, numberedCard, worldsOfTests } from "./world.js";

const world = worldsOfTests();

/** What a loop hears until it has heard of the last one given. */
async function heard(queue: EventQueue, last: string): Promise<string[]> {
  const all = [];
  for (let text = ""; text !== last; all.push(text)) {
    const { value } = await queue.next();
    text = describe(value as TrackerEvent);
  }
  return all;
}

test.each(["reader-attached", "card-inserted", "event"] as const)(
  "a loop that begins with %s gets the picture after all of it, and nothing twice",
  async (name) => {
    const { subsystem, context } = await world();
    await using tracker = context.track();
    const replay = new Replay(tracker);
    await replay.until(() => replay.events.length > 0);
    const queues: EventQueue[] = [];
    tracker.once(name, () => queues.push(tracker[Symbol.asyncIterator]()));
    const reader = subsystem.addReader("One");
    reader.insert(numberedCard(1));
    await replay.until(() => replay.picture.get("One") === 1);
    reader.remove();
    const [queue] = queues as [EventQueue];
    const { value } = await queue.next();
    expect(value).toMatchObject({ type: "snapshot", readers: [{ reader: "One", present: true }] });
    expect(value?.sequence).toBe(replay.events.length);
    expect(await heard(queue, "card-removed One")).toEqual(["card-removed One"]);
  },
);

test("a loop that begins while the service is away is told so", async () => {
  const { subsystem, context } = await world();
  await using tracker = context.track();
  const replay = new Replay(tracker);
  await replay.until(() => replay.events.length > 0);
  subsystem.stop();
  await replay.until(() => replay.serviceLost);
  const queue = tracker[Symbol.asyncIterator]();
  const lost = replay.events.at(-1) as Extract<TrackerEvent, { type: "service-lost" }>;
  subsystem.start();
  expect((await queue.next()).value).toMatchObject({ type: "snapshot", sequence: lost.sequence });
  const { value } = await queue.next();
  expect(value).toMatchObject({ type: "service-lost", sequence: lost.sequence, skipped: 0 });
  expect((value as typeof lost).error).toBe(lost.error);
  expect(await heard(queue, "service-restored")).toEqual(["service-restored"]);
});

test("a loop that began before the first snapshot hears it once", async () => {
  const { context } = await world();
  await using tracker = context.track();
  const queue = tracker[Symbol.asyncIterator]();
  const late = once(tracker, "snapshot").then(() => tracker[Symbol.asyncIterator]());
  expect((await queue.next()).value).toMatchObject({ type: "snapshot", sequence: 1 });
  expect((await (await late).next()).value).toMatchObject({ type: "snapshot", sequence: 1 });
  expect(queue.length).toBe(0);
});

test("events are frozen, and say what they are about", async () => {
  const { subsystem, context } = await world();
  const reader = subsystem.addReader("One");
  await using tracker = context.track();
  const replay = new Replay(tracker);
  await replay.until(() => replay.picture.has("One"));
  reader.insert(numberedCard(1));
  await replay.until(() => replay.picture.get("One") === 1);
  const atr = Uint8Array.from(Buffer.from("3B06000000019000", "hex"));
  const state = { reader: "One", present: true, empty: false, eventCount: 1, atr };
  const inserted = { type: "card-inserted", reader: "One", eventCount: 1, atr, state };
  expect(replay.events[1]).toMatchObject({ ...inserted, sequence: 2, skipped: 0 });
  subsystem.stop();
  await replay.until(() => replay.serviceLost);
  subsystem.start();
  await replay.until(() => !replay.serviceLost);
  const [snapshot, , lost, reset, restored] = replay.events;
  expect(snapshot).toMatchObject({ type: "snapshot", readers: [{ reader: "One", empty: true }] });
  expect(lost).toMatchObject({ type: "service-lost", sequence: 3 });
  expect((lost as { error?: unknown }).error).toBeInstanceOf(PcscError);
  expect(reset).toMatchObject({ type: "card-reset", reader: "One", atr, state: { atr } });
  expect(restored).toMatchObject({ type: "service-restored", sequence: 5 });
  expect(replay.events.every((event) => Object.isFrozen(event))).toBe(true);
  for (const event of replay.events) {
    if ("state" in event) expect(Object.isFrozen(event.state)).toBe(true);
  }
  expect(Object.isFrozen((snapshot as { readers?: unknown }).readers)).toBe(true);
});

test("leaving a loop while it waits ends the wait, and the tracking if nobody listens", async () => {
  const { context } = await world();
  const tracker = context.track();
  const queue = tracker[Symbol.asyncIterator]();
  await queue.next();
  const waiting = queue.next();
  await queue.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
  await tracker.stop();
  expect(tracker.ended).toBe(true);
});

test("a loop that throws ends the tracking with its own error", async () => {
  const { context } = await world();
  const tracker = context.track();
  const mine = new Error("mine");
  const loop = async (): Promise<void> => {
    for await (const { type } of tracker) if (type === "snapshot") throw mine;
  };
  await expect(loop()).rejects.toBe(mine);
  await tracker.stop();
  expect(tracker.ended).toBe(true);
});

/** The errors that are nobody's while `work` runs. */
async function uncaughtDuring(work: () => Promise<void>): Promise<unknown[]> {
  const usual = process.listeners("uncaughtException");
  const uncaught: unknown[] = [];
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => uncaught.push(error));
  try {
    await work();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of usual) process.on("uncaughtException", listener);
  }
  return uncaught;
}

test("a listener that throws does not end the tracking; its error is the program's", async () => {
  const { subsystem, context } = await world();
  const reader = subsystem.addReader("One");
  const mine = new Error("mine");
  const uncaught = await uncaughtDuring(async () => {
    await using tracker = context.track();
    const replay = new Replay(tracker);
    await replay.until(() => replay.picture.has("One"));
    tracker.once("card-inserted", () => {
      throw mine;
    });
    reader.insert(numberedCard(1));
    await replay.until(() => replay.picture.get("One") === 1);
    reader.remove();
    await replay.until(() => replay.picture.get("One") === 0);
    expect(tracker.ended).toBe(false);
  });
  expect(uncaught).toEqual([mine]);
});

test.each([
  [true, true, 0],
  [true, false, 0],
  [false, true, 0],
  [false, false, 1],
])(
  "a failure that cannot be survived (loop %s, listener %s) is told, else uncaught %i times",
  async (loops, listens, uncaughtTimes) => {
    const { binding, context } = await fakeContext();
    const told: string[] = [];
    const uncaught = await uncaughtDuring(async () => {
      binding.answer("SCardListReaders", failsBecause("no-thread"));
      const tracker = context.track();
      const ended = new Promise<void>((resolve) => tracker.once("end", resolve));
      tracker.once("end", () => told.push("end"));
      if (listens) tracker.on("error", ({ message }) => told.push(`error ${message.slice(0, 3)}`));
      const queue = loops ? tracker[Symbol.asyncIterator]() : undefined;
      if (queue !== undefined) {
        const error = await failure(queue.next());
        expect(error).toBeInstanceOf(ScardError);
        expect(error).toMatchObject({ code: "ERR_SCARD_NO_THREAD" });
        expect(await queue.next()).toEqual({ done: true, value: undefined });
      }
      await ended;
      expect(tracker.ended).toBe(true);
    });
    expect(told).toEqual(listens ? ["error The", "end"] : ["end"]);
    expect(uncaught).toHaveLength(uncaughtTimes);
  },
);
