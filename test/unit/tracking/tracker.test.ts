// A tracker over the virtual subsystem, as both kinds of resource manager.
import { describe, expect, test } from "vitest";

import { ClosedError } from "../../../lib/index.js";
import type { ReaderTracker } from "../../../lib/tracking/tracker.js";
import type { TrackerEvent } from "../../../lib/tracking/events.js";
import { Replay, numberedCard, worldsOfTests } from "./world.js";

const world = worldsOfTests();

function listen(tracker: ReaderTracker): Replay {
  return new Replay(tracker);
}

describe.each(["pcsclite", "windows"] as const)("on %s", (profile) => {
  test("begins with a snapshot, then tells of cards and readers", async () => {
    const { subsystem, context } = await world(profile);
    const one = subsystem.addReader("One");
    subsystem.addReader("Two").insert(numberedCard(2));
    await using tracker = context.track();
    const replay = listen(tracker);
    await replay.until(() => replay.picture.size === 2);
    expect(tracker.readers.map(({ reader, present }) => [reader, present])).toEqual([
      ["One", false],
      ["Two", true],
    ]);
    one.insert(numberedCard(1));
    await replay.until(() => replay.picture.get("One") === 1);
    one.remove();
    await replay.until(() => replay.picture.get("One") === 0);
    const three = subsystem.addReader("Three");
    await replay.until(() => replay.picture.has("Three"));
    three.insert(numberedCard(3));
    await replay.until(() => replay.picture.get("Three") === 3);
    three.unplug();
    await replay.until(() => !replay.picture.has("Three"));
    expect(replay.log).toEqual([
      "snapshot",
      "card-inserted One 1",
      "card-removed One",
      "reader-attached Three",
      "card-inserted Three 3",
      "card-removed Three",
      "reader-detached Three",
    ]);
    expect(replay.events.at(-1)).toMatchObject({ state: { unknown: true, present: false } });
  });

  test("waits for the first reader where there is none", async () => {
    const { subsystem, context } = await world(profile);
    await using tracker = context.track();
    const replay = listen(tracker);
    await replay.until(() => replay.events.length > 0);
    subsystem.addReader("First").insert(numberedCard(1));
    await replay.until(() => replay.picture.get("First") === 1);
  });

  test("sees a card that was swapped in no time", async () => {
    const { subsystem, context } = await world(profile);
    const reader = subsystem.addReader("One");
    reader.insert(numberedCard(1));
    await using tracker = context.track();
    const replay = listen(tracker);
    await replay.until(() => replay.picture.get("One") === 1);
    reader.remove();
    reader.insert(numberedCard(2));
    await replay.until(() => replay.picture.get("One") === 2);
    expect(replay.log).toEqual(["snapshot", "card-removed One", "card-inserted One 2"]);
  });

  test("sees the same card leave and come back in no time", async () => {
    const { subsystem, context } = await world(profile);
    const reader = subsystem.addReader("One");
    const card = reader.insert(numberedCard(1));
    await using tracker = context.track();
    const replay = listen(tracker);
    await replay.until(() => replay.picture.get("One") === 1);
    reader.remove();
    reader.insert(card);
    await replay.until(() => replay.events.length === 3);
    expect(replay.log).toEqual(["snapshot", "card-removed One", "card-inserted One 1"]);
  });

  test("tells of a card that came and went before anybody could look", async () => {
    const { subsystem, context } = await world(profile);
    const reader = subsystem.addReader("One");
    reader.insert(numberedCard(1));
    reader.remove();
    await using tracker = context.track();
    const replay = listen(tracker);
    await replay.until(() => replay.events.length === 1);
    reader.insert(numberedCard(2));
    reader.remove();
    await replay.until(() => replay.events.length === 3);
    const [, inserted, removed] = replay.events;
    expect(removed?.type).toBe("card-removed");
    expect(inserted?.type).toBe("card-inserted");
    // Whether the wait saw it in the reader or the counter told of it.
    const event = inserted as Extract<TrackerEvent, { type: "card-inserted" }>;
    expect(event.atr === null).toBe(!event.state.present);
  });

  test("reports what the service's restart changed, and goes on", async () => {
    const { subsystem, context } = await world(profile);
    const [one, two] = ["One", "Two"].map((name) => subsystem.addReader(name));
    one?.insert(numberedCard(1));
    await using tracker = context.track();
    const replay = listen(tracker);
    await replay.until(() => replay.picture.get("One") === 1);
    subsystem.stop();
    await replay.until(() => replay.serviceLost);
    expect(tracker.serviceAvailable).toBe(false);
    two?.unplug();
    subsystem.addReader("Three");
    subsystem.start();
    await replay.until(() => !replay.serviceLost);
    expect(replay.log).toEqual([
      "snapshot",
      "service-lost",
      "reader-detached Two",
      "card-reset One 1",
      "reader-attached Three",
      "service-restored",
    ]);
    one?.remove();
    await replay.until(() => replay.picture.get("One") === 0);
    expect(await context.listReaders()).toEqual(["One", "Three"]);
  });

  test("counts readers as detached when the service stays away", async () => {
    const { subsystem, context } = await world(profile);
    subsystem.addReader("One").insert(numberedCard(1));
    await using tracker = context.track();
    const replay = listen(tracker);
    await replay.until(() => replay.picture.get("One") === 1);
    subsystem.stop();
    await replay.until(() => replay.picture.size === 0);
    subsystem.start();
    await replay.until(() => !replay.serviceLost);
    expect(replay.log).toEqual([
      "snapshot",
      "service-lost",
      "card-removed One",
      "reader-detached One",
      "reader-attached One",
      "card-inserted One 1",
      "service-restored",
    ]);
  });

  test("the context itself works again after a restart, and its cards say what happened", async () => {
    const { subsystem, context } = await world(profile);
    subsystem.addReader("One").insert(numberedCard(1));
    const card = await context.connect("One");
    subsystem.stop();
    await expect(context.listReaders()).rejects.toMatchObject({
      code: expect.stringMatching(/NO_SERVICE|SERVICE_STOPPED/) as string,
    });
    subsystem.start();
    expect(await context.listReaders()).toEqual(["One"]);
    await expect(card.transmit("00A40000")).rejects.toMatchObject({
      code: expect.stringMatching(/NO_SERVICE|SERVICE_STOPPED/) as string,
    });
    await using again = await context.connect("One");
    expect(await again.transmit("00A40000")).toHaveLength(2);
    expect(await context.isValid()).toBe(true);
  });
});

test("follows only the readers that are asked for", async () => {
  const { subsystem, context } = await world();
  subsystem.addReader("Other");
  await using tracker = context.track({ readers: ["Mine"] });
  const replay = listen(tracker);
  await replay.until(() => replay.events.length === 1);
  subsystem.addReader("Third");
  subsystem.addReader("Mine");
  await replay.until(() => replay.picture.has("Mine"));
  expect(replay.log).toEqual(["snapshot", "reader-attached Mine"]);
});

test("ends on abort, with its loops, without an error", async () => {
  const { context } = await world();
  const controller = new AbortController();
  const tracker = context.track({ signal: controller.signal });
  const seen: string[] = [];
  for await (const { type } of tracker) {
    seen.push(type);
    controller.abort(new Error("enough"));
  }
  expect(seen).toEqual(["snapshot"]);
  expect(tracker.ended).toBe(true);
});

test("ends at once with a signal that has aborted already", async () => {
  const { context } = await world();
  const tracker = context.track({ signal: AbortSignal.abort() });
  for await (const event of tracker) expect(event).toBeUndefined();
  expect(tracker.ended).toBe(true);
});

test("ends with the context, and when its only loop is left", async () => {
  const { context } = await world();
  const left = context.track();
  for await (const { type } of left) {
    expect(type).toBe("snapshot");
    break;
  }
  const tracker = context.track();
  const ended = new Promise<void>((resolve) => tracker.once("end", resolve));
  const replay = listen(tracker);
  await replay.until(() => replay.events.length === 1);
  await context.close();
  await ended;
  expect(left.ended).toBe(true);
  expect(() => context.track()).toThrow(ClosedError);
});

test("gives each loop a snapshot and a queue of its own", async () => {
  const { subsystem, context } = await world();
  const reader = subsystem.addReader("One");
  await using tracker = context.track();
  const replay = listen(tracker);
  await replay.until(() => replay.events.length === 1);
  const first = tracker[Symbol.asyncIterator]();
  reader.insert(numberedCard(1));
  await replay.until(() => replay.picture.get("One") === 1);
  const second = tracker[Symbol.asyncIterator]();
  const types = async (iterator: typeof first, count: number): Promise<unknown[]> => {
    const found = [];
    for (let i = 0; i < count; ++i) found.push((await iterator.next()).value);
    return found;
  };
  expect(await types(first, 2)).toMatchObject([
    { type: "snapshot", readers: [{ present: false }] },
    { type: "card-inserted", reader: "One", skipped: 0 },
  ]);
  expect(await types(second, 1)).toMatchObject([
    { type: "snapshot", sequence: 2, readers: [{ present: true }] },
  ]);
  await first.return();
  expect(await first.next()).toEqual({ done: true, value: undefined });
});

test("context.cancel() ends waits, not tracking", async () => {
  const { subsystem, context } = await world();
  const reader = subsystem.addReader("One");
  await using tracker = context.track();
  const replay = listen(tracker);
  await replay.until(() => replay.events.length === 1);
  for (let round = 0; round < 20; ++round) {
    context.cancel();
    await new Promise((resolve) => setImmediate(resolve));
  }
  reader.insert(numberedCard(1));
  await replay.until(() => replay.picture.get("One") === 1);
});

test("follows more readers than one wait of pcsclite takes", async () => {
  const { subsystem, context } = await world("pcsclite");
  const readers = Array.from({ length: 40 }, (_, index) =>
    subsystem.addReader(`Reader ${String(index)}`),
  );
  await using tracker = context.track();
  const replay = listen(tracker);
  await replay.until(() => replay.picture.size === 40);
  readers.at(-1)?.insert(numberedCard(9));
  await replay.until(() => replay.picture.get("Reader 39") === 9);
});

test.each([
  ["readers", { readers: [] }],
  ["readers", { readers: [""] }],
  ["groups", { groups: "all" }],
  ["signal", { signal: 1 }],
  ["queueLimit", { queueLimit: 1 }],
  ["pollIntervalMs", { pollIntervalMs: 0 }],
  ["options", { reader: "One" }],
])("refuses a wrong %s", async (argument, options) => {
  const { context } = await world();
  expect(() => context.track(options as object)).toThrow(
    expect.objectContaining({ code: "ERR_SCARD_ARGUMENT", argument }) as Error,
  );
});
