// How long fs.stat takes without and with waits pending; libuv's pool has four threads.
//   event-loop.mjs READER
import { stat } from "node:fs/promises";
import { establishContext } from "scard";

const [reader = ""] = process.argv.slice(2);

async function stats() {
  /** @type {number[]} */
  const times = [];
  for (let i = 0; i < 200; ++i) {
    const start = performance.now();
    await stat(import.meta.filename);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return { median: times[100], longest: times[199] };
}

const context = await establishContext();
const states = await context.getStatusChange([reader]);
const idle = await stats();
const waits = Array.from({ length: 8 }, () =>
  context.getStatusChange(states, { timeoutMs: 20_000 }).then(
    () => "changed",
    (error) => error.code,
  ),
);
await context.listReaders();
const waiting = await stats();
context.cancel();
const ended = await Promise.all(waits);
await context.close();
console.log(JSON.stringify({ idle, waiting, ended }));
