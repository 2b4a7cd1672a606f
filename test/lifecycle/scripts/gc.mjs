// Drops contexts and cards without closing them, and waits until nothing native is left of them.
//   gc.mjs READER
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { establishContext } from "scard";
import { statistics } from "../../../dist/index.js";

const [reader = ""] = process.argv.slice(2);
if (!globalThis.gc) throw new Error("--expose-gc is needed");
const collect = globalThis.gc;

async function use() {
  const context = await establishContext();
  const card = await context.connect(reader);
  await card.transmit(Buffer.from("00A4040000", "hex"));
  const tx = await card.beginTransaction();
  await tx.end();
}

/** @param {(now: ReturnType<typeof statistics>) => boolean} reached */
async function settled(reached) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    collect();
    const now = statistics();
    if (reached(now)) return now;
    if (Date.now() > deadline) throw new Error(`Still there: ${JSON.stringify(now)}`);
    await delay(10);
  }
}

/** Threads as the system counts them. */
const systemThreads = () => readdirSync("/proc/self/task").length;
/** Open sockets and files. */
const handles = () => readdirSync("/proc/self/fd").length;

await use();
const before = await settled(({ contexts, cards }) => contexts === 0 && cards === 0);
const threadsBefore = systemThreads();
const handlesBefore = handles();
for (let round = 0; round < 5; ++round) {
  await Promise.all(Array.from({ length: 8 }, use));
}
const after = await settled(
  ({ contexts, cards, threads }) => contexts === 0 && cards === 0 && threads <= before.threads,
);
console.log(
  JSON.stringify({
    before,
    after,
    threads: [threadsBefore, systemThreads()],
    handles: [handlesBefore, handles()],
  }),
);
