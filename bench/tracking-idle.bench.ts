// What a tracker over 16 readers costs while nothing happens, beside the monitors of other packages:
// processor time and context switches of a process that does nothing else. The others are measured
// where they are installed, each in its folder of bench/peers (or of PEERS).
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { pcscdWorld } from "../test/harness/pcscd-world.js";

const seconds = Number(process.env["SECONDS"] ?? 60);
const settling = Number(process.env["SETTLING"] ?? 30);
const readers = 16;
const peers = process.env["PEERS"] ?? fileURLToPath(new URL("peers", import.meta.url));
const program = fileURLToPath(new URL("tracking-idle-child.mjs", import.meta.url));

/** Voluntary and other context switches, and nanoseconds on a processor, of all threads. */
interface Cost {
  readonly voluntary: number;
  readonly forced: number;
  readonly busy: number;
  readonly threads: number;
}

function costOf(pid: number): Cost {
  let [voluntary, forced, busy] = [0, 0, 0];
  const threads = readdirSync(`/proc/${String(pid)}/task`);
  for (const thread of threads) {
    const folder = `/proc/${String(pid)}/task/${thread}`;
    const status = readFileSync(`${folder}/status`, "utf8");
    voluntary += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
    forced += Number(/^nonvoluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
    busy += Number(readFileSync(`${folder}/schedstat`, "utf8").split(" ")[0]);
  }
  return { voluntary, forced, busy, threads: threads.length };
}

interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly problems: string[];
  /** Settles when all readers are seen, or a while has passed without. */
  readonly ready: Promise<boolean>;
}

function start(name: string, most: number): Contender {
  const args = [program, name, String(Math.min(readers, most)), peers];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const problems: string[] = [];
  const seen = new Promise<boolean>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line === "ready") resolve(true);
      else problems.push(line);
    });
    child.on("exit", () => {
      resolve(false);
    });
  });
  const ready = Promise.race([seen, delay(20_000, false)]);
  return { name, child, problems, ready };
}

test("idle trackers", async () => {
  const started = await pcscdWorld({ readers });
  if (started === undefined) throw new Error("pcscd cannot be started here");
  const others = [
    ["smartcard", readers],
    ["pcsclite", readers],
    // It is compiled for 4 readers and ignores the others.
    ["pcsc-mini", 4],
  ] as const;
  const contenders = [
    start("scard", readers),
    ...others
      .filter(([name]) => existsSync(join(peers, name)))
      .map(([name, most]) => start(name, most)),
  ];
  try {
    const rows = [];
    for (const { name, ready, problems } of contenders) {
      if (!(await ready)) console.log(`${name} did not see all readers: ${problems.join("; ")}`);
    }
    // Past the second looks that follow the beginning of a wait, and what V8 tidies up afterwards.
    await delay(settling * 1000);
    const before = contenders.map(({ child }) => costOf(child.pid ?? 0));
    await delay(seconds * 1000);
    for (const [index, { name, child }] of contenders.entries()) {
      const [then, now] = [before[index] as Cost, costOf(child.pid ?? 0)];
      rows.push({
        package: name,
        threads: now.threads,
        "voluntary switches": now.voluntary - then.voluntary,
        "forced switches": now.forced - then.forced,
        "processor ms": ((now.busy - then.busy) / 1e6).toFixed(2),
      });
    }
    console.log(`${String(seconds)} s, ${String(readers)} readers`);
    console.table(rows);
    // libpcsclite itself asks the daemon once a minute how a wait is going, in three messages.
    expect(rows[0]?.["voluntary switches"]).toBeLessThanOrEqual(3 * Math.ceil(seconds / 60));
  } finally {
    for (const { child } of contenders) child.kill();
    await started.stop();
  }
});
