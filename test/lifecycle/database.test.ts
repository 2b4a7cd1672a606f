// Item 12 of the database's contract: processes that edit the store at once, and die at any time.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { afterEach, beforeEach, expect, it } from "vitest";

import { parseDatabase } from "../../lib/database/format.js";

const script = join(__dirname, "scripts/database-writer.mjs");
const perProcess = 500;
/** Numbers of the processes that are killed, and of those that live. */
const killed = [0, 1, 2, 3, 4];
const living = [5, 6, 7];

interface Writer {
  readonly process: ChildProcess;
  /** What it said, whole lines alone. */
  readonly said: string[];
  readonly exit: Promise<unknown>;
}

/** When a process is killed: so many lines after its start and, from then, so many milliseconds. */
interface Death {
  readonly lines: number;
  readonly ms: number;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "scard-database-"));
});
afterEach(async () => rm(folder, { recursive: true }));

function start(number: number, count: number, atOnce: number, death?: Death): Writer {
  const args = [folder, ...[number, count, atOnce].map(String)];
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: string[] = [];
  let rest = "";
  let dying = false;
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    said.push(...lines);
    if (death !== undefined && said.length >= death.lines && !dying) {
      dying = true;
      void delay(death.ms).then(() => child.kill("SIGKILL"));
    }
  });
  return { process: child, said, exit: once(child, "close") };
}

/** Card types that must be there by what a process said, and those of which it was told nothing. */
function outcome({ said }: Writer): { there: Set<string>; unknown: Set<string> } {
  const there = new Set<string>();
  const unknown = new Set<string>();
  for (const line of said) {
    const [word, name = ""] = line.split(" ");
    if (word === "introducing" || word === "forgetting") unknown.add(name);
    if (word === "introduced" || word === "forgot") unknown.delete(name);
    if (word === "introduced") there.add(name);
    if (word === "forgot") there.delete(name);
  }
  for (const name of unknown) there.delete(name);
  return { there, unknown };
}

/** Numbers that look random; the same for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function namesInStore(): Promise<string[]> {
  const path = join(folder, "user.json");
  const { cardTypes } = parseDatabase(await readFile(path, "utf8"), path);
  return [...cardTypes.values()].map(({ name }) => name);
}

it(
  "keeps exactly what eight processes were told, five of them killed at any moment",
  { timeout: 120_000 },
  async () => {
    const seed = Number(process.env["SCARD_SEED"] ?? Date.now() % 1_000_000);
    console.log(`killed by SCARD_SEED=${String(seed)}`);
    const next = numbers(seed);
    // Those that die wait for each answer, so that one card type at most is left in doubt.
    const dying = killed.map((number) =>
      start(number, perProcess, 1, { lines: 1 + next(120), ms: next(25) }),
    );
    const lasting = living.map((number) => start(number, perProcess, 50));
    await Promise.all([...dying, ...lasting].map(async ({ exit }) => exit));

    const names = await namesInStore();
    const of = (number: number): string[] =>
      names.filter((name) => name.startsWith(`${String(number)}-`)).sort();
    for (const [index, writer] of lasting.entries()) {
      expect(writer.process.exitCode).toBe(0);
      expect(writer.said.at(-1)).toMatch(/^done/);
      const { there, unknown } = outcome(writer);
      expect(unknown.size).toBe(0);
      expect(there.size).toBe(perProcess / 2);
      expect(of(living[index] ?? NaN)).toEqual([...there].sort());
    }
    for (const [index, writer] of dying.entries()) {
      expect(writer.process.signalCode).toBe("SIGKILL");
      const { there, unknown } = outcome(writer);
      expect(unknown.size).toBeLessThanOrEqual(1);
      const certain = of(killed[index] ?? NaN).filter((name) => !unknown.has(name));
      expect(certain).toEqual([...there].sort());
    }
    // Nobody who died holds the lock, and what one left half written is overwritten.
    const after = start(8, 2, 1);
    await after.exit;
    expect(after.said.at(-1)).toBe("done 8");
    expect((await namesInStore()).sort()).toEqual([...names, "8-1"].sort());
    expect((await readdir(folder)).sort()).toEqual(["user.json", "user.json.lock"]);
  },
);
