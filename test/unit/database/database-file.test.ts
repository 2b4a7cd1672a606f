// One file of a database: what is known of it is what it holds.
import { mkdtemp, rm, stat, utimes, writeFile } from "node:fs/promises";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DatabaseFile } from "../../../lib/database/database-file.js";
import { FileRepository } from "../../../lib/database/file-repository.js";
import { type DatabaseImage, draftOf } from "../../../lib/database/image.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "scard-database-"));
  path = join(folder, "database.json");
});
afterEach(async () => rm(folder, { recursive: true }));

const textWith = (name: string): string => `{"version":1,"cardTypes":[{"name":"${name}"}]}`;
const namesIn = (image: DatabaseImage): string[] =>
  [...image.cardTypes.values()].map(({ name }) => name);

describe("a database file", () => {
  it("is read again when it changed within a tick of the clock, to the same length", async () => {
    const file = new DatabaseFile(path);
    await writeFile(path, textWith("A"));
    // Ahead of the clock it stays young.
    const soon = new Date(Date.now() + 60_000);
    await utimes(path, soon, soon);
    expect(namesIn(await file.read("call"))).toEqual(["A"]);
    const before = await stat(path);
    await writeFile(path, textWith("B"));
    await utimes(path, soon, soon);
    expect(await stat(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(file.fresh).toBe(false);
    expect(namesIn(await file.read("call"))).toEqual(["B"]);
  });

  it("is not read again when it did not change, and is the same object", async () => {
    const file = new DatabaseFile(path);
    await writeFile(path, textWith("A"));
    const before = new Date(Date.now() - 60_000);
    await utimes(path, before, before);
    const image = await file.read("call");
    expect(file.fresh).toBe(true);
    expect(await file.read("call")).toBe(image);
  });

  it("is never what it was before a writing, whoever reads meanwhile", async () => {
    const file = new DatabaseFile(path);
    let writing = true;
    const read = async (): Promise<void> => {
      while (writing) await file.read("call");
    };
    const readers = Array.from({ length: 4 }, read);
    for (let round = 0; round < 25; round += 1) {
      const image = draftOf(file.known);
      const name = `Card ${String(round)}`;
      const providers = new Map([[2, "x".repeat(10_000)]]);
      const type = { name, atr: undefined, mask: undefined, interfaces: [], providers };
      image.cardTypes.set(name.toLowerCase(), type);
      await file.write(image, "call");
      expect(namesIn(file.known)).toContain(name);
      expect(namesIn(await file.read("call"))).toContain(name);
    }
    writing = false;
    await Promise.all(readers);
    expect(file.known.cardTypes.size).toBe(25);
  });
});

describe("two files as one", () => {
  it("are read after they were asked for, also while they are being read", async () => {
    const nobody = async (): Promise<{ release(): void }> =>
      Promise.resolve({ release: () => undefined });
    const system = join(folder, "system.json");
    const repository = new FileRepository({ user: path, system }, nobody);
    for (let round = 0; round < 100; round += 1) {
      const name = `Card ${String(round)}`;
      const first = repository.read("user", "call");
      writeFileSync(path, textWith(name));
      expect(namesIn(await repository.read("user", "call"))).toEqual([name]);
      await first.catch(() => undefined);
    }
  });
});
