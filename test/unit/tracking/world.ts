// What the tests of tracking share: a virtual service, cards that tell themselves apart, and a
// listener that replays what it hears.
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

/** Builds the picture from events alone, and insists that each one makes sense. */
export class Replay {
  readonly events: TrackerEvent[] = [];
  readonly picture = new Map<string, number>();
  /** How often each card was reported as inserted. */
  readonly insertions = new Map<number, number>();
  serviceLost = false;
  #sequence = 0;
  #changed: (() => void) | undefined;

  constructor(tracker: ReaderTracker, keep = true) {
    tracker.on("event", (event) => {
      if (keep) this.events.push(event);
      this.take(event);
      this.#changed?.();
    });
  }

  take(event: TrackerEvent): void {
    if (event.sequence !== this.#sequence + 1) throw new Error(`gap before ${describe(event)}`);
    this.#sequence = event.sequence;
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

  #expect(event: TrackerEvent, sensible: boolean): void {
    if (!sensible) {
      const state = JSON.stringify([...this.picture]);
      throw new Error(`${describe(event)} makes no sense in ${state}`);
    }
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
