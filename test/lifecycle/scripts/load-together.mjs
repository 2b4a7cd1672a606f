// Loads the package in main and in several workers at the same time, and uses it in all of them.
//   load-together.mjs WORKERS
import { once } from "node:events";
import { Worker } from "node:worker_threads";

const [workers = "1"] = process.argv.slice(2);

const source = `
  const { parentPort } = require("node:worker_threads");
  require("scard").establishContext()
    .then((context) => context.listReaders().then((readers) => context.close().then(() => readers)))
    .then((readers) => parentPort.postMessage(readers.length));
`;

const others = Array.from({ length: Number(workers) }, async () => {
  const worker = new Worker(source, { eval: true });
  const exited = once(worker, "exit");
  const [readers] = await once(worker, "message");
  const [code] = await exited;
  if (code !== 0) throw new Error(`The worker exited with ${code}`);
  return readers;
});
const { establishContext } = await import("scard");
const context = await establishContext();
const own = (await context.listReaders()).length;
console.log("readers", own, ...(await Promise.all(others)));
await context.close();
