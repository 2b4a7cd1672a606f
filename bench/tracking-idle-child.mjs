// Watches all readers with one package and says "ready" once it has seen them; ends with its input.
//   tracking-idle-child.mjs scard|smartcard|pcsc-mini|pcsclite READERS [PEERS]
import { createRequire } from "node:module";
import { join } from "node:path";

const [contender = "scard", wanted = "16", peers = ""] = process.argv.slice(2);
let seen = 0;

/** @param {string} problem */
function complain(problem) {
  process.stdout.write(`problem: ${problem}\n`);
}

function see() {
  seen += 1;
  if (seen === Number(wanted)) process.stdout.write("ready\n");
}

/** @param {string} module */
function load(module) {
  return createRequire(join(peers, contender, "package.json"))(module);
}

/** @type {Record<string, () => unknown>} */
const starts = {
  scard: async () => {
    const { establishContext } = await import("../dist/index.js");
    const context = await establishContext();
    context.track().on("snapshot", ({ readers }) => {
      for (const reader of readers) if (reader) see();
    });
    return context;
  },
  smartcard: () => {
    const { Devices } = load("smartcard");
    const devices = new Devices();
    devices.on("reader-attached", see);
    devices.on("error", (/** @type {unknown} */ error) => complain(String(error)));
    devices.start();
    return devices;
  },
  "pcsc-mini": () => {
    const { Client } = load("pcsc-mini");
    const client = new Client();
    client.on("reader", see);
    client.on("error", (/** @type {unknown} */ error) => complain(String(error)));
    client.start();
    return client;
  },
  pcsclite: () => {
    const pcsc = load("@pokusew/pcsclite")();
    pcsc.on("reader", (/** @type {{ on: Function }} */ reader) => {
      // Its readers are watched from the first listener on.
      reader.on("status", () => undefined);
      reader.on("error", (/** @type {unknown} */ error) => complain(String(error)));
      see();
    });
    pcsc.on("error", (/** @type {unknown} */ error) => complain(String(error)));
    return pcsc;
  },
};

const kept = await starts[contender]?.();
process.stdin.on("end", () => process.exit(kept === undefined ? 1 : 0)).resume();
