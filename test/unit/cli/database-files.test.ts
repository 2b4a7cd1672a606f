// `scard database`: over a virtual subsystem's database, and over files of its own.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { establishContext } from "scard";
import { type VirtualSubsystem, createVirtualSubsystem } from "scard/virtual";
import { processIo } from "../../../lib/cli/process-io.js";
import { type Outcome, runCommand } from "./run-command.js";

let folder: string;
let subsystem: VirtualSubsystem;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "scard-database-"));
  subsystem = createVirtualSubsystem();
});

afterEach(async () => {
  expect(subsystem.statistics().contexts).toBe(0);
  await rm(folder, { recursive: true, force: true });
});

const path = (name: string): string => join(folder, name);

/** The real way to files, so that errors of the file system are those of the command. */
const { readBytes } = processIo(process, {
  version: "1.2.3",
  establish: async () => Promise.reject(new Error("not in this test")),
  openFiles: undefined,
});

async function database(...argv: string[]): Promise<Outcome> {
  return runCommand(["database", ...argv], undefined, {
    readBytes,
    databasePaths: { user: path("user.json"), system: path("system.json") },
    establish: async ({ signal }) => establishContext({ subsystem, signal }),
  });
}

async function introduce(...names: readonly string[]): Promise<void> {
  await using context = await establishContext({ subsystem });
  for (const name of names) await context.database.introduceCardType({ name, atr: "3B021450" });
}

describe("scard database export and import", () => {
  it("carry everything from one database to another", async () => {
    await introduce("One", "Two");
    const { stdout, code } = await database("export");
    expect(code).toBe(0);
    expect((await database("export", "--json")).stdout).toBe(stdout);
    await writeFile(path("cards.json"), stdout);
    subsystem = createVirtualSubsystem();
    expect(await database("import", path("cards.json"))).toEqual({
      ...{ code: 0, stderr: "" },
      stdout: "Imported 2 card types, 0 readers, 0 groups.\n",
    });
    expect((await database("export")).stdout).toBe(stdout);
  });

  it("import nothing of what is there already, unless it is to be replaced", async () => {
    await introduce("Two");
    const { stdout } = await database("export");
    await writeFile(path("cards.json"), stdout.replace("Two", "TWO"));
    const twice = await database("import", path("cards.json"));
    expect(twice).toMatchObject({ code: 1, stdout: "" });
    expect((await database("export")).stdout).toBe(stdout);
    const replaced = await database("import", path("cards.json"), "--replace", "--json");
    expect(JSON.parse(replaced.stdout)).toEqual({
      imported: { cardTypes: 1, readers: 0, groups: 0 },
    });
    expect((await database("export")).stdout).toContain("TWO");
  });

  it("name the place where a text is damaged, and change nothing", async () => {
    await writeFile(path("bad.json"), '{\n  "version": 1,\n  "cardTypes": [}\n');
    const { code, stdout, stderr } = await database("import", path("bad.json"), "--json");
    expect(code).toBe(1);
    expect(stderr).toContain(`${path("bad.json")}:3:17`);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: "ERR_SCARD_DATABASE_CORRUPT", path: path("bad.json"), line: 3, column: 17 },
    });
    expect(await database("import", path("nowhere.json"))).toMatchObject({ code: 2 });
    expect(await database("import")).toMatchObject({ code: 2 });
    // As an editor in Latin-1 leaves it: the \u00fc is one byte.
    await writeFile(
      path("latin1.json"),
      '{"version":1,\n"cardTypes":[{"name":"B\u00fcrger"}]}',
      "latin1",
    );
    for (const command of ["import", "check"]) {
      const {
        code: refused,
        stdout: out,
        stderr: err,
      } = await database(command, path("latin1.json"));
      expect([refused, out + err]).toEqual([1, expect.stringContaining("latin1.json:2:24")]);
    }
  });
});

describe("scard database path and check", () => {
  it("say where the database is, without a service", async () => {
    subsystem.stop();
    const { stdout, code } = await database("path");
    expect(code).toBe(0);
    expect(stdout).toBe(`User    ${path("user.json")}\nSystem  ${path("system.json")}\n`);
    expect(JSON.parse((await database("path", "--json")).stdout)).toEqual({
      user: path("user.json"),
      system: path("system.json"),
    });
    subsystem.start();
  });

  it("check the database's own files, which need not be there", async () => {
    subsystem.stop();
    expect((await database("check")).stdout).toBe(
      `${path("user.json")}: not there\n${path("system.json")}: not there\n`,
    );
    subsystem.start();
    await introduce("One");
    await writeFile(path("user.json"), (await database("export")).stdout);
    const good = await database("check", "--json");
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout)).toEqual({
      files: [
        { path: path("user.json"), state: "good", cardTypes: 1, readers: 0, groups: 0 },
        { path: path("system.json"), state: "absent" },
      ],
    });
    const damaged = (await readFile(path("user.json"), "utf8")).replace('"One"', "17");
    await writeFile(path("system.json"), damaged);
    const line = damaged.split("\n").findIndex((text) => text.includes("17")) + 1;
    const bad = await database("check");
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain(`${path("user.json")}: good, 1 card type, 0 readers, 0 groups\n`);
    expect(bad.stdout).toContain(`${path("system.json")}:${String(line)}:`);
    expect(JSON.parse((await database("check", "--json")).stdout)).toMatchObject({
      files: [{}, { state: "unusable", error: { path: path("system.json"), line } }],
    });
  });

  it("check files by name, which must be there", async () => {
    await writeFile(path("newer.json"), '{ "version": 99 }');
    const newer = await database("check", path("newer.json"));
    expect(newer.code).toBe(1);
    expect(newer.stdout).toContain("newer.json:1:14");
    expect(await database("check", path("nowhere.json"))).toMatchObject({ code: 2 });
    expect(await database("check", path("newer.json/below"))).toMatchObject({ code: 2 });
  });

  it("have nothing to say where the system keeps the database", async () => {
    for (const command of ["path", "check"]) {
      const { code, stderr } = await runCommand(["database", command]);
      expect([code, stderr]).toEqual([2, expect.stringContaining("The system keeps")]);
    }
  });
});
