// The contract suite's card and the hands that hold it, the same in both worlds: in a virtual
// reader of the test's own process, and behind vpcd in the card program. Which copy of the package
// makes the card is the caller's choice: the tests' is lib/, the program's dist/.
//
// The card is ISO-like; `CLA 80` commands make what happened to it visible:
//
//   00 A4 04 00 [AID]  SELECT: empty and F0 "scard" give 9000, others 6A82
//   00 20 00 xx PIN    VERIFY of "1234", three tries; without data 63Cx
//   0X C0 00 00 Le     GET RESPONSE for what 80 61 (X 0) or 0X EE left behind
//   0X EE .. P2 data   echoes the data, P2 bytes at a time (00: 256), once a chain (CLA bit 5) ends
//   0X C2 00 00 data   ENVELOPE: the next part of a command
//   80 EC .. .. data   echoes the data
//   80 C0              counts up; returns the count in 4 bytes
//   80 50 ms ms        works for that many milliseconds
//   80 1A .. .. Le     Le bytes, byte i being i modulo 251
//   80 CE              power-ups (2 bytes) and warm resets (2 bytes) since insertion
//   80 61 .. .. data   keeps the data for GET RESPONSE and says 61xx
//   80 6C xx ..        6Cxx unless Le is xx
//   80 5A sw sw        answers that status word
import { Buffer } from "node:buffer";
import { EventEmitter, once } from "node:events";

/**
 * @typedef {import("../../lib/virtual/index.js").VirtualCard} VirtualCard
 * @typedef {import("../../lib/virtual/index.js").CardAnswer} CardAnswer
 * @typedef {import("../../lib/virtual/index.js").CardPowerEvent} CardPowerEvent
 * @typedef {import("../../lib/virtual/index.js").VpcdBridgeFault} Fault
 * @typedef {import("../../lib/iso7816/index.js").CommandApdu} CommandApdu
 * @typedef {object} Package
 * @property {new (options: import("../../lib/virtual/index.js").VirtualCardOptions) => VirtualCard} VirtualCard
 * @property {{ from(bytes: Uint8Array): CommandApdu }} CommandApdu
 */

/** ATRs of the card, by the protocols they offer. */
export const atrs = /** @type {const} */ ({
  /** T=0 and T=1, historical bytes "scard". */
  both: "3B858001736361726463",
  t0: "3B057363617264",
  t1: "3B85017363617264E3",
});

const aid = Buffer.from("\u00f0scard", "latin1");
const pin = Buffer.from("1234");
const mostTries = 3;

/**
 * Where a slot's card goes.
 * @typedef {object} Place
 * @property {(card: VirtualCard) => void} put
 * @property {() => Promise<void>} take Also when none is in.
 * @property {(fault: Fault) => Promise<void>} fault
 */

/** One reader's card: what a test does with it. */
export class TestSlot {
  #package;
  #place;
  #waiting = new EventEmitter();
  /** @type {string | undefined} */
  #inserted;
  #muteNext = false;
  #seen;

  /**
   * @param {Package} scard The copy of the package that makes the card.
   * @param {Place} place
   * @param {(ins: string) => void} seen Told, in two hex digits, when the card has executed a
   *   command, before it answers.
   */
  constructor(scard, place, seen) {
    this.#package = scard;
    this.#place = place;
    this.#seen = seen;
  }

  /** ATR of the card that was put in, until it is taken out or told to die. */
  get inserted() {
    return this.#inserted;
  }

  /** Puts a fresh card in; one that is in goes first. */
  async insert(/** @type {string} */ atr = atrs.both) {
    await this.remove();
    const state = new CardState(this.#package);
    this.#place.put(
      new this.#package.VirtualCard({
        atr,
        onPower: (event) => {
          state.power(event);
        },
        handler: async (command, { signal }) => {
          const answer = state.answer(command);
          await this.#executed(command.ins, signal);
          if (command.cla === 0x80 && command.ins === 0x50) await pass(p1p2(command), signal);
          return answer;
        },
      }),
    );
    this.#inserted = atr;
  }

  async remove() {
    this.#inserted = undefined;
    this.#muteNext = false;
    await this.#place.take();
  }

  /** The card leaves at its next command without an answer. */
  async die() {
    await this.dieWithin(0);
  }

  /** The card leaves at its next command after that many bytes of the answer. */
  async dieWithin(/** @type {number} */ bytes) {
    this.#inserted = undefined;
    await this.#place.fault({ kind: "remove-during", bytes });
  }

  /** The next answer is cut to that many bytes; the card stays. */
  async truncate(/** @type {number} */ bytes) {
    await this.#place.fault({ kind: "truncate", bytes });
  }

  /** The next command gets no answer until `resume`, or until the card is taken out. */
  mute() {
    this.#muteNext = true;
  }

  resume() {
    this.#muteNext = false;
    this.#waiting.emit("resume");
  }

  async #executed(/** @type {number} */ ins, /** @type {AbortSignal} */ signal) {
    this.#seen(ins.toString(16).toUpperCase().padStart(2, "0"));
    if (!this.#muteNext) return;
    this.#muteNext = false;
    // Taken out: nobody waits for the answer any more.
    await once(this.#waiting, "resume", { signal }).catch(() => undefined);
  }
}

class CardState {
  #package;
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

  constructor(/** @type {Package} */ scard) {
    this.#package = scard;
  }

  power(/** @type {CardPowerEvent} */ event) {
    if (event === "power-off") return;
    if (event === "power-on") ++this.#powerUps;
    else ++this.#resets;
    this.#pending = Buffer.alloc(0);
    this.#chain = Buffer.alloc(0);
    this.#envelope = Buffer.alloc(0);
    this.#count = 0;
  }

  /** @returns {CardAnswer} */
  answer(/** @type {CommandApdu} */ command) {
    if ((command.cla & 0xe0) === 0) return this.#interindustry(command);
    if (command.cla === 0x80) return this.#proprietary(command);
    return 0x6e00;
  }

  /** @returns {CardAnswer} */
  #interindustry(/** @type {CommandApdu} */ command) {
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

  /** @returns {CardAnswer} */
  #proprietary(/** @type {CommandApdu} */ command) {
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

  /** @returns {CardAnswer} */
  #verify(/** @type {Uint8Array} */ given) {
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

  /** @returns {CardAnswer} */
  #getResponse(/** @type {CommandApdu} */ { cla, le = 0 }) {
    if (this.#pending.length === 0) return 0x6985;
    if ((cla & 0x0f) !== this.#pendingChannel) return 0x6881;
    return this.#nextRound(le);
  }

  /** @returns {CardAnswer} */
  #echo(/** @type {CommandApdu} */ { cla, data, p2 }, /** @type {number} */ le) {
    this.#chain = Buffer.concat([this.#chain, data]);
    if ((cla & 0x10) !== 0) return 0x9000;
    this.#pending = this.#chain;
    this.#chain = Buffer.alloc(0);
    this.#pendingChannel = cla & 0x0f;
    this.#round = p2 === 0 ? 256 : p2;
    return this.#nextRound(le);
  }

  /** @returns {CardAnswer} */
  #enveloped(/** @type {CommandApdu} */ { data, le }) {
    this.#envelope = Buffer.concat([this.#envelope, data]);
    const whole = this.#parsed(this.#envelope);
    if (whole === undefined) return 0x9000;
    this.#envelope = Buffer.alloc(0);
    return whole.ins === 0xee ? this.#echo(whole, le ?? 0) : 0x6d00;
  }

  /** @returns {CardAnswer} */
  #nextRound(/** @type {number} */ le) {
    const length = Math.min(le, this.#round);
    const data = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    const left = Math.min(this.#pending.length, 255);
    return { data, sw: left === 0 ? 0x9000 : 0x6100 | left };
  }

  /** The command, once it is whole. */
  #parsed(/** @type {Uint8Array} */ bytes) {
    try {
      return this.#package.CommandApdu.from(bytes);
    } catch (error) {
      if (error instanceof Error && error.name === "ApduError") return undefined;
      throw error;
    }
  }
}

function p1p2(/** @type {CommandApdu} */ { p1, p2 }) {
  return (p1 << 8) | p2;
}

function numbers(/** @type {number} */ width, /** @type {number} */ value) {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
}

function pattern(/** @type {number} */ length) {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

/**
 * Lets the card work that long, or until it is taken out.
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 */
async function pass(milliseconds, signal) {
  await /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    })
  );
}
