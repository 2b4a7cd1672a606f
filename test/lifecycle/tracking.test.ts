// A tracker that is left running while the daemon dies under it, and programs that end with one.
import { readFileSync, readdirSync } from "node:fs";

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { PcscError, establishContext, statistics, whenServiceAvailable } from "../../lib/index.js";
import { cardIn, commands, dataOf, failure, noCardIn } from "../contract/support.js";
import { Child } from "../harness/child.js";
import { muteDaemon, refusingDaemon } from "../harness/fake-daemon.js";
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
  readonly megabytes: number;
}

/** A number of /proc/PID/status, or of a thread's. */
function field(file: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(file, "utf8"))?.[1];
  return Number(found);
}

/** What this process holds of the kernel. */
function footprint(): Footprint {
  const status = "/proc/self/status";
  return {
    threads: field(status, "Threads"),
    descriptors: readdirSync("/proc/self/fd").length,
    megabytes: field(status, "VmRSS") / 1024,
  };
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
    // The collector has its own time; what is left behind is looked for by bench/tracking-restarts.
    expect(now.megabytes).toBeLessThanOrEqual((settled?.megabytes ?? 0) + 64);
    expect(statistics().contexts).toBeLessThanOrEqual(2);
    // It would come back with each daemon that the other tests start.
    await noCardIn(world, context, 0);
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
  const stdout = "snapshot\nready";
  expect(await child.ended).toMatchObject({ code: 0, signal: null, stdout, stderr: "" });
});

test.each(["ref", "unref-ref"])(
  "stays alive with a tracker (%s), and ends cleanly when that is stopped",
  async (mode) => {
    const child = new Child("track", { args: [mode] });
    await child.said("ready");
    let ended = false;
    void child.ended.then(() => (ended = true));
    // By then one that nothing keeps alive has ended.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(ended).toBe(false);
    child.tell("close");
    const stdout = "snapshot\nready\nended";
    expect(await child.ended).toMatchObject({ code: 0, signal: null, stdout, stderr: "" });
  },
);

test("ends mid-wait when it is told to exit", async () => {
  const child = new Child("track", { args: ["ref"] });
  await child.said("ready");
  child.tell("exit");
  expect(await child.ended).toMatchObject({ code: 0, signal: null, stderr: "" });
});

test("ends by itself once unref is called while the daemon is away", async () => {
  const { pcscd } = running();
  const child = new Child("track", { args: ["ref"] });
  await child.said("ready");
  await pcscd.kill();
  try {
    await child.said("service-lost");
    child.tell("unref");
    expect(await child.ended).toMatchObject({ code: 0, signal: null, stderr: "" });
  } finally {
    await pcscd.start();
  }
});

test.each([
  ["unref", ""],
  ["stop", "\nended"],
  ["close-context", "\nended"],
])("ends by itself after %s while a daemon that hangs is asked", async (order, last) => {
  const { pcscd } = running();
  const child = new Child("track", { args: ["ref"] });
  await child.said("ready");
  await pcscd.kill();
  await child.said("service-lost");
  const daemon = await muteDaemon(pcscd.env.PCSCLITE_CSOCK_NAME);
  try {
    await daemon.taken;
    child.tell(order);
    const stdout = `snapshot\nready\nservice-lost${last}`;
    expect(await child.ended).toMatchObject({ code: 0, signal: null, stdout, stderr: "" });
  } finally {
    daemon.end();
    await pcscd.start();
  }
});

/** How often the threads of a process have gone to sleep. */
function sleeps(pid: number): number {
  const tasks = `/proc/${String(pid)}/task`;
  return readdirSync(tasks)
    .map((task) => field(`${tasks}/${task}/status`, "voluntary_ctxt_switches"))
    .reduce((sum, one) => sum + one, 0);
}

test("goes on asking a daemon that refuses this libpcsclite, as after an upgrade", async () => {
  const { pcscd } = running();
  const child = new Child("track", { args: ["ref"] });
  await child.said("ready");
  await pcscd.kill();
  await child.said("service-lost");
  const daemon = await refusingDaemon(pcscd.env.PCSCLITE_CSOCK_NAME);
  try {
    await expect.poll(daemon.clients, { timeout: promptly }).toBeGreaterThan(2);
  } finally {
    daemon.end();
    await pcscd.start();
  }
  await child.said("service-restored");
  child.tell("close");
  // Refusals are no events of their own: the service is lost once.
  const stdout = "snapshot\nready\nservice-lost\nservice-restored\nended";
  expect(await child.ended).toMatchObject({ code: 0, signal: null, stdout, stderr: "" });
});

test.each([
  ["a tracker", "track", { args: ["ref"], last: "close" }],
  ["a wait for a card", "wait", { args: [], last: "abort" }],
])("%s wakes nothing up while nothing happens", async (_, script, { args, last }) => {
  const child = new Child(script, { args });
  await child.said("ready");
  // Node's own threads settle, and the second looks are over.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const before = sleeps(child.pid);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  expect(sleeps(child.pid) - before).toBeLessThanOrEqual(2);
  child.tell(last);
  expect(await child.ended).toMatchObject({ code: 0, signal: null, stderr: "" });
});
