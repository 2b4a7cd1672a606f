// How a case of each kind is measured: one sample of one contender.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/run.mjs";
import { countLibrary } from "../build.mjs";
import {
  adapterOf,
  contenderCommand,
  contenderEnv,
  contenderScript,
  parseAnswer,
} from "./contender.mjs";
import { distribution } from "./statistics.mjs";

/** @typedef {import("./cases.mjs").Case} Case */
/** @typedef {import("./contender.mjs").Contender} Contender */
/** @typedef {import("./contender.mjs").Place} Place */

/** Thrown for what a contender cannot do; its text is the reason. */
export class Absent extends Error {}

/**
 * @typedef {object} Effort
 * @property {number} rounds
 * @property {number} budgetMs for one sample of a timed case
 * @property {number} delayMs to watch the event loop, each of idle and loaded
 * @property {number} insertions
 * @property {number} idleMs
 * @property {number} memoryCount APDUs
 * @property {number} processes of a case that starts one for every sample
 * @property {number} patienceMs for one order
 */

/** @type {Record<"quick" | "full", Effort>} */
export const efforts = {
  quick: {
    rounds: 3,
    budgetMs: 20,
    delayMs: 150,
    insertions: 3,
    idleMs: 300,
    memoryCount: 20_000,
    processes: 2,
    patienceMs: 30_000,
  },
  full: {
    rounds: 15,
    budgetMs: 150,
    delayMs: 1000,
    insertions: 10,
    idleMs: 2000,
    memoryCount: 10_000_000,
    processes: 15,
    patienceMs: 900_000,
  },
};

/**
 * @param {Contender} contender
 * @param {string} order
 * @param {Effort} effort
 */
export async function ask(contender, order, effort) {
  const answer = await contender.order(order, effort.patienceMs);
  if ("absent" in answer) throw new Absent(answer.absent);
  return answer.fields;
}

/**
 * How many APDUs fill the budget; warms the contender up on the way.
 * @param {Case} one
 * @param {Contender} contender
 * @param {Effort} effort
 */
export async function calibrate(one, contender, effort) {
  const steps = one.steps ?? 1;
  let count = steps;
  for (;;) {
    const { ns } = await ask(contender, `${one.order} n=${count}`, effort);
    const milliseconds = Number(ns) / 1e6;
    if (milliseconds >= effort.budgetMs / 2 || count >= 50_000_000) {
      const wanted = (count * effort.budgetMs) / Math.max(milliseconds, 0.001);
      return Math.max(steps, Math.round(wanted / steps) * steps);
    }
    const factor = effort.budgetMs / Math.max(milliseconds, 0.01);
    count *= Math.ceil(Math.min(10, Math.max(2, factor)));
  }
}

/** @type {Partial<Record<Case["kind"], (one: Case, contender: Contender, count: number, effort: Effort) => Promise<number>>>} */
export const samplers = {
  async timed(one, contender, count, effort) {
    const fields = await ask(contender, `${one.order} n=${count}`, effort);
    return Number(fields["ns"]) / Number(fields["n"] ?? count) / 1000;
  },
  async throughput(one, contender, count, effort) {
    const { ns } = await ask(contender, `${one.order} n=${count}`, effort);
    return (count * one.readers) / (Number(ns) / 1e9);
  },
  async delay(one, contender, _count, effort) {
    const { idle, loaded } = await ask(contender, `${one.order} ms=${effort.delayMs}`, effort);
    return (Number(loaded) - Number(idle)) / 1e6;
  },
  async insertion(one, contender, _count, effort) {
    const { values = "" } = await ask(contender, `${one.order} n=${effort.insertions}`, effort);
    return distribution(values.split(",").map(Number)).median / 1000;
  },
  async idle(one, contender, _count, effort) {
    const { us } = await ask(contender, `${one.order} ms=${effort.idleMs}`, effort);
    return (Number(us) * 1000) / effort.idleMs;
  },
  async memory(one, contender, _count, effort) {
    const { grown } = await ask(contender, `${one.order} n=${effort.memoryCount}`, effort);
    return Number(grown) / 1e6;
  },
};

/**
 * The time from the start of a process to its first line, in ms.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string | undefined>} env
 */
async function untilFirstLine(program, args, env) {
  const start = performance.now();
  const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined);
  child.stdin.end("awaited n=1 command=801A00000E length=16\n");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  let { value, done } = await lines.next();
  // The C program says first that it is ready.
  if (!done && String(value).startsWith("ready")) ({ value, done } = await lines.next());
  const time = performance.now() - start;
  clearTimeout(timer);
  child.kill("SIGKILL");
  if (done) throw new Error("ended without an answer");
  return { time, line: String(value) };
}

/** @param {Case} one @param {string} name @param {Place} place */
export async function importTime(one, name, place) {
  if (name === "raw") throw new Absent("nothing to import");
  const env = contenderEnv(name, place);
  const args = [contenderScript("import.mjs"), adapterOf(name), one.order];
  const answer = parseAnswer((await untilFirstLine(process.execPath, args, env)).line);
  if (!("fields" in answer)) throw new Absent(answer.absent);
  const { ns, threads, library } = answer.fields;
  return { value: Number(ns) / 1e6, facts: { threads: Number(threads), library: Number(library) } };
}

/** @param {Case} _one @param {string} name @param {Place} place */
export async function coldStart(_one, name, place) {
  const env = contenderEnv(name, place);
  if (name === "raw") {
    const { program, args } = contenderCommand("raw", 1, 258);
    return { value: (await untilFirstLine(program, args, env)).time, facts: {} };
  }
  const script = contenderScript("first-apdu.mjs");
  const node = await untilFirstLine(process.execPath, [script], env);
  const all = await untilFirstLine(process.execPath, [script, adapterOf(name)], env);
  return { value: all.time - node.time, facts: {} };
}

/**
 * Instructions per APDU by callgrind: two runs that differ in their count alone.
 * @param {Case} one
 * @param {string} name
 * @param {Place} place
 */
export function instructions(one, name, place) {
  // Enough for the second tier of the compiler to have done its work in both.
  const [few, many] = [10_000, 20_000];
  const [less, more] = [few, many].map((count) => {
    const { program, args } = contenderCommand(name, 1, 258, ["--single-threaded"]);
    const command = [program, ...args].map((word) => `'${word}'`).join(" ");
    const input = `${one.order} n=${few}\\n${one.order} n=${count}\\n`;
    const valgrind = "valgrind --tool=callgrind --callgrind-out-file=/dev/null";
    const line = `printf '${input}' | ${valgrind} ${command} 2>&1`;
    const env = /** @type {Record<string, string>} */ (contenderEnv(name, place));
    const { output } = run("sh", ["-c", line], { quiet: true, check: false, env });
    if (/^absent (.*)$/m.test(output)) throw new Absent(/^absent (.*)$/m.exec(output)?.[1] ?? "");
    const collected = /Collected : (\d+)/.exec(output)?.[1];
    if (collected === undefined) throw new Error(output.trim().split("\n").at(-1) ?? "");
    return Number(collected);
  });
  return { value: (Number(more) - Number(less)) / (many - few), facts: {} };
}

/**
 * Allocations per APDU, counted in the process.
 * @param {Case} one
 * @param {string} name
 * @param {Place} place
 */
export function allocations(one, name, place) {
  const folder = mkdtempSync(join(tmpdir(), "scard-bench-"));
  const file = join(folder, "counts");
  const [few, many] = [20_000, 60_000];
  try {
    const counted = [few, many].map((count) => {
      writeFileSync(file, Buffer.alloc(16));
      const { program, args } = contenderCommand(name, 1, 258);
      const command = [program, ...args].map((word) => `'${word}'`).join(" ");
      const env = /** @type {Record<string, string>} */ ({
        ...contenderEnv(name, place),
        SCARD_BENCH_ALLOCATIONS: file,
      });
      const input = `${one.order} n=${few}\\n${one.order} n=${count}\\n`;
      const line = `printf '${input}' | LD_PRELOAD='${countLibrary}' ${command}`;
      const { output } = run("sh", ["-c", line], { quiet: true, check: false, env });
      if (!/^ok /m.test(output)) throw new Error(output.trim().split("\n").at(-1) ?? "");
      const counts = readFileSync(file);
      return { addon: Number(counts.readBigUInt64LE(0)), all: Number(counts.readBigUInt64LE(8)) };
    });
    const [less, more] = counted;
    if (!less || !more) throw new Error("not counted");
    return {
      value: (more.addon - less.addon) / (many - few),
      facts: { process: (more.all - less.all) / (many - few) },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
