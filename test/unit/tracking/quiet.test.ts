// States in which a resource manager or a follower could turn in circles: nothing runs in any of them.
import { describe, expect, test, vi } from "vitest";

import { internalsOf } from "../../../lib/context-internals.js";
import { type Context, whenServiceAvailable } from "../../../lib/index.js";
import { VirtualCard } from "../../../lib/virtual/index.js";
import { Picturing, Replay, numberedCard, samePicture, truth, worldsOfTests } from "./world.js";

const world = worldsOfTests();

async function pass(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Settles when nothing was asked for half a second; never where something is asked all the time. */
async function quiet(count: () => number): Promise<void> {
  // The second looks after a wait has begun.
  await pass(550);
  for (let before = -1; before !== count();) {
    before = count();
    await pass(500);
  }
}

/** Counts what is asked of PC/SC by trackers. */
function countCalls(context: Context): () => number {
  const { calls } = internalsOf(context);
  const spies = [vi.spyOn(calls, "getStatusChange"), vi.spyOn(calls, "listReaders")];
  return () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

describe.each(["pcsclite", "windows"] as const)("on %s", (profile) => {
  test("nothing is asked while a mute card is in, and one more change is heard of", async () => {
    const { subsystem, context } = await world(profile);
    const reader = subsystem.addReader("One");
    const count = countCalls(context);
    await using tracker = context.track();
    const replay = new Replay(tracker);
    await replay.until(() => replay.picture.has("One"));
    reader.insert(new VirtualCard({ atr: "", handler: () => 0x9000 }));
    await replay.until(() => tracker.readers[0]?.mute === true);
    expect(replay.events.find(({ type }) => type === "card-inserted")).toMatchObject({ atr: null });
    await quiet(count);
    reader.remove();
    await replay.until(() => tracker.readers[0]?.present === false);
  });

  test("a card taken exclusively again and again is told of no oftener, then nothing is", async () => {
    const { subsystem, context } = await world(profile);
    const reader = subsystem.addReader("One");
    reader.insert(numberedCard(1));
    const count = countCalls(context);
    await using tracker = context.track();
    const replay = new Replay(tracker);
    await replay.until(() => replay.picture.get("One") === 1);
    const flaps = 200;
    for (let flap = 0; flap < flaps; ++flap) {
      const other = reader.anotherProcess({ shareMode: "exclusive" });
      if (flap % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      other.disconnect();
    }
    await quiet(count);
    expect(tracker.readers[0]).toMatchObject({ present: true, exclusive: false, inUse: false });
    const told = replay.events.filter(({ type }) => type === "state-changed").length;
    // Each comes and goes.
    expect(told).toBeLessThanOrEqual(2 * flaps);
  });

  test("a reader plugged in and out 500 times is told of rightly, then nothing is asked", async () => {
    const { subsystem, context } = await world(profile);
    const reader = subsystem.addReader("One");
    subsystem.addReader("Two");
    const count = countCalls(context);
    await using tracker = context.track();
    const replay = new Replay(tracker);
    await replay.until(() => replay.picture.size === 2);
    for (let flap = 0; flap < 500; ++flap) {
      reader.unplug();
      if (flap % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
      reader.plug();
    }
    reader.unplug();
    await replay.until(() => !replay.picture.has("One"));
    await quiet(count);
    reader.plug();
    await replay.until(() => replay.picture.has("One"));
  });

  test("64 readers with cards, some unplugged and plugged in again: each told of once", async () => {
    const { subsystem, context } = await world(profile);
    const readers = Array.from({ length: 64 }, (_, index) => {
      const reader = subsystem.addReader(`Reader ${String(index).padStart(2, "0")}`);
      // A count of 0 is no count: the shortest things noticed for certain begin after it.
      reader.insert(numberedCard(1000 + index));
      reader.remove();
      return reader;
    });
    await using tracker = context.track();
    const replay = new Replay(tracker);
    await replay.until(() => replay.picture.size === 64);
    readers.forEach((reader, index) => reader.insert(numberedCard(1 + index)));
    await replay.until(() => readers.every(({ name }, i) => replay.picture.get(name) === 1 + i));
    const expected = readers.map(({ name }, index) => `card-inserted ${name} ${String(1 + index)}`);
    expect([...replay.log].sort()).toEqual(["snapshot", ...expected].sort());
    const some = readers.slice(20, 30);
    for (const reader of some) reader.unplug();
    await replay.until(() => replay.picture.size === 54);
    const left = some.flatMap(({ name }) => [`card-removed ${name}`, `reader-detached ${name}`]);
    expect(replay.log.slice(65).sort()).toEqual([...left].sort());
    for (const reader of some) reader.plug();
    await replay.until(() =>
      some.every(({ name, card }) => {
        const there = replay.picture.get(name);
        return card === undefined ? there === 0 : there !== undefined && there > 0;
      }),
    );
    const back = replay.log.slice(85).filter((line) => line.startsWith("reader-attached"));
    expect(back.sort()).toEqual(some.map(({ name }) => `reader-attached ${name}`).sort());
  });
});

test("Windows' service stops with its last reader, and all goes on when both are back", async () => {
  const { subsystem, context } = await world("windows");
  const reader = subsystem.addReader("One");
  reader.insert(numberedCard(1));
  const card = await context.connect("One");
  await using tracker = context.track();
  const replay = new Replay(tracker);
  await replay.until(() => replay.picture.get("One") === 1);
  reader.unplug();
  subsystem.stop();
  await replay.until(() => replay.serviceLost && replay.picture.size === 0);
  const error: unknown = await card.transmit("00A40000").catch((failure: unknown) => failure);
  expect(error).toMatchObject({
    code: expect.stringMatching(
      /NO_SERVICE|SERVICE_STOPPED|REMOVED_CARD|READER_UNAVAILABLE/,
    ) as string,
  });
  const [wait, available] = [context.waitForCard(), whenServiceAvailable({ subsystem })];
  await pass(50);
  subsystem.start();
  await available;
  reader.plug();
  if (reader.card === undefined) reader.insert(numberedCard(2));
  expect(await wait).toMatchObject({ reader: "One", present: true });
  await replay.until(() => !replay.serviceLost && (replay.picture.get("One") ?? 0) > 0);
  const once = ["card-removed", "reader-detached", "service-lost", "service-restored"];
  for (const type of [...once, "reader-attached", "card-inserted"]) {
    expect(
      replay.events.filter((event) => event.type === type),
      type,
    ).toHaveLength(1);
  }
});

test("an iterator that nobody reads is bounded, holds nobody up, and still leads to the truth", async () => {
  const { subsystem, context } = await world();
  const names = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight"];
  const readers = names.map((name) => subsystem.addReader(name));
  await using tracker = context.track({ queueLimit: 100 });
  const replay = new Replay(tracker);
  const abandoned = tracker[Symbol.asyncIterator]();
  await replay.until(() => replay.picture.size === names.length);
  let longest = 0;
  tracker.on("event", () => (longest = Math.max(longest, abandoned.length)));
  const cards = Array.from({ length: 9 }, (_, index) => numberedCard(1 + index));
  for (let round = 0; replay.events.length < 20_000; ++round) {
    for (const [index, reader] of readers.entries()) {
      if (reader.card !== undefined) reader.remove();
      reader.insert(cards[(index + round) % 9] ?? numberedCard(0));
      reader.remove();
    }
    const { length } = replay.events;
    await replay.until(() => replay.events.length > length);
  }
  readers[0]?.insert(numberedCard(77));
  await replay.until(() => samePicture(replay.picture, truth(readers)));
  expect(longest).toBeLessThanOrEqual(101);
  await tracker.stop();
  const later = new Picturing();
  let told = 0;
  for await (const event of abandoned) {
    later.take(event);
    told += 1 + event.skipped;
  }
  expect(later.picture).toEqual(replay.picture);
  expect(told).toBe(replay.events.length);
});
