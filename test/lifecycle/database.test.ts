// Item 12 of the database's contract: processes that edit the store at once, and die at any time.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { parseDatabase } from "../../lib/database/format.js";

const script = join(__dirname, "scripts/database-writer.mjs");
const perProcess = 500;

interface Writer {
  readonly process: ChildProcess;
  /** What it said, whole lines alone. */
  readonly said: string[];
  readonly exit: Promise<unknown>;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "scard-database-"));
});
afterEach(async () => rm(folder, { recursive: true }));

/** @param killAfter Kills it once it has said so many lines. */
function start(number: number, killAfter?: number): Writer {
  const child = spawn(process.execPath, [script, folder, String(number), String(perProcess)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: string[] = [];
  let rest = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    said.push(...lines);
    if (killAfter !== undefined && said.length >= killAfter) child.kill("SIGKILL");
  });
  return { process: child, said, exit: once(child, "close") };
}

/** Card types that must be there, and those of which nobody was told. */
function outcome(writers: readonly Writer[]): { there: Set<string>; unknown: Set<string> } {
  const there = new Set<string>();
  const unknown = new Set<string>();
  for (const line of writers.flatMap(({ said }) => said)) {
    const [word, name = ""] = line.split(" ");
    if (word === "introducing" || word === "forgetting") unknown.add(name);
    if (word === "introduced" || word === "forgot") unknown.delete(name);
    if (word === "introduced") there.add(name);
    if (word === "forgot") there.delete(name);
  }
  for (const name of unknown) there.delete(name);
  return { there, unknown };
}

it(
  "keeps exactly what eight processes were told, five of them killed",
  { timeout: 240_000 },
  async () => {
    const killed = [40, 150, 333, 600, 1100];
    const writers = Array.from({ length: 8 }, (_, number) => start(number, killed[number]));
    await Promise.all(writers.map(async ({ exit }) => exit));
    for (const { process: child, said } of writers.slice(killed.length)) {
      expect(child.exitCode).toBe(0);
      expect(said.at(-1)).toMatch(/^done/);
    }
    const path = join(folder, "user.json");
    const found = [...parseDatabase(await readFile(path, "utf8"), path).cardTypes.values()];
    const names = new Set(found.map(({ name }) => name));
    const { there, unknown } = outcome(writers);
    expect([...there].filter((name) => !names.has(name))).toEqual([]);
    expect([...names].filter((name) => !there.has(name) && !unknown.has(name))).toEqual([]);
    expect(there.size).toBeGreaterThanOrEqual(3 * (perProcess / 2));
    // Nobody who died holds the lock.
    const after = start(8);
    await after.exit;
    expect(after.said.at(-1)).toBe("done 8");
  },
);
