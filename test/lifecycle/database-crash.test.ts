// What another process does to a database in files: it dies in a writing, holds the lock, changes it.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { establishContext, type CardDatabase, type Context } from "../../lib/index.js";
import { createVirtualSubsystem } from "../../lib/virtual/index.js";
import { Child } from "../harness/child.js";

let folder: string;
let user: string;
let context: Context;
let database: CardDatabase;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "scard-database-"));
  user = join(folder, "user.json");
  const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
  const files = { user, system: join(folder, "system.json") };
  context = await establishContext({ subsystem, database: files });
  ({ database } = context);
  await database.introduceCardType({ name: "Before", atr: "3B00" });
});
afterEach(async () => {
  await context.close();
  await rm(folder, { recursive: true });
});

const another = (name: string, what: "die" | "hold" | "write"): Child =>
  new Child("database-crash", { args: [folder, name, what] });

describe("a process that writes the database", () => {
  it("and dies between the new file and its place changes nothing, and stops nobody", async () => {
    const before = await readFile(user, "utf8");
    const { signal } = await another("Lost", "die").ended;
    expect(signal).toBe("SIGKILL");
    expect(await readFile(user, "utf8")).toBe(before);
    expect(await readFile(`${user}.tmp`, "utf8")).toContain("Lost");
    expect(await database.listCardTypes()).toEqual(["Before"]);
    await database.introduceCardType({ name: "After", atr: "3B00" });
    expect(await database.listCardTypes()).toEqual(["Before", "After"]);
    expect(existsSync(`${user}.tmp`)).toBe(false);
  });

  it("keeps others from writing, not from reading, until it dies", async () => {
    const holder = another("Lost", "hold");
    await holder.said("holding");
    const late = database.introduceCardType({ name: "Late", atr: "3B00" }, { timeoutMs: 300 });
    await expect(late).rejects.toMatchObject({ code: "SCARD_E_TIMEOUT" });
    expect(await database.listCardTypes()).toEqual(["Before"]);
    const waiting = database.introduceCardType({ name: "After", atr: "3B00" });
    holder.kill("SIGKILL");
    await waiting;
    await holder.ended;
    // What was given up was not done later.
    expect(await database.listCardTypes()).toEqual(["Before", "After"]);
  });

  it("is noticed by those who listen", async () => {
    const changed = new Promise<void>((resolve) => {
      const stop = database.onChange(() => {
        stop();
        resolve();
      });
    });
    const { code } = await another("New", "write").ended;
    expect(code).toBe(0);
    await changed;
    expect(await database.listCardTypes()).toEqual(["Before", "New"]);
  });
});
