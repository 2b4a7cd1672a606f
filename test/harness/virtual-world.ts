// The contract suite's world over the embedded subsystem.
import { EventEmitter, once } from "node:events";

import {
  createVirtualSubsystem,
  type VirtualFault,
  type VirtualProfile,
  type VirtualReader,
  type VirtualSubsystem,
} from "../../lib/virtual/index.js";
import type { TestCard, World } from "../contract/world.js";
import { atrs } from "./card-program.js";
import { testCard, type Slot } from "./virtual-test-card.js";

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
  };
  return { subsystem, world };
}

class VirtualTestCard implements TestCard, Slot {
  readonly reader: VirtualReader;
  readonly #events = new EventEmitter<{ command: [ins: number]; resume: [] }>();
  #inserted: string | undefined;
  #muteNext = false;

  constructor(reader: VirtualReader) {
    this.reader = reader;
    this.#events.setMaxListeners(0);
  }

  get inserted(): string | undefined {
    return this.#inserted;
  }

  async insert(atr: string = atrs.both): Promise<void> {
    await this.remove();
    this.reader.insert(testCard(atr, this));
    this.#inserted = atr;
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async remove(): Promise<void> {
    this.#inserted = undefined;
    this.#muteNext = false;
    this.reader.clearFaults();
    if (this.reader.state.cardPresent) this.reader.remove();
  }

  async die(): Promise<void> {
    await this.dieWithin(0);
  }

  async dieWithin(bytes: number): Promise<void> {
    this.#inserted = undefined;
    await this.#plan({ kind: "remove-during", bytes });
  }

  async truncate(bytes: number): Promise<void> {
    await this.#plan({ kind: "truncate", bytes });
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async mute(): Promise<void> {
    this.#muteNext = true;
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async resume(): Promise<void> {
    this.#muteNext = false;
    this.#events.emit("resume");
  }

  async commandSeen(ins?: string): Promise<void> {
    const wanted = ins === undefined ? undefined : parseInt(ins, 16);
    await new Promise<void>((resolve) => {
      const listener = (seen: number): void => {
        if (wanted !== undefined && seen !== wanted) return;
        this.#events.off("command", listener);
        resolve();
      };
      this.#events.on("command", listener);
    });
  }

  async executed(ins: number, signal: AbortSignal): Promise<void> {
    this.#events.emit("command", ins);
    if (!this.#muteNext) return;
    this.#muteNext = false;
    // Taken out: nobody waits for the answer any more.
    await once(this.#events, "resume", { signal }).catch(() => undefined);
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async #plan(fault: VirtualFault): Promise<void> {
    this.reader.fault(fault);
  }
}
