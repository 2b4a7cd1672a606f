// Brings the process into a state, says "ready", and ends when told how.
//   exit.mjs SITUATION READER
import { once } from "node:events";
import { establishContext } from "scard";

const [situation = "", reader = ""] = process.argv.slice(2);

/** @type {Record<string, () => Promise<void>>} */
const situations = {
  async idle() {
    const context = await establishContext();
    const card = await context.connect(reader);
    await card.transmit(select);
  },
  async waits() {
    const context = await establishContext();
    const states = await context.getStatusChange([reader]);
    for (let i = 0; i < 4; ++i) unfinished(context.getStatusChange(states));
  },
  async transmit() {
    const context = await establishContext();
    const card = await context.connect(reader);
    unfinished(card.transmit(select));
    unfinished(card.transmit(select));
  },
  async transaction() {
    const context = await establishContext();
    const card = await context.connect(reader, { disposition: "reset" });
    const tx = await card.beginTransaction();
    await tx.transmit(select);
  },
  async blocked() {
    const context = await establishContext();
    const card = await context.connect(reader);
    console.log("connected");
    await order();
    unfinished(card.beginTransaction());
    unfinished(context.connect(reader));
  },
};

const select = Buffer.from("00A4040000", "hex");

/** @param {Promise<unknown>} promise */
function unfinished(promise) {
  promise.then(
    () => console.log("settled"),
    (error) => console.log("rejected", error.code),
  );
}

async function order() {
  const [line] = await once(process.stdin, "data");
  return String(line).trim();
}

await situations[situation]?.();
console.log("ready");
// An idle program ends by itself; nothing may keep it.
if (situation !== "idle") {
  switch (await order()) {
    case "exit":
      process.exit(0);
      break;
    case "throw":
      setImmediate(() => {
        throw new Error("nobody catches this");
      });
  }
}
