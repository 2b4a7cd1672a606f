// Starts workers one after another, each with waits pending, and terminates them in the middle.
//   workers.mjs ROUNDS READER
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { establishContext } from "scard";

const [rounds = "1", reader = ""] = process.argv.slice(2);

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
    parentPort.postMessage("waiting");
  })();
`;

const context = await establishContext();
for (let round = 0; round < Number(rounds); ++round) {
  const worker = new Worker(source, { eval: true, workerData: reader });
  const [message] = await once(worker, "message");
  if (message !== "waiting") throw new Error(`The worker said ${message}`);
  const code = await worker.terminate();
  if (code !== 1) throw new Error(`terminate gave ${code}`);
}
// What the workers held is released in the background; main was not touched.
const card = await context.connect(reader);
const response = await card.transmit(Buffer.from("00A4040000", "hex"));
console.log("done", Buffer.from(response).toString("hex"));
