// Tracks readers and says so; ends by itself, or when told how.
//   track.mjs ref|unref
import { once } from "node:events";
import { createInterface } from "node:readline";
import { establishContext } from "scard";

const [mode = "ref"] = process.argv.slice(2);
const context = await establishContext();
const tracker = context.track();
await once(tracker, "snapshot");
console.log("snapshot");
if (mode === "unref") {
  tracker.unref();
} else {
  const orders = createInterface({ input: process.stdin });
  const [order] = await once(orders, "line");
  if (order === "exit") process.exit(0);
  orders.close();
  process.stdin.destroy();
  await tracker.stop();
  await context.close();
  console.log("ended");
}
