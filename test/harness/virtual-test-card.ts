// The test card of vcard/card.h once more, as a virtual card's handler: the contract suite must not
// be able to tell which one it talks to.
import { ApduError, CommandApdu } from "../../lib/index.js";
import {
  VirtualCard,
  type CardAnswer,
  type CardContext,
  type CardPowerEvent,
} from "../../lib/virtual/index.js";

const aid = Buffer.from("\u00f0scard", "latin1");
const pin = Buffer.from("1234");
const mostTries = 3;

/** What the card's slot adds: a fault, and someone who watches. */
export interface Slot {
  /** Called when the card has executed a command; settles when the card may answer. */
  executed(ins: number, signal: AbortSignal): Promise<void>;
}

/** A fresh card. */
export function testCard(atr: string, slot: Slot): VirtualCard {
  const state = new CardState();
  return new VirtualCard({
    atr,
    onPower: (event) => {
      state.power(event);
    },
    handler: async (command, { signal }: CardContext) => {
      const answer = state.answer(command);
      await slot.executed(command.ins, signal);
      if (command.cla === 0x80 && command.ins === 0x50) await pass(p1p2(command), signal);
      return answer;
    },
  });
}

class CardState {
  // Lost with power, as on a real card.
  #pending = Buffer.alloc(0);
  #round = 0;
  #pendingChannel = 0;
  #chain = Buffer.alloc(0);
  #envelope = Buffer.alloc(0);
  #count = 0;
  // Kept for as long as the card is in the reader.
  #powerUps = 0;
  #resets = 0;
  #triesLeft = mostTries;

  power(event: CardPowerEvent): void {
    if (event === "power-off") return;
    if (event === "power-on") ++this.#powerUps;
    else ++this.#resets;
    this.#pending = Buffer.alloc(0);
    this.#chain = Buffer.alloc(0);
    this.#envelope = Buffer.alloc(0);
    this.#count = 0;
  }

  answer(command: CommandApdu): CardAnswer {
    if ((command.cla & 0xe0) === 0) return this.#interindustry(command);
    if (command.cla === 0x80) return this.#proprietary(command);
    return 0x6e00;
  }

  #interindustry(command: CommandApdu): CardAnswer {
    switch (command.ins) {
      case 0xc0:
        return this.#getResponse(command);
      case 0xc2:
        return this.#enveloped(command);
      case 0xee:
        return this.#echo(command, command.le ?? 0);
      default:
        break;
    }
    if (command.cla !== 0) return 0x6e00;
    switch (command.ins) {
      case 0xa4: {
        const { data } = command;
        return data.length === 0 || aid.equals(data) ? 0x9000 : 0x6a82;
      }
      case 0x20:
        return this.#verify(command.data);
      default:
        return 0x6d00;
    }
  }

  #proprietary(command: CommandApdu): CardAnswer {
    const le = command.le ?? 0;
    switch (command.ins) {
      case 0xec:
        return { data: command.data };
      case 0xc0:
        return { data: numbers(4, ++this.#count) };
      case 0x50:
        return 0x9000;
      case 0x1a:
        return { data: pattern(le) };
      case 0xce:
        return { data: Buffer.concat([numbers(2, this.#powerUps), numbers(2, this.#resets)]) };
      case 0x61:
        this.#pending = Buffer.from(command.data);
        this.#pendingChannel = 0;
        this.#round = 65_536;
        return 0x6100 | Math.min(this.#pending.length, 255);
      case 0x6c:
        return le === command.p1 ? { data: pattern(le) } : 0x6c00 | command.p1;
      case 0x5a:
        return p1p2(command);
      default:
        return 0x6d00;
    }
  }

  #verify(given: Uint8Array): CardAnswer {
    if (this.#triesLeft === 0) return 0x6983;
    if (given.length > 0) {
      if (pin.equals(given)) {
        this.#triesLeft = mostTries;
        return 0x9000;
      }
      --this.#triesLeft;
    }
    return 0x63c0 | this.#triesLeft;
  }

  #getResponse({ cla, le = 0 }: CommandApdu): CardAnswer {
    if (this.#pending.length === 0) return 0x6985;
    if ((cla & 0x0f) !== this.#pendingChannel) return 0x6881;
    return this.#nextRound(le);
  }

  #echo({ cla, data, p2 }: CommandApdu, le: number): CardAnswer {
    this.#chain = Buffer.concat([this.#chain, data]);
    if ((cla & 0x10) !== 0) return 0x9000;
    this.#pending = this.#chain;
    this.#chain = Buffer.alloc(0);
    this.#pendingChannel = cla & 0x0f;
    this.#round = p2 === 0 ? 256 : p2;
    return this.#nextRound(le);
  }

  #enveloped({ data, le }: CommandApdu): CardAnswer {
    this.#envelope = Buffer.concat([this.#envelope, data]);
    const whole = parsed(this.#envelope);
    if (whole === undefined) return 0x9000;
    this.#envelope = Buffer.alloc(0);
    return whole.ins === 0xee ? this.#echo(whole, le ?? 0) : 0x6d00;
  }

  #nextRound(le: number): CardAnswer {
    const length = Math.min(le, this.#round);
    const data = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    const left = Math.min(this.#pending.length, 255);
    return { data, sw: left === 0 ? 0x9000 : 0x6100 | left };
  }
}

/** The command, once it is whole. */
function parsed(bytes: Uint8Array): CommandApdu | undefined {
  try {
    return CommandApdu.from(bytes);
  } catch (error) {
    if (error instanceof ApduError) return undefined;
    throw error;
  }
}

function p1p2({ p1, p2 }: CommandApdu): number {
  return (p1 << 8) | p2;
}

function numbers(width: number, value: number): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

/** Lets the card work that long, or until it is taken out. */
export async function pass(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
