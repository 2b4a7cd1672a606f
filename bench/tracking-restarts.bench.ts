// Kills and restarts pcscd under a tracker, an open card and a pending wait, and shows how long each
// recovery takes after the daemon is back, and what the process holds.
import { readFileSync, readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { expect, test } from "vitest";

import { establishContext } from "../lib/index.js";
import { pcscdWorld } from "../test/harness/pcscd-world.js";
import { summary } from "./summary.js";

const cycles = Number(process.env["CYCLES"] ?? 200);

/** By this cycle everything is loaded and compiled. */
const settledAfter = Math.min(20, cycles - 1);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

interface Footprint {
  readonly threads: number;
  readonly descriptors: number;
  /** Resident. */
  readonly megabytes: number;
  /** Objects in use, after a collection. */
  readonly heap: number;
}

function footprint(): Footprint {
  collect();
  const status = readFileSync("/proc/self/status", "utf8");
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return {
    threads: field("Threads"),
    descriptors: readdirSync("/proc/self/fd").length,
    megabytes: Math.round(field("VmRSS") / 1024),
    heap: Math.round(process.memoryUsage().heapUsed / 1024) / 1024,
  };
}

test("restarts of the daemon", async () => {
  const started = await pcscdWorld({ readers: 2 });
  if (started === undefined) throw new Error("pcscd cannot be started here");
  const { pcscd, world } = started;
  const reader = world.readers[0] ?? "";
  try {
    await using context = await establishContext();
    await using tracker = context.track();
    await world.card(0).insert();
    await context.waitForCard({ reader });
    const times: number[] = [];
    let settled = footprint();
    for (let cycle = 0; cycle < cycles; ++cycle) {
      const card = await context.connect(reader);
      const states = await context.getStatusChange([reader]);
      const wait = context.getStatusChange(states).catch(() => undefined);
      const restored = new Promise((resolve) => tracker.once("service-restored", resolve));
      await pcscd.kill();
      await wait;
      await pcscd.start();
      const start = performance.now();
      await restored;
      times.push(performance.now() - start);
      await card.disconnect().catch(() => undefined);
      await context.waitForCard({ reader });
      if (cycle % 20 === 0) console.log(cycle, JSON.stringify(footprint()));
      if (cycle === settledAfter) settled = footprint();
    }
    console.log("end", JSON.stringify(footprint()));
    console.log(`recovered after the daemon answered, ms: ${summary(times).text}`);
    expect(times).toHaveLength(cycles);
    // What is being released this very moment may still be there, but nothing of every cycle.
    const now = footprint();
    expect(now.threads).toBeLessThanOrEqual(settled.threads + 4);
    expect(now.descriptors).toBeLessThanOrEqual(settled.descriptors + 4);
    expect(now.megabytes).toBeLessThanOrEqual(settled.megabytes + 32);
  } finally {
    await started.stop();
  }
});
