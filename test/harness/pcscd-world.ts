// The contract suite's world over a private pcscd, for the test file's own process.
import type { World } from "../contract/world.js";
import { startPcscd, type Pcscd, type PcscdOptions } from "./pcscd.js";
import { pcscdAvailable } from "./sandbox.js";

export interface PcscdWorld {
  readonly pcscd: Pcscd;
  readonly world: World;
  stop(): Promise<void>;
}

/**
 * Starts a daemon and makes it this process's own and its children's. Nothing where none can be
 * started: `requirePcscd` then says so for each test.
 */
export async function pcscdWorld(options: PcscdOptions = {}): Promise<PcscdWorld | undefined> {
  if ("reason" in pcscdAvailable()) return undefined;
  if (process.env["PCSCLITE_CSOCK_NAME"]?.includes("scard-pcscd-")) {
    // libpcsclite has read the first one's address, and would never find the second.
    throw new Error("One daemon per test file; stop() and start() it as often as needed");
  }
  const pcscd = await startPcscd(options);
  Object.assign(process.env, pcscd.env);
  const world: World = {
    options: {},
    readers: pcscd.readers,
    // vpcd announces a message's length in two bytes.
    longestMessage: 65_535,
    card: (index) => pcscd.card(index),
    stopService: async (how) => {
      await (how === "crash" ? pcscd.kill() : pcscd.terminate());
    },
    startService: async () => pcscd.start(),
  };
  return { pcscd, world, stop: async () => pcscd.stop() };
}
