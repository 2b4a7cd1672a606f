// Stand-ins for a pcscd that hangs, and for one that speaks to no client of this version.
import { once } from "node:events";
import { rmSync } from "node:fs";
import { type Socket, createServer } from "node:net";

export interface FakeDaemon {
  /** Resolves with the first client. */
  readonly taken: Promise<unknown>;
  /** How many clients have come. */
  readonly clients: () => number;
  readonly end: () => void;
}

/** A daemon at `path` that takes connections and never says a word. */
export async function muteDaemon(path: string): Promise<FakeDaemon> {
  return listenAt(path, () => undefined);
}

/** The header of libpcsclite's messages: size and command, and CMD_VERSION's payload. */
const versionRequest = 8 + 12;
/** SCARD_E_SERVICE_STOPPED, little endian as on every machine that this runs on. */
const refusal = 0x8010001e;

/** A daemon at `path` of a later protocol, 5:0, that refuses every client. */
export async function refusingDaemon(path: string): Promise<FakeDaemon> {
  return listenAt(path, (socket) => {
    let heard = 0;
    socket.on("data", ({ length }: Buffer) => {
      const before = heard;
      heard += length;
      if (before >= versionRequest || heard < versionRequest) return;
      const answer = Buffer.alloc(12);
      answer.writeInt32LE(5, 0);
      answer.writeUInt32LE(refusal, 8);
      socket.end(answer);
    });
  });
}

async function listenAt(path: string, serve: (socket: Socket) => void): Promise<FakeDaemon> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    // A client may be gone before it is answered.
    socket.on("error", () => undefined);
    serve(socket);
  });
  rmSync(path, { force: true });
  server.listen(path);
  await once(server, "listening");
  return {
    taken: once(server, "connection"),
    clients: () => sockets.length,
    end: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
