// @pokusew/pcsclite: callbacks, made promises in the cheapest way where a promise is awaited.
import { firstOf, load } from "./packages.mjs";

const present = 0x20;

/** @typedef {(error: unknown, value: any) => void} Callback */

/** @param {number} wanted @param {number} room */
export async function open(wanted, room) {
  const pcsc = load("pcsclite")();
  /** @type {((inserted: boolean) => void) | undefined} */
  let watcher;
  pcsc.on("error", () => undefined);
  const readers = await firstOf(wanted, (found) => {
    pcsc.on("reader", (/** @type {any} */ reader) => {
      reader.on("error", () => undefined);
      reader.on("status", (/** @type {any} */ status) => watcher?.((status.state & present) !== 0));
      found(reader);
    });
  });
  const cards = await Promise.all(readers.map((reader) => connect(reader, room)));
  return {
    cards,
    /** @param {(inserted: boolean) => void} listener */
    watch(listener) {
      watcher = listener;
      return () => undefined;
    },
  };
}

/** @param {any} reader @param {number} room */
async function connect(reader, room) {
  const protocol = await new Promise((resolve, reject) => {
    /** @type {Callback} */
    const done = (error, value) => (error ? reject(error) : resolve(value));
    reader.connect({ share_mode: reader.SCARD_SHARE_SHARED }, done);
  });
  return {
    flight: true,
    /** @param {Buffer} command @returns {Promise<Uint8Array>} */
    transmit: (command) =>
      new Promise((resolve, reject) => {
        /** @type {Callback} */
        const done = (error, value) => (error ? reject(error) : resolve(value));
        reader.transmit(command, room, protocol, done);
      }),
  };
}
