// The database in files: items 1 to 7 of the contract again, and item 12, what happens to files.
import { chmod, mkdtemp, readFile, readdir, rm, symlink, writeFile, lstat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { establishContext, type Context, type DatabaseFileError } from "../../../lib/index.js";
import { parseDatabase, formatDatabase } from "../../../lib/database/format.js";
import { createVirtualSubsystem } from "../../../lib/virtual/index.js";
import { cardTypes } from "./card-types.contract.js";
import { readersAndGroups } from "./readers.contract.js";
import { failureOf, openOver, type DatabaseWorld } from "./world.js";

const filesWorld: DatabaseWorld = {
  name: "files",
  winscard: false,
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), "scard-database-"));
    const files = { user: join(folder, "user/database.json"), system: join(folder, "system.json") };
    const open = await openOver(createVirtualSubsystem({ profile: "pcsclite" }), {
      database: files,
    });
    return {
      ...open,
      close: async () => {
        await open.close();
        await rm(folder, { recursive: true });
      },
    };
  },
};

describe("the database in files", () => {
  cardTypes(filesWorld);
  readersAndGroups(filesWorld);
});

describe("a database's files", () => {
  let folder: string;
  let user: string;
  let system: string;
  let contexts: Context[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "scard-database-"));
    [user, system] = [join(folder, "user.json"), join(folder, "system.json")];
    contexts = [];
  });
  afterEach(async () => {
    await Promise.all(contexts.map(async (context) => context.close()));
    await rm(folder, { recursive: true });
  });

  async function open(scope: "user" | "system" = "user"): Promise<Context> {
    const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
    const context = await establishContext({ subsystem, scope, database: { user, system } });
    contexts.push(context);
    return context;
  }

  it("are written in the context's scope, and read as one, the user's first", async () => {
    const [mine, machine] = [await open(), await open("system")];
    await machine.database.introduceCardType({ name: "Both", atr: "3B00" });
    await machine.database.introduceCardType({ name: "Machine", atr: "3B00" });
    await mine.database.introduceCardType({ name: "BOTH", atr: "3B01" }, { replace: true });
    expect(await mine.database.listCardTypes({ atr: "3B00" })).toEqual(["Machine"]);
    expect(await machine.database.listCardTypes({ atr: "3B01" })).toEqual(["BOTH"]);
    expect(await failureOf(mine.database.forgetCardType("Machine"))).toMatchObject({
      code: "SCARD_E_NO_ACCESS",
    });
    await mine.database.forgetCardType("Both");
    expect(await mine.database.listCardTypes({ atr: "3B00" })).toEqual(["Both", "Machine"]);
  });

  it("can be edited by people, whose changes are seen at once", async () => {
    const { database } = await open();
    const changed = new Promise<void>((resolve) => {
      const stop = database.onChange(() => {
        stop();
        resolve();
      });
    });
    const text = '{ "version": 1, "cardTypes": [\n { "name": "Hand made", "atr": "3b 00" }\n] }';
    await writeFile(user, text);
    expect(await database.listCardTypes({ atr: "3B00" })).toEqual(["Hand made"]);
    await changed;
    await database.introduceCardType({ name: "Two", atr: "3B01" });
    expect(await readFile(user, "utf8")).toBe(`{
  "version": 1,
  "cardTypes": [
    {"name":"Hand made","atr":"3B00"},
    {"name":"Two","atr":"3B01"}
  ],
  "readers": [],
  "hiddenReaders": [],
  "reservedReaders": [],
  "groups": []
}
`);
    expect((await readdir(folder)).sort()).toEqual(["user.json", "user.json.lock"]);
  });

  it.each([
    ['{ "version": 1,\n  "cardTypes": [ }', 2, 18, /expected a value/],
    ['{ "version": 1 } x', 1, 18, /behind the end/],
    ["", 1, 1, /expected a value/],
    ["[]", 1, 1, /must be an object/],
    ['{"version":1,\n"cardTypes":[{"name":"A"},\n {"name":"a"}]}', 3, 10, /there twice/],
    ['{"version":1,"cardTypes":[{"name":"A","atr":"3G"}]}', 1, 45, /hexadecimal/],
    ['{"version":1,"cardTypes":[{"name":"A","atr":"3B00","mask":"FF"}]}', 1, 59, /as long/],
    ['{"version":1,"cardTypes":[{"name":"A","primaryProvider":"x"}]}', 1, 57, /a GUID/],
    ['{"version":1,"cardTypes":[{"name":"A","providers":{"cps":"x"}}]}', 1, 58, /no kind/],
    ['{"version":1,"cradTypes":[]}', 1, 26, /not known/],
    ['{"version":1,"groups":[{"name":"SCard$AllReaders","readers":["R"]}]}', 1, 32, /own/],
  ])("that are damaged (%j) are refused with the place, and left alone", async (...found) => {
    const [text, line, column, problem] = found;
    await writeFile(user, text);
    const context = await open();
    const { database } = context;
    for (const refused of [
      async () => database.introduceCardType({ name: "New", atr: "3B00" }),
      async () => database.listCardTypes(),
    ]) {
      const error = (await failureOf(refused())) as DatabaseFileError;
      expect(error).toMatchObject({ code: "ERR_SCARD_DATABASE_CORRUPT", path: user, line, column });
      expect(error.message).toMatch(problem);
      expect(error.message).toContain(`${user}:${String(line)}:${String(column)}`);
    }
    expect(await readFile(user, "utf8")).toBe(text);
    // Readers do not depend on it.
    expect(await context.listReaders()).toEqual([]);
  });

  it("of a newer version are refused and left alone", async () => {
    const text = '{"version": 2, "somethingElse": true}';
    await writeFile(user, text);
    const { database } = await open();
    expect(await failureOf(database.introduceCardType({ name: "N" }))).toMatchObject({
      code: "ERR_SCARD_DATABASE_NEWER",
      line: 1,
      column: 13,
    });
    expect(await readFile(user, "utf8")).toBe(text);
  });

  it("that may not be written give SCARD_E_NO_ACCESS and can still be read", async () => {
    await writeFile(user, '{"version":1,"cardTypes":[{"name":"There","atr":"3B00"}]}');
    // Nobody may make a folder there, not even root.
    system = join(process.platform === "darwin" ? "/System" : "/sys", "scard/database.json");
    const { database } = await open("system");
    expect(await failureOf(database.introduceCardType({ name: "N" }))).toMatchObject({
      code: "SCARD_E_NO_ACCESS",
    });
    expect(await database.listCardTypes()).toEqual(["There"]);
  });

  it("that are links are replaced where they lie, with the rights they had", async () => {
    const target = join(folder, "elsewhere.json");
    await writeFile(target, '{"version":1}');
    await chmod(target, 0o640);
    await symlink(target, user);
    const { database } = await open();
    await database.introduceCardType({ name: "Linked", atr: "3B00" });
    expect((await lstat(user)).isSymbolicLink()).toBe(true);
    expect(await readFile(target, "utf8")).toContain("Linked");
    expect((await lstat(target)).mode & 0o777).toBe(0o640);
  });

  it("take many changes at once, and refuse only those that are wrong", async () => {
    const { database } = await open();
    const names = Array.from({ length: 200 }, (_, index) => `Card ${String(index % 150)}`);
    const done = await Promise.allSettled(
      names.map(async (name) => database.introduceCardType({ name, atr: "3B00" })),
    );
    expect(done.filter(({ status }) => status === "rejected")).toHaveLength(50);
    expect(await database.listCardTypes()).toEqual(names.slice(0, 150));
  });

  it("come back as they were from their text", async () => {
    const { database } = await open();
    await database.introduceCardType({
      name: 'Quote " and \u2028',
      atr: "3B0411000044",
      mask: "FFFFFF0000FF",
      interfaces: ["{00000000-0000-0000-0000-00000000000A}"],
      primaryProvider: "{00000000-0000-0000-0000-00000000000B}",
      providers: { csp: "C", "0x80000010": "mine" },
    });
    await database.introduceReader("Desk", "usb:1-4");
    await database.addReaderToGroup("Desk", "Office");
    await database.removeReaderFromGroup("Desk", "SCard$DefaultReaders");
    const text = await readFile(user, "utf8");
    expect(formatDatabase(parseDatabase(text, user))).toBe(text);
  });
});
