// A tracker that is left running while the daemon dies under it, and programs that end with one.
import { readFileSync, readdirSync } from "node:fs";

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { PcscError, establishContext, statistics, whenServiceAvailable } from "../../lib/index.js";
import { cardIn, commands, dataOf, failure } from "../contract/support.js";
import { Child } from "../harness/child.js";
import { pcscdWorld, type PcscdWorld } from "../harness/pcscd-world.js";
import { requirePcscd } from "../harness/require-pcscd.js";

const cycles = 10;
/** Far more than a recovery takes. */
const promptly = 20_000;

let started: PcscdWorld | undefined;

beforeAll(async () => {
  started = await pcscdWorld({ readers: 2 });
});
beforeEach((context) => {
  requirePcscd(context);
});
afterAll(async () => {
  await started?.stop();
});

function running(): PcscdWorld {
  if (started === undefined) throw new Error("pcscd is not running");
  return started;
}

interface Footprint {
  readonly threads: number;
  readonly descriptors: number;
}

/** What this process holds of the kernel. */
function footprint(): Footprint {
  const threads = /^Threads:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return { threads: Number(threads), descriptors: readdirSync("/proc/self/fd").length };
}

test(
  "goes on through kills of the daemon, with an open card and a wait pending",
  async () => {
    const { pcscd, world } = running();
    await using context = await establishContext();
    const reader = await cardIn(world, context, 0);
    await using tracker = context.track();
    const restored = (): Promise<unknown> =>
      new Promise((resolve) => tracker.once("service-restored", resolve));
    // A card that is there at the first look after the restart is told of as reset, another as come.
    const found = (): Promise<unknown> =>
      new Promise((resolve) => {
        const heard = (event: { readonly reader: string }): void => {
          if (event.reader !== reader) return;
          tracker.off("card-inserted", heard).off("card-reset", heard);
          resolve(event);
        };
        tracker.on("card-inserted", heard).on("card-reset", heard);
      });
    let settled: Footprint | undefined;
    for (let cycle = 0; cycle < cycles; ++cycle) {
      const card = await context.connect(reader);
      const wait = failure(context.getStatusChange(await context.getStatusChange([reader])));
      await context.listReaders();
      const [back, again] = [restored(), found()];
      await pcscd.kill();
      expect(await wait).toBeInstanceOf(PcscError);
      expect(await failure(card.transmit(commands.select))).toBeInstanceOf(PcscError);
      await pcscd.start();
      await back;
      await again;
      await failure(card.disconnect());
      await using fresh = await context.connect(reader);
      dataOf(await fresh.transmit(commands.select));
      await fresh.disconnect();
      expect(await context.listReaders()).toEqual(world.readers);
      if (cycle === 2) settled = footprint();
    }
    const now = footprint();
    // What is being released this very moment may still be there, but nothing of 7 cycles.
    expect(now.threads).toBeLessThanOrEqual((settled?.threads ?? 0) + 4);
    expect(now.descriptors).toBeLessThanOrEqual((settled?.descriptors ?? 0) + 4);
    expect(statistics().contexts).toBeLessThanOrEqual(2);
  },
  cycles * promptly,
);

test("finds a daemon that comes late, by its socket", async () => {
  const { pcscd } = running();
  await pcscd.kill();
  const wait = whenServiceAvailable({ timeoutMs: promptly });
  // By now the attempts are a second apart, and the socket is watched.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  await pcscd.start();
  const start = performance.now();
  await wait;
  expect(performance.now() - start).toBeLessThan(1000);
});

test("ends by itself with a tracker that is not to keep it alive", async () => {
  const child = new Child("track", { args: ["unref"] });
  expect(await child.ended).toMatchObject({ code: 0, signal: null, stdout: "snapshot" });
});

test("stays alive with a tracker, and ends cleanly when that is stopped", async () => {
  const child = new Child("track", { args: ["ref"] });
  await child.said("snapshot");
  child.tell("stop");
  expect(await child.ended).toMatchObject({
    code: 0,
    signal: null,
    stdout: "snapshot\nended",
    stderr: "",
  });
});

test("ends mid-wait when it is told to exit", async () => {
  const child = new Child("track", { args: ["ref"] });
  await child.said("snapshot");
  child.tell("exit");
  expect(await child.ended).toMatchObject({ code: 0, signal: null, stderr: "" });
});
