// Starts workers one after another, each with waits and a tracker pending, and terminates them in the
// middle.
//   workers.mjs ROUNDS READER [down]
// With "down" each is terminated while the service is away: it says "down" and "up" for what it wants
// done, and goes on at the next line of input.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import { establishContext } from "scard";

const [rounds = "1", reader = "", down] = process.argv.slice(2);

const source = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { establishContext } = require("scard");
  (async () => {
    const context = await establishContext();
    const card = await context.connect(workerData);
    await card.transmit(Buffer.from("00A4040000", "hex"));
    const states = await context.getStatusChange([workerData]);
    for (let i = 0; i < 2; ++i) context.getStatusChange(states).catch(() => undefined);
    await context.listReaders();
    const tracker = context.track();
    tracker.on("service-lost", () => parentPort.postMessage("lost"));
    for await (const { type } of tracker) {
      if (type === "snapshot") parentPort.postMessage("waiting");
    }
  })();
`;

const orders = createInterface({ input: process.stdin });

/** @param {string} wish */
async function wants(wish) {
  console.log(wish);
  await once(orders, "line");
}

/**
 * @param {Worker} worker
 * @param {string} expected
 */
async function says(worker, expected) {
  const [message] = await once(worker, "message");
  if (message !== expected) throw new Error(`The worker said ${message}, not ${expected}`);
}

const context = await establishContext();
for (let round = 0; round < Number(rounds); ++round) {
  const worker = new Worker(source, { eval: true, workerData: reader });
  await says(worker, "waiting");
  if (down === "down") {
    const lost = says(worker, "lost");
    await wants(`down ${round}`);
    await lost;
  }
  const code = await worker.terminate();
  if (code !== 1) throw new Error(`terminate gave ${code}`);
  if (down === "down") {
    await wants(`up ${round}`);
    await context.waitForCard({ reader });
  }
}
orders.close();
process.stdin.destroy();
// What the workers held is released in the background; main was not touched.
const card = await context.connect(reader);
const response = await card.transmit(Buffer.from("00A4040000", "hex"));
console.log("done", Buffer.from(response).toString("hex"));
