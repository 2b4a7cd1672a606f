// Cards answered by JavaScript in workers that are terminated: one card is in the middle of an
// exchange, another exchanges one command after the other, so that the end meets JavaScript at any
// point of it. Then a card that only its connection keeps alive, and cards that nothing keeps.
//   virtual-cards.mjs ROUNDS
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { establishContext } from "scard";
import { VirtualCard, createVirtualSubsystem } from "scard/virtual";

const source = `
  const { parentPort } = require("node:worker_threads");
  const { establishContext } = require("scard");
  const { VirtualCard, createVirtualSubsystem } = require("scard/virtual");
  (async () => {
    const subsystem = createVirtualSubsystem();
    const reader = subsystem.addReader("Reader");
    const answer = ({ ins }) => (ins === 1 ? 0x9000 : new Promise(() => undefined));
    reader.insert(new VirtualCard({ atr: "3B80800101", handler: answer }));
    const context = await establishContext({ subsystem });
    const card = await context.connect("Reader");
    await card.transmit("00010000");
    card.transmit("00020000").catch(() => undefined);
    context.getStatusChange([{ reader: "Reader", current: 0x10122 }]).catch(() => undefined);
    while (!reader.state.busy) await new Promise(setImmediate);
    subsystem.addReader("Busy").insert(new VirtualCard({ atr: "3B80800101", handler: answer }));
    const busy = await context.connect("Busy");
    parentPort.postMessage("answering");
    for (;;) await busy.transmit("00010000");
  })();
`;

for (let round = 0; round < Number(process.argv[2]); ++round) {
  const worker = new Worker(source, { eval: true });
  const [message] = await once(worker, "message");
  if (message !== "answering") throw new Error(`The worker said ${message}`);
  const code = await worker.terminate();
  if (code !== 1) throw new Error(`terminate gave ${code}`);
}

/** Nothing but the connection is kept. */
async function connectAndForget() {
  const subsystem = createVirtualSubsystem();
  subsystem
    .addReader("Reader")
    .insert(new VirtualCard({ atr: "3B80800101", handler: () => 0x9000 }));
  const context = await establishContext({ subsystem });
  return context.connect("Reader");
}

const card = await connectAndForget();
for (let round = 0; round < 5; ++round) {
  globalThis.gc?.();
  await new Promise(setImmediate);
}
console.log("kept", Buffer.from(await card.transmit("00010000")).toString("hex"));

/** Nothing is kept. */
async function leak() {
  return new WeakRef(await connectAndForget());
}
const refs = [await leak(), await leak(), await leak()];
for (let round = 0; round < 50 && refs.some((ref) => ref.deref() !== undefined); ++round) {
  // In a turn of its own: deref() keeps its object until the turn ends.
  await new Promise((resolve) => setTimeout(resolve, 10));
  globalThis.gc?.();
}
console.log("dropped", refs.filter((ref) => ref.deref() === undefined).length);
