// The card program: the test cards of the built package, each behind vpcd's reader on its own port.
//
// Orders come in on standard input, one per line: `ID ORDER PORT [ARGUMENT]`
//   insert PORT ATR       a new card with that ATR (hex)
//   insert-native PORT    a native card, for who measures: an IsoCard
//   insert-library PORT   the card of examples/introduce-and-open.mjs
//   insert-openpgp PORT   an OpenPGP card
//   remove PORT
//   die PORT              the card leaves at the next command, without an answer
//   die-within PORT N     … after N bytes of the answer
//   truncate PORT N       the next answer is cut to N bytes
//   mute PORT             the next command gets no answer, until `resume PORT`
// Each is answered by `ID ok` or `ID error WHY`. `event PORT command INS` tells that a card has
// executed a command. The end of the input ends the program.
import { createInterface } from "node:readline";
import { CommandApdu } from "scard";
import { IsoCard, VirtualCard, connectVpcd } from "scard/virtual";

import { libraryCardContent } from "../../examples/library-card.mjs";
import { openPgpCard } from "./openpgp-card.mjs";
import { TestSlot } from "./test-card.mjs";

/** A reader of vpcd's: the card stays through restarts of the daemon. */
class VpcdPlace {
  #port;
  /** @type {{ controller: AbortController, bridge: Promise<import("scard/virtual").VpcdBridge> } | undefined} */
  #card;

  constructor(/** @type {number} */ port) {
    this.#port = port;
  }

  put(/** @type {import("scard/virtual").InsertableCard} */ card) {
    const controller = new AbortController();
    const { signal } = controller;
    // No daemon may be running yet.
    const bridge = connectVpcd(card, { port: this.#port, longestPauseMs: 20, signal });
    bridge.catch(() => undefined);
    this.#card = { controller, bridge };
  }

  async take() {
    const card = this.#card;
    this.#card = undefined;
    card?.controller.abort();
    const bridge = await card?.bridge.catch(() => undefined);
    await bridge?.close();
  }

  async fault(/** @type {import("scard/virtual").VpcdBridgeFault} */ fault) {
    const bridge = await this.#card?.bridge;
    if (bridge?.card === undefined) throw new Error("no card is in");
    bridge.fault(fault);
  }
}

const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);

/** @type {Map<number, { place: VpcdPlace, slot: TestSlot }>} */
const readers = new Map();

function readerOf(/** @type {number} */ port) {
  let reader = readers.get(port);
  if (reader === undefined) {
    const place = new VpcdPlace(port);
    const seen = (/** @type {string} */ ins) => say(`event ${String(port)} command ${ins}`);
    reader = { place, slot: new TestSlot({ VirtualCard, CommandApdu }, place, seen) };
    readers.set(port, reader);
  }
  return reader;
}

/** @type {import("scard/virtual").IsoCardDescription} */
const idCard = {
  listing: "tcos",
  files: [
    {
      type: "df",
      id: 0x5c00,
      aid: "F0 73 63 61 72 64",
      files: [
        { type: "transparent", id: 0x5c01, sfi: 1, content: Buffer.from("Ada Lovelace") },
        { type: "transparent", id: 0x5c02, sfi: 2, content: Buffer.from("Analyst") },
      ],
    },
  ],
};

/** @type {Record<string, (port: number, argument: string) => unknown>} */
const orders = {
  insert: (port, atr) => readerOf(port).slot.insert(atr),
  "insert-native": async (port) => {
    const { place, slot } = readerOf(port);
    await slot.remove();
    place.put(new IsoCard(idCard));
  },
  "insert-library": async (port) => {
    const { place, slot } = readerOf(port);
    await slot.remove();
    place.put(new IsoCard(libraryCardContent));
  },
  "insert-openpgp": async (port) => {
    const { place, slot } = readerOf(port);
    await slot.remove();
    place.put(new IsoCard(openPgpCard));
  },
  remove: (port) => readerOf(port).slot.remove(),
  die: (port) => readerOf(port).slot.die(),
  "die-within": (port, bytes) => readerOf(port).slot.dieWithin(Number(bytes)),
  truncate: (port, bytes) => readerOf(port).slot.truncate(Number(bytes)),
  mute: (port) => {
    readerOf(port).slot.mute();
  },
  resume: (port) => {
    readerOf(port).slot.resume();
  },
};

async function obey(/** @type {string} */ line) {
  const [id, order = "", port, argument = ""] = line.split(" ");
  try {
    const perform = orders[order];
    if (perform === undefined) throw new Error(`unknown order ${order}`);
    await perform(Number(port), argument);
    say(`${String(id)} ok`);
  } catch (error) {
    say(`${String(id)} error ${error instanceof Error ? error.message : String(error)}`);
  }
}

// One after the other: an order finds done what the one before it asked for.
let last = Promise.resolve();
for await (const line of createInterface({ input: process.stdin })) {
  last = last.then(() => obey(line));
}
await last;
for (const { slot } of readers.values()) await slot.remove();
