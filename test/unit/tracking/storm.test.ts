// A storm of readers and cards, with restarts of the service: what is replayed from the events is
// the truth at every quiet point. Seeded: a failure names the seed and comes again with it.
import { describe, expect, onTestFailed, test } from "vitest";

import type { EventQueue } from "../../../lib/tracking/event-queue.js";
import type { ReaderTracker } from "../../../lib/tracking/tracker.js";
import type { VirtualCard, VirtualReader, VirtualSubsystem } from "../../../lib/virtual/index.js";
import {
  Picturing,
  Replay,
  numberOf,
  numberedCard,
  randomFrom,
  samePicture,
  trackedWorld,
  truth,
} from "./world.js";

const readerCount = 32;

interface Storm {
  readonly profile: "pcsclite" | "windows";
  readonly events: number;
  readonly seed: number;
}

class Weather {
  readonly subsystem: VirtualSubsystem;
  readonly readers: readonly VirtualReader[];
  readonly replay: Replay;
  /** Things done that a program could see. */
  done = 0;
  restarts = 0;
  longInsertions = 0;
  readonly #random: (below: number) => number;
  readonly #cards: readonly VirtualCard[];
  /** Cards that are in no reader, plugged in or not. */
  readonly #free: VirtualCard[];
  /** Emptied while the counter stood at 0: see docs/tracking.md for what then is noticed. */
  readonly #uncounted = new Set<VirtualReader>();

  constructor(subsystem: VirtualSubsystem, replay: Replay, random: (below: number) => number) {
    this.subsystem = subsystem;
    this.readers = subsystem.readers;
    this.replay = replay;
    this.#random = random;
    this.#cards = Array.from({ length: 4 * readerCount }, (_, index) => numberedCard(index + 1));
    this.#free = [...this.#cards];
  }

  /** Some events at once, without a pause. */
  burst(): void {
    for (let left = 1 + this.#random(24); left > 0; --left) this.#something();
  }

  #something(): void {
    const reader = this.#reader();
    if (!reader.attached) {
      // Plugged in before anybody saw it unplugged, it would be the same reader all along.
      if (!this.replay.picture.has(reader.name))
        this.#count(() => {
          reader.plug();
        });
      return;
    }
    const dice = this.#random(100);
    if (dice < 8) {
      this.#count(() => {
        reader.unplug();
      });
      this.#uncounted.delete(reader);
    } else if (reader.card === undefined) {
      this.#insert(reader);
    } else {
      this.#remove(reader);
      if (dice < 50) this.#insert(reader);
    }
  }

  /** A card that stays until it was heard of: a miss would never end. */
  async longInsertion(): Promise<void> {
    const reader = this.readers.find((one) => one.attached && this.#mayInsert(one));
    if (reader === undefined) return;
    const number = this.#cards.indexOf(this.#insert(reader) as VirtualCard) + 1;
    await this.replay.until(() => this.replay.picture.get(reader.name) === number);
    this.longInsertions += 1;
    this.#remove(reader);
  }

  async restart(): Promise<void> {
    this.restarts += 1;
    this.subsystem.stop();
    if (this.#random(2) === 0) await turn();
    if (this.#random(2) === 0) this.burst();
    this.subsystem.start();
    if (this.#random(2) === 0) {
      await this.replay.until(() => !this.replay.serviceLost);
    }
    this.done += 2;
  }

  /** Settles when the replay shows the truth. */
  async quiet(): Promise<void> {
    const { replay, readers } = this;
    await replay.until(() => !replay.serviceLost && samePicture(replay.picture, truth(readers)));
  }

  /** What is told wrongly, for a storm that does not become quiet. */
  outlook(): string {
    const { replay, readers, done, restarts } = this;
    const facts = truth(readers);
    const wrong = readers.filter(({ name }) => facts.get(name) !== replay.picture.get(name));
    const lines = wrong.map(({ name, state }) => {
      const told = String(replay.picture.get(name));
      return `${name}: ${String(facts.get(name))} told as ${told}, ${JSON.stringify(state)}`;
    });
    const service = `service ${replay.serviceLost ? "lost" : "there"}`;
    return [
      `after ${String(done)} events, ${String(restarts)} restarts: ${service}`,
      ...lines,
    ].join("\n");
  }

  #insert(reader: VirtualReader): VirtualCard | undefined {
    if (!this.#mayInsert(reader)) return undefined;
    const [card] = this.#free.splice(this.#random(this.#free.length), 1) as [VirtualCard];
    this.#count(() => reader.insert(card));
    this.#uncounted.delete(reader);
    return card;
  }

  #remove(reader: VirtualReader): void {
    if (reader.state.eventCount === 0) this.#uncounted.add(reader);
    this.#count(() => this.#free.push(reader.remove() as VirtualCard));
  }

  #mayInsert(reader: VirtualReader): boolean {
    const unseen = this.#uncounted.has(reader) && this.replay.picture.get(reader.name) !== 0;
    return reader.card === undefined && !unseen;
  }

  #reader(): VirtualReader {
    return this.readers[this.#random(this.readers.length)] as VirtualReader;
  }

  #count(action: () => unknown): void {
    action();
    this.done += 1;
  }
}

/** A loop that reads only now and then: what it is told leads to the truth all the same. */
class SlowLoop extends Picturing {
  /** Events that it was not told of. */
  skipped = 0;
  readonly #queue: EventQueue;
  #sequence = 0;

  constructor(tracker: ReaderTracker) {
    super();
    this.#queue = tracker[Symbol.asyncIterator]();
  }

  /** Takes all that waits: the gaps are as long as it is said. */
  async catchUp(): Promise<void> {
    while (this.#queue.length > 0) {
      const { value } = await this.#queue.next();
      if (value === undefined) throw new Error("the tracking has ended");
      expect(value.sequence - this.#sequence).toBe(1 + value.skipped);
      this.#sequence = value.sequence;
      this.skipped += value.skipped;
      this.take(value);
    }
  }
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function storm({ profile, events, seed }: Storm): Promise<Weather> {
  const { subsystem, context } = await trackedWorld(profile);
  for (let index = 0; index < readerCount; ++index) subsystem.addReader(`R${String(index)}`);
  await using tracker = context.track({ queueLimit: 16 });
  const replay = new Replay(tracker, false);
  const slow = new SlowLoop(tracker);
  const random = randomFrom(seed);
  const weather = new Weather(subsystem, replay, random);
  onTestFailed(() => {
    console.error(weather.outlook());
  });
  let [quietAt, restartAt, longAt] = [0, 2500, 100];
  while (weather.done < events) {
    weather.burst();
    if (random(3) > 0) await turn();
    if (weather.done >= longAt) {
      longAt = weather.done + 500;
      await weather.longInsertion();
    }
    if (weather.done >= restartAt) {
      restartAt = weather.done + 2500;
      await weather.restart();
    }
    if (weather.done >= quietAt) {
      quietAt = weather.done + 5000;
      await weather.quiet();
      await slow.catchUp();
      expect(samePicture(slow.picture, truth(weather.readers))).toBe(true);
    }
  }
  await weather.quiet();
  await slow.catchUp();
  expect(samePicture(slow.picture, truth(weather.readers))).toBe(true);
  expect(slow.skipped).toBeGreaterThan(events / 10);
  const known = tracker.readers.map(({ reader, atr }) => [reader, numberOf(atr)] as const);
  expect(samePicture(new Map(known), truth(weather.readers))).toBe(true);
  await tracker.stop();
  await context.close();
  expect(subsystem.statistics()).toMatchObject({ contexts: 0, connections: 0, waits: 0 });
  return weather;
}

describe("a storm", () => {
  // Another seed is another storm.
  const seed = Number(process.env["SCARD_STORM_SEED"] ?? 4711);

  test.each([
    ["pcsclite", 100_000],
    ["windows", 100_000],
  ] as const)(
    `on %s of %i events (seed ${String(seed)})`,
    async (profile, events) => {
      const weather = await storm({ profile, events, seed });
      expect(weather.done).toBeGreaterThanOrEqual(events);
      expect(weather.restarts).toBeGreaterThan(events / 5000);
      expect(weather.longInsertions).toBeGreaterThan(events / 2000);
    },
    120_000,
  );
});
