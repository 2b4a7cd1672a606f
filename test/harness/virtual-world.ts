// The contract suite's world over the embedded subsystem.
import { EventEmitter } from "node:events";

import { CommandApdu } from "../../lib/index.js";
import {
  VirtualCard,
  createVirtualSubsystem,
  type VirtualProfile,
  type VirtualReader,
  type VirtualSubsystem,
} from "../../lib/virtual/index.js";
import type { TestCard, World } from "../contract/world.js";
import { TestSlot, type Fault } from "./test-card.mjs";

export interface VirtualWorld {
  readonly subsystem: VirtualSubsystem;
  readonly world: World;
}

/** A world with as many readers as pcscd's. */
export function virtualWorld(profile?: VirtualProfile): VirtualWorld {
  const subsystem = createVirtualSubsystem({ profile });
  const cards = Array.from({ length: 16 }, (_, index) => {
    const name = `Virtual Card ${String((index >> 1) + 1)} 00 0${String(index % 2)}`;
    return new VirtualTestCard(subsystem.addReader(name));
  });
  const world: World = {
    options: { subsystem },
    readers: cards.map(({ reader }) => reader.name),
    longestMessage: 65_544,
    card: (index) => {
      const card = cards[index];
      if (card === undefined) throw new RangeError(`No reader ${String(index)}`);
      return card;
    },
    // eslint-disable-next-line @typescript-eslint/require-await
    stopService: async () => {
      subsystem.stop();
    },
    // eslint-disable-next-line @typescript-eslint/require-await
    startService: async () => {
      subsystem.start();
    },
  };
  return { subsystem, world };
}

/** The slot as its place sees it: in a reader of this process. */
class VirtualTestCard implements TestCard {
  readonly reader: VirtualReader;
  readonly #events = new EventEmitter<{ command: [ins: string] }>();
  readonly #slot: TestSlot;

  constructor(reader: VirtualReader) {
    this.reader = reader;
    this.#events.setMaxListeners(0);
    this.#slot = new TestSlot(
      { VirtualCard, CommandApdu },
      {
        put: (card) => void reader.insert(card),
        // eslint-disable-next-line @typescript-eslint/require-await
        take: async () => {
          reader.clearFaults();
          if (reader.state.cardPresent) reader.remove();
        },
        // eslint-disable-next-line @typescript-eslint/require-await
        fault: async (fault: Fault) => {
          reader.fault(fault);
        },
      },
      (ins) => this.#events.emit("command", ins),
    );
  }

  get inserted(): string | undefined {
    return this.#slot.inserted;
  }

  async insert(atr?: string): Promise<void> {
    await this.#slot.insert(atr);
  }

  async remove(): Promise<void> {
    await this.#slot.remove();
  }

  async die(): Promise<void> {
    await this.#slot.die();
  }

  async dieWithin(bytes: number): Promise<void> {
    await this.#slot.dieWithin(bytes);
  }

  async truncate(bytes: number): Promise<void> {
    await this.#slot.truncate(bytes);
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async mute(): Promise<void> {
    this.#slot.mute();
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async resume(): Promise<void> {
    this.#slot.resume();
  }

  async commandSeen(wanted?: string): Promise<void> {
    await new Promise<void>((resolve) => {
      const listener = (seen: string): void => {
        if (wanted !== undefined && seen !== wanted) return;
        this.#events.off("command", listener);
        resolve();
      };
      this.#events.on("command", listener);
    });
  }
}
