// Says "connected", then serves with nothing but a bridge to keep the process: a server in a worker
// that does not keep it plays vpcd. Ends when it is told to let go.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { VirtualCard, connectVpcd } from "scard/virtual";

const source = `
  const { parentPort } = require("node:worker_threads");
  const { createServer } = require("node:net");
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write(Uint8Array.of(0, 1, 0));
    setTimeout(() => socket.write(Uint8Array.of(0, 4, 0, 1, 0, 0)), 200);
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;
const worker = new Worker(source, { eval: true });
const [port] = await once(worker, "message");
worker.unref();

const card = new VirtualCard({
  atr: "3B80800101",
  handler: () => {
    console.log("served");
    process.stdin.on("data", () => {
      console.log("unref");
      process.stdin.destroy();
      bridge.unref();
    });
    return 0x9000;
  },
});
const bridge = await connectVpcd(card, { port });
console.log("connected");
