// smartcard (tomkp): its Context, which it documents for direct access; its Devices for events.
import { load } from "./packages.mjs";

/** @param {number} wanted @param {number} room */
export async function open(wanted, room) {
  const { Context, Devices } = load("smartcard");
  const context = new Context();
  const readers = context.listReaders().slice(0, wanted);
  const cards = await Promise.all(readers.map((/** @type {any} */ one) => one.connect(2, 3)));
  // Up to its default of 258 bytes a caller gives no option.
  const options = room > 258 ? { maxRecvLength: room } : undefined;
  return {
    // Its cards do not hold it, and end with it.
    context,
    cards: cards.map((card) => ({
      flight: true,
      /** @type {(command: Buffer) => Promise<Uint8Array>} */
      transmit: options
        ? (command) => card.transmit(command, options)
        : (command) => card.transmit(command),
    })),
    /** @param {(inserted: boolean) => void} listener */
    watch(listener) {
      const devices = new Devices();
      devices.on("card-inserted", () => listener(true));
      devices.on("card-removed", () => listener(false));
      devices.on("error", () => undefined);
      devices.start();
      return () => devices.stop();
    },
  };
}
