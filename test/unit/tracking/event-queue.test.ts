// What a loop that is too slow still gets.
import { expect, test } from "vitest";

import { EventQueue } from "../../../lib/tracking/event-queue.js";
import type { TrackerEvent } from "../../../lib/tracking/events.js";
import { changesOf } from "../../../lib/tracking/diff.js";
import { readerState } from "../../../lib/reader-state.js";
import { PcscError } from "../../../lib/index.js";
import { describe as tell } from "./world.js";

let sequence = 0;

function event(type: TrackerEvent["type"], reader = "One"): TrackerEvent {
  sequence += 1;
  const state = readerState({ reader, eventState: 0x22, atr: new Uint8Array(0) });
  const numbered = { type, sequence, skipped: 0 };
  if (type === "snapshot") return { ...numbered, readers: [] } as TrackerEvent;
  if (type.startsWith("service")) {
    return { ...numbered, error: PcscError.of("SCARD_E_NO_SERVICE", "test") } as TrackerEvent;
  }
  return { ...numbered, reader, state, eventCount: 0, atr: null } as TrackerEvent;
}

/** Pushes `types` into a full queue of readers that do not matter, and gives what is left. */
async function squeezed(...types: readonly TrackerEvent["type"][]): Promise<TrackerEvent[]> {
  const queue = new EventQueue(types.length - 1, () => undefined);
  for (const type of types) queue.push(event(type));
  queue.end();
  const left = [];
  for await (const one of queue) left.push(one);
  return left;
}

function types(events: readonly TrackerEvent[]): string[] {
  return events.map(({ type }) => type);
}

test("keeps everything in order while there is room", async () => {
  const queue = new EventQueue(3, () => undefined);
  const events = [event("card-inserted"), event("card-removed"), event("card-inserted")];
  for (const one of events) queue.push(one);
  expect(queue.length).toBe(3);
  for (const one of events) expect(await queue.next()).toEqual({ done: false, value: one });
});

test.each([
  {
    name: "a card that is in is never left out",
    given: ["card-inserted", "card-removed", "card-inserted", "state-changed"],
    left: ["card-inserted", "state-changed"],
  },
  {
    name: "the last card that came and went stays",
    given: ["card-inserted", "card-removed", "card-inserted", "card-removed"],
    left: ["card-inserted", "card-removed"],
  },
  {
    name: "a card that was in before leaves first",
    given: ["card-removed", "card-inserted", "card-removed", "card-inserted"],
    left: ["card-removed", "card-inserted"],
  },
  {
    name: "only the last of other changes counts",
    given: ["state-changed", "state-changed", "card-reset", "state-changed"],
    left: ["card-reset", "state-changed"],
  },
  {
    name: "a reader that came back is told of as such",
    given: [
      "card-removed",
      "reader-detached",
      "reader-attached",
      "reader-detached",
      "reader-attached",
      "card-inserted",
    ],
    left: ["card-removed", "reader-detached", "reader-attached", "card-inserted"],
  },
  {
    name: "a reader that came and went is nothing",
    given: ["reader-attached", "state-changed", "reader-detached"],
    left: [],
  },
  {
    name: "the last card of a reader that came and went stays, with its reader",
    given: [
      "reader-attached",
      "card-inserted",
      "card-removed",
      "card-inserted",
      "card-removed",
      "reader-detached",
    ],
    left: ["reader-attached", "card-inserted", "card-removed", "reader-detached"],
  },
  {
    name: "a card leaves before its reader does, also one that was reset",
    given: ["card-reset", "card-removed", "reader-detached", "reader-attached", "reader-detached"],
    left: ["card-reset", "card-removed", "reader-detached"],
  },
  {
    name: "the last card of a reader that left stays",
    given: ["card-inserted", "card-reset", "card-removed", "reader-detached"],
    left: ["card-inserted", "card-reset", "card-removed", "reader-detached"],
  },
  {
    name: "a reader that left for good left once",
    given: ["reader-detached", "reader-attached", "reader-detached"],
    left: ["reader-detached"],
  },
  {
    name: "the service's ends are paired",
    given: ["service-lost", "service-restored", "service-lost", "service-restored"],
    left: ["service-lost", "service-restored"],
  },
] as const)("$name", async ({ given, left }) => {
  const events = await squeezed(...given);
  expect(types(events)).toEqual(left);
});

test("counts what was left out", async () => {
  const queue = new EventQueue(3, () => undefined);
  const given = [
    "card-removed",
    "card-inserted",
    "card-removed",
    "card-inserted",
    "state-changed",
  ] as const;
  for (const type of given) queue.push(event(type));
  queue.end();
  const left = [];
  for await (const { type, skipped } of queue) left.push([type, skipped]);
  expect(left).toEqual([
    ["card-removed", 0],
    ["card-inserted", 2],
    ["state-changed", 0],
  ]);
});

test("carries over what was left out at the end", async () => {
  const queue = new EventQueue(2, () => undefined);
  for (const type of ["reader-detached", "reader-attached", "reader-detached"] as const) {
    queue.push(event(type));
  }
  queue.push(event("reader-attached"));
  queue.end();
  const left = [];
  for await (const { type, skipped } of queue) left.push([type, skipped]);
  expect(left).toEqual([
    ["reader-detached", 0],
    ["reader-attached", 2],
  ]);
});

test("keeps readers apart", async () => {
  const queue = new EventQueue(5, () => undefined);
  for (const reader of ["One", "Two"]) {
    queue.push(event("card-inserted", reader));
    queue.push(event("card-removed", reader));
    queue.push(event("card-inserted", reader));
  }
  queue.end();
  const left = [];
  for await (const one of queue) left.push(tell(one));
  expect(left).toEqual(["card-inserted One 0", "card-inserted Two 0"]);
});

test("stays bounded for ever", () => {
  const queue = new EventQueue(100, () => undefined);
  let longest = 0;
  for (let round = 0; round < 50_000; ++round) {
    queue.push(event(round % 2 === 0 ? "card-inserted" : "card-removed", `R${String(round % 7)}`));
    longest = Math.max(longest, queue.length);
  }
  expect(longest).toBeLessThanOrEqual(101);
});

test("hands an event to who waits, ends who waits, and throws a failure once", async () => {
  const queue = new EventQueue(16, () => undefined);
  const waiting = queue.next();
  const sent = event("card-inserted");
  queue.push(sent);
  expect(await waiting).toEqual({ done: false, value: sent });
  const failed = queue.next();
  const error = new Error("no thread");
  queue.end(error);
  await expect(failed).rejects.toBe(error);
  expect(await queue.next()).toEqual({ done: true, value: undefined });
});

test("whoever has left hears of no failure any more", async () => {
  const queue = new EventQueue(16, () => undefined);
  queue.push(event("card-inserted"));
  queue.end(new Error("no thread"));
  await queue.return();
  expect(await queue.next()).toEqual({ done: true, value: undefined });
});

test("ends whoever waits when the loop is left meanwhile", async () => {
  let left = 0;
  const queue = new EventQueue(16, () => (left += 1));
  const waiting = [queue.next(), queue.next()];
  expect(await queue.return()).toEqual({ done: true, value: undefined });
  expect(await Promise.all(waiting)).toEqual([
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
  expect(left).toBe(1);
});

test("a counter that wraps or begins anew is understood", () => {
  const state = (present: boolean, count: number): ReturnType<typeof readerState> =>
    readerState({
      reader: "One",
      eventState: count * 0x10000 + (present ? 0x20 : 0x10),
      atr: present ? Uint8Array.of(0x3b, 0) : new Uint8Array(0),
    });
  const between = (before: [boolean, number], after: [boolean, number]): string[] =>
    changesOf(state(...before), state(...after)).map(({ type }) => type);
  expect(between([true, 0xffff], [true, 1])).toEqual(["card-removed", "card-inserted"]);
  expect(between([false, 0xffff], [false, 1])).toEqual(["card-inserted", "card-removed"]);
  expect(between([false, 8], [false, 0])).toEqual([]);
  const both = ["card-inserted", "card-removed"];
  expect(between([true, 3], [false, 4])).toEqual(["card-removed"]);
  expect(between([true, 3], [false, 6])).toEqual(["card-removed", ...both]);
  expect(between([false, 3], [true, 6])).toEqual([...both, "card-inserted"]);
  expect(between([true, 3], [true, 5])).toEqual(["card-removed", "card-inserted"]);
  expect(between([true, 3], [true, 7])).toEqual(["card-removed", ...both, "card-inserted"]);
  expect(between([true, 8], [false, 0])).toEqual(["card-removed"]);
  expect(between([false, 8], [true, 1])).toEqual(["card-inserted"]);
  expect(between([false, 3], [true, 4])).toEqual(["card-inserted"]);
  expect(between([true, 3], [true, 3])).toEqual([]);
});
