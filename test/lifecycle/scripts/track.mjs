// Tracks readers and says what happens; ends by itself, or when told how.
//   track.mjs ref|unref|unref-ref
// Orders are lines: ref, unref, stop, close, close-context, exit. They do not keep it alive.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { establishContext } from "scard";

const [mode = "ref"] = process.argv.slice(2);
const context = await establishContext();
const tracker = context.track();
tracker.on("event", ({ type }) => {
  console.log(type);
});
await once(tracker, "snapshot");

/** @type {Record<string, () => unknown>} */
const orders = {
  ref: () => tracker.ref(),
  unref: () => tracker.unref(),
  stop: async () => {
    await tracker.stop();
    console.log("ended");
  },
  close: async () => {
    await tracker.stop();
    await context.close();
    console.log("ended");
  },
  "close-context": async () => {
    await context.close();
    console.log("ended");
  },
  exit: () => process.exit(0),
};
createInterface({ input: process.stdin }).on("line", (order) => orders[order]?.());
if ("unref" in process.stdin) /** @type {import("node:net").Socket} */ (process.stdin).unref();

for (const order of mode.split("-")) orders[order]?.();
console.log("ready");
