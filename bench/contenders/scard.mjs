// This package, as built in dist/.
import { load } from "./packages.mjs";

/** Of the cards that are in. */
const ofTheCard = { atr: "3B858001736361726463", mask: "FFFFFFFFFFFFFFFFFFFF" };

/** ATRs that differ, the low half of the last byte aside. @param {number} index */
const otherAtr = (index) => `3B64${index.toString(16).padStart(11, "0").toUpperCase()}0`;

/** @param {number} wanted @param {number} room */
export async function open(wanted, room) {
  const { establishContext, ApduScript } = load("scard");
  const context = await establishContext({ database: "memory" });
  const names = (await context.listReaders()).slice(0, wanted);
  const cards = await Promise.all(names.map((/** @type {string} */ name) => context.connect(name)));
  return {
    cards: cards.map((card) => operations(card, room, ApduScript)),
    /** @param {(inserted: boolean) => void} listener */
    watch(listener) {
      const tracker = context.track();
      tracker.on("card-inserted", () => listener(true));
      tracker.on("card-removed", () => listener(false));
      return () => tracker.stop();
    },
    ...(typeof context.locateCards === "function" && {
      /** @param {number} types */
      locate: async (types) => {
        const cardTypes = Array.from({ length: types }, (_, index) => ({
          name: `Type ${index}`,
          ...(index === types - 1 ? ofTheCard : { atr: otherAtr(index), mask: "FFFFFFFFFFFFFFF0" }),
        }));
        await context.database.import(JSON.stringify({ version: 1, cardTypes }), { replace: true });
        return () => context.locateCards({ cardTypes: [`Type ${types - 1}`] });
      },
    }),
  };
}

/** @param {any} card @param {number} room @param {any} ApduScript */
function operations(card, room, ApduScript) {
  const target = new Uint8Array(room);
  const has = (/** @type {string} */ name) => typeof card[name] === "function";
  return {
    flight: true,
    /** @param {Uint8Array} command */
    transmit: (command) => card.transmit(command),
    ...(has("transmitSync") && {
      /** @param {Uint8Array} command */
      sync: (command) => card.transmitSync(command),
    }),
    ...(has("transmitSyncInto") && {
      /** @param {Uint8Array} command */
      into: (command) => card.transmitSyncInto(command, target),
    }),
    ...(has("runScript") && {
      /** @param {Uint8Array[]} commands */
      script: (commands) => {
        const script = new ApduScript(commands);
        return () => card.runScript(script);
      },
    }),
    ...(has("transmitInto") && {
      /** @param {Uint8Array} command */
      awaitedInto: (command) => card.transmitInto(command, target),
    }),
  };
}
