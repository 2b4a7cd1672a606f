// Bridges to a server that plays vpcd: in workers that are terminated while a handler has a
// command and another card serves one after the other; then one that nobody keeps; then one that
// must not keep the process.
//   bridge.mjs ROUNDS
import { once } from "node:events";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { VirtualCard, connectVpcd } from "scard/virtual";

const source = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { VirtualCard, connectVpcd } = require("scard/virtual");
  const answer = ({ ins }) => (ins === 1 ? 0x9000 : new Promise(() => undefined));
  for (let i = 0; i < 2; ++i) {
    const card = new VirtualCard({ atr: "3B80800101", handler: answer });
    void connectVpcd(card, { port: workerData });
  }
`;

const command = (/** @type {number} */ ins) => Uint8Array.of(0, 4, 0, ins, 0, 0);

/** One connection gets a command that is never answered, the other the next after each answer. */
const server = createServer((socket) => {
  socket.on("error", () => undefined);
  const endless = ++connections % 2 === 1;
  if (endless) socket.on("data", () => socket.write(command(1)));
  socket.write(command(endless ? 1 : 2));
});
let connections = 0;
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
if (address === null || typeof address === "string") throw new Error("no port");
const { port } = address;

for (let round = 0; round < Number(process.argv[2]); ++round) {
  const worker = new Worker(source, { eval: true, workerData: port });
  const sockets = [];
  while (sockets.length < 2) sockets.push((await once(server, "connection"))[0]);
  // Not events.once: an end may be a reset too, which comes as an error before the close.
  const ended = sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  // Some of the ends meet JavaScript in the middle of a command.
  await new Promise((resolve) => setTimeout(resolve, round % 4));
  const code = await worker.terminate();
  if (code !== 1) throw new Error(`terminate gave ${code}`);
  await Promise.all(ended);
}

const card = () => new VirtualCard({ atr: "3B80800101", handler: () => 0x9000 });

/** Nobody keeps this bridge: it stays open all the same, and serves. */
async function open() {
  const connection = once(server, "connection");
  (await connectVpcd(card(), { port })).unref();
  return (await connection)[0];
}
connections = 0;
const socket = await open();
let answers = 0;
socket.on("data", () => ++answers);
for (let round = 0; round < 5; ++round) {
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 2));
}
if (answers === 0 || socket.destroyed) throw new Error("The bridge was collected");
console.log("stays open");

/** What was closed is collected. */
async function closed() {
  const bridge = await connectVpcd(card(), { port });
  await bridge.close();
  return new WeakRef(bridge);
}
const refs = [await closed(), await closed(), await closed()];
for (let round = 0; round < 50 && refs.some((ref) => ref.deref() !== undefined); ++round) {
  await new Promise((resolve) => setTimeout(resolve, 10));
  globalThis.gc?.();
}
console.log("dropped", refs.filter((ref) => ref.deref() === undefined).length);

// The bridge that is still open must not hold the process; the server's sockets would.
server.close();
server.unref();
socket.unref();
console.log("over");
