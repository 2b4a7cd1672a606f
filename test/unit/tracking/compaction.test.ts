// What is left of any series leads where the whole of it leads.
import { expect, test } from "vitest";

import { type ReaderState, readerState } from "../../../lib/reader-state.js";
import { compact } from "../../../lib/tracking/compaction.js";
import { changesOf } from "../../../lib/tracking/diff.js";
import type { TrackerEvent } from "../../../lib/tracking/events.js";
import { Picturing, describe as tell, randomFrom } from "./world.js";

const readers = ["One", "Two"] as const;

/** The next state of a reader; undefined when it is gone. */
function step(
  reader: string,
  before: ReaderState | undefined,
  random: (below: number) => number,
): ReaderState | undefined {
  if (before === undefined || random(6) === 0) {
    const bits = random(2) === 0 ? 0x10 : 0x20;
    return before === undefined ? made(reader, bits, 0, random) : undefined;
  }
  const dice = random(5);
  if (dice === 0) return made(reader, before.raw ^ 0x100, before.eventCount, random, before.atr);
  // The same card with another ATR, or as many cards as the counter says.
  const count = dice === 1 ? 0 : random(5);
  const present = count % 2 === 0 ? before.present : !before.present;
  return made(reader, present ? 0x20 : 0x10, before.eventCount + count, random);
}

function made(
  reader: string,
  bits: number,
  count: number,
  random: (below: number) => number,
  atr?: Uint8Array | null,
): ReaderState {
  const number = 1 + random(1000);
  const fresh = Uint8Array.of(0x3b, 0x06, 0, 0, number >> 8, number & 0xff, 0x90, 0x00);
  const present = (bits & 0x20) !== 0;
  const eventState = (bits & 0xffff) | ((count & 0xffff) << 16);
  return readerState({ reader, eventState, atr: present ? (atr ?? fresh) : new Uint8Array(0) });
}

/** A series of some readers, and where it begins. */
function series(random: (below: number) => number, length: number): [TrackerEvent, TrackerEvent[]] {
  const states = new Map<string, ReaderState | undefined>();
  for (const reader of readers) {
    if (random(2) === 0) states.set(reader, made(reader, random(2) === 0 ? 0x10 : 0x20, 0, random));
  }
  const known = [...states.values()].filter((state) => state !== undefined);
  const snapshot: TrackerEvent = { type: "snapshot", readers: known, sequence: 1, skipped: 0 };
  const events: TrackerEvent[] = [];
  while (events.length < length) {
    const reader = readers[random(readers.length)] ?? "One";
    const [before, after] = [states.get(reader), step(reader, states.get(reader), random)];
    states.set(reader, after);
    for (const draft of changesOf(before, after, { restarted: random(8) === 0 })) {
      events.push({ ...draft, sequence: events.length + 2, skipped: 0 });
    }
  }
  return [snapshot, events];
}

function pictureAfter(snapshot: TrackerEvent, events: readonly TrackerEvent[]): Picturing {
  const picturing = new Picturing();
  for (const event of [snapshot, ...events]) picturing.take(event);
  return picturing;
}

test("any series, squeezed, ends in the same picture and keeps each reader's last card", () => {
  const random = randomFrom(20_260);
  for (let round = 0; round < 3000; ++round) {
    const [snapshot, events] = series(random, 1 + random(14));
    const { events: left, skipped } = compact(events);
    const told = (): string => events.map(tell).join(", ");
    expect(pictureAfter(snapshot, left).picture, told()).toEqual(
      pictureAfter(snapshot, events).picture,
    );
    for (const reader of readers) {
      const lastOf = (all: readonly TrackerEvent[]): number | undefined =>
        all.filter((event) => event.type === "card-inserted" && event.reader === reader).at(-1)
          ?.sequence;
      expect(lastOf(left), told()).toBe(lastOf(events));
      expect(left.filter((event) => "reader" in event && event.reader === reader).length, told())
        // The bound that docs/tracking.md names.
        .toBeLessThanOrEqual(9);
    }
    // Every event is there or counted.
    const counted = left.reduce((sum, event) => sum + 1 + event.skipped, skipped);
    expect(counted).toBe(events.length);
    // What is left is as short as it can be.
    expect(compact(left).events.map(tell)).toEqual(left.map(tell));
  }
});
