// What a tracker over 16 readers costs while nothing happens: processor time and context switches of
// the process and all its threads.
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { test } from "vitest";

import { establishContext } from "../lib/index.js";
import { pcscdWorld } from "../test/harness/pcscd-world.js";

const seconds = Number(process.env["SECONDS"] ?? 60);

/** Voluntary context switches by thread. */
function switches(): Map<string, number> {
  const found = new Map<string, number>();
  for (const thread of readdirSync("/proc/self/task")) {
    const status = readFileSync(`/proc/self/task/${thread}/status`, "utf8");
    const name = /^Name:\s+(.*)$/m.exec(status)?.[1] ?? "";
    const count = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1];
    found.set(`${name} ${thread}`, Number(count));
  }
  return found;
}

test("an idle tracker", async () => {
  const started = await pcscdWorld({ readers: 16 });
  if (started === undefined) throw new Error("pcscd cannot be started here");
  try {
    await using context = await establishContext();
    await using tracker = context.track();
    await new Promise((resolve) => tracker.once("snapshot", resolve));
    // Past the second looks that follow the beginning of a wait.
    await delay(2000);
    const [before, cpu] = [switches(), process.cpuUsage()];
    await delay(seconds * 1000);
    const used = process.cpuUsage(cpu);
    const ours = [...switches()].filter(([name]) => name.startsWith("scard-"));
    const woken = ours.map(([name, count]) => [name, count - (before.get(name) ?? 0)]);
    console.log(`${String(seconds)} s, ${String(tracker.readers.length)} readers`);
    console.log(`processor time, whole process: ${String((used.user + used.system) / 1000)} ms`);
    console.log(`wake-ups of our threads: ${JSON.stringify(Object.fromEntries(woken))}`);
  } finally {
    await started.stop();
  }
});
