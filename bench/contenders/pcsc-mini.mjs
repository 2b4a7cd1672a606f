// pcsc-mini: a client's readers come as events, four at most.
import { firstOf, load } from "./packages.mjs";

/** @param {number} wanted @param {number} room */
export async function open(wanted, room) {
  const { Client, CardMode, ReaderStatus } = load("pcsc-mini");
  const client = new Client();
  /** @type {((inserted: boolean) => void) | undefined} */
  let watcher;
  client.on("error", () => undefined);
  const readers = await firstOf(wanted, (found) => {
    client.on("reader", (/** @type {any} */ reader) => {
      let seen = false;
      reader.on("change", (/** @type {any} */ status) => {
        const present = status.has(ReaderStatus.PRESENT);
        watcher?.(present);
        if (seen || !present) return;
        seen = true;
        found(reader);
      });
    });
    client.start();
  });
  const cards = await Promise.all(readers.map((reader) => reader.connect(CardMode.SHARED)));
  return {
    cards: cards.map((card) => {
      const buffer = new ArrayBuffer(Math.max(room, 264));
      return {
        // A second command on a card rejects with CardIsBusy while the first runs.
        flight: false,
        transmit: (/** @type {Uint8Array} */ command) => card.transmit(command),
        awaitedInto: (/** @type {Uint8Array} */ command) => card.transmit(command, buffer),
      };
    }),
    /** @param {(inserted: boolean) => void} listener */
    watch(listener) {
      watcher = listener;
      return () => undefined;
    },
  };
}
