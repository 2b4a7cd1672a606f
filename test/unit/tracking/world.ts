// What the tests of tracking share: a virtual service, cards that tell themselves apart, and a
// listener that replays what it hears.
import { afterEach, expect } from "vitest";

import { establishContext, type Context } from "../../../lib/index.js";
import type { ReaderTracker } from "../../../lib/tracking/tracker.js";
import type { TrackerEvent } from "../../../lib/tracking/events.js";
import {
  VirtualCard,
  createVirtualSubsystem,
  type VirtualProfile,
  type VirtualReader,
  type VirtualSubsystem,
} from "../../../lib/virtual/index.js";

export interface TrackedWorld {
  readonly subsystem: VirtualSubsystem;
  readonly context: Context;
}

export async function trackedWorld(profile?: VirtualProfile): Promise<TrackedWorld> {
  const subsystem = createVirtualSubsystem({ profile });
  return { subsystem, context: await establishContext({ subsystem }) };
}

/** Makes worlds for the tests of a file, and closes each test's after it: nothing may be left. */
export function worldsOfTests(): (profile?: VirtualProfile) => Promise<TrackedWorld> {
  const open: TrackedWorld[] = [];
  afterEach(async () => {
    for (const { context, subsystem } of open.splice(0)) {
      await context.close();
      const { readers, ...rest } = subsystem.statistics();
      expect(readers).toBeGreaterThanOrEqual(0);
      expect(rest).toEqual({ contexts: 0, connections: 0, waits: 0, calls: 0 });
    }
  });
  return async (profile) => {
    const made = await trackedWorld(profile);
    open.push(made);
    return made;
  };
}

/** A card whose ATR carries a number. */
export function numberedCard(number: number): VirtualCard {
  const atr = Buffer.from("3B0600000000", "hex");
  atr.writeUInt32BE(number, 2);
  return new VirtualCard({ atr: Buffer.concat([atr, Buffer.from("9000", "hex")]), handler });
}

function handler(): number {
  return 0x9000;
}

/** The number of a card from {@link numberedCard}; 0 for no ATR. */
export function numberOf(atr: Uint8Array | null): number {
  return atr === null ? 0 : Buffer.from(atr).readUInt32BE(2);
}

/** A reader as a replay sees it: the number of its card, 0 for none. */
export type Picture = ReadonlyMap<string, number>;

/** The true picture. */
export function truth(readers: Iterable<VirtualReader>): Picture {
  const picture = new Map<string, number>();
  for (const reader of readers) {
    const { attached, cardPresent, atr } = reader.state;
    if (attached) picture.set(reader.name, cardPresent ? numberOf(atr) : 0);
  }
  return picture;
}

/** mulberry32: small, and good enough to shake things. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Builds the picture from events alone, and insists that each one makes sense. */
export class Picturing {
  readonly picture = new Map<string, number>();
  /** How often each card was reported as inserted. */
  readonly insertions = new Map<number, number>();
  serviceLost = false;

  take(event: TrackerEvent): void {
    switch (event.type) {
      case "snapshot":
        for (const { reader, atr, present } of event.readers) {
          this.picture.set(reader, present ? numberOf(atr) : 0);
        }
        break;
      case "reader-attached":
        this.#expect(event, this.picture.get(event.reader) === undefined);
        this.picture.set(event.reader, 0);
        break;
      case "reader-detached":
        this.#expect(event, this.picture.get(event.reader) === 0);
        this.picture.delete(event.reader);
        break;
      case "card-inserted": {
        this.#expect(event, this.picture.get(event.reader) === 0);
        const number = numberOf(event.atr);
        this.picture.set(event.reader, number === 0 ? -1 : number);
        if (number !== 0) this.insertions.set(number, (this.insertions.get(number) ?? 0) + 1);
        break;
      }
      case "card-removed":
        this.#expect(event, (this.picture.get(event.reader) ?? 0) !== 0);
        this.picture.set(event.reader, 0);
        break;
      case "card-reset":
        this.#expect(event, (this.picture.get(event.reader) ?? 0) !== 0);
        this.picture.set(event.reader, numberOf(event.atr));
        break;
      case "service-lost":
        this.#expect(event, !this.serviceLost);
        this.serviceLost = true;
        break;
      case "service-restored":
        this.#expect(event, this.serviceLost);
        this.serviceLost = false;
        break;
      case "state-changed":
        this.#expect(event, this.picture.has(event.reader));
        break;
    }
  }

  #expect(event: TrackerEvent, sensible: boolean): void {
    if (!sensible) {
      const state = JSON.stringify([...this.picture]);
      throw new Error(`${describe(event)} makes no sense in ${state}`);
    }
  }
}

/** The picture as listeners get it: every event, without a gap. */
export class Replay extends Picturing {
  readonly events: TrackerEvent[] = [];
  #sequence = 0;
  #changed: (() => void) | undefined;

  constructor(tracker: ReaderTracker, keep = true) {
    super();
    tracker.on("event", (event) => {
      if (keep) this.events.push(event);
      if (event.sequence !== this.#sequence + 1) throw new Error(`gap before ${describe(event)}`);
      this.#sequence = event.sequence;
      this.take(event);
      this.#changed?.();
    });
  }

  /** Settles when the picture is as wanted, after whatever event that takes. */
  async until(wanted: () => boolean): Promise<void> {
    while (!wanted()) {
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  /** What was heard, in short: `card-inserted Reader 7`. */
  get log(): string[] {
    return this.events.map(describe);
  }
}

export function describe(event: TrackerEvent): string {
  const { type } = event;
  if (!("reader" in event)) return type;
  const card = "atr" in event ? ` ${String(numberOf(event.atr))}` : "";
  return `${type} ${event.reader}${card}`;
}

export function samePicture(left: Picture, right: Picture): boolean {
  return (
    left.size === right.size && [...left].every(([reader, card]) => right.get(reader) === card)
  );
}
