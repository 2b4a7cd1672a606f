// The database in files: items 1 to 7 of the contract again, and item 12, what happens to files.
import { once } from "node:events";
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  symlink,
  writeFile,
  lstat,
} from "node:fs/promises";
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

  it("change in the machine's scope whatever the user has besides", async () => {
    const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
    subsystem.addReader("Desk");
    const [mine, machine] = await Promise.all(
      (["user", "system"] as const).map(async (scope) =>
        establishContext({ subsystem, scope, database: { user, system } }),
      ),
    );
    if (mine === undefined || machine === undefined) {
      throw new Error("No contexts.");
    }
    contexts.push(mine, machine);
    await mine.database.introduceCardType({ name: "Badge", atr: "3B00" });
    await mine.database.addReaderToGroup("Desk", "Tills");
    await mine.database.introduceReader("Front", "Desk");

    await machine.database.addReaderToGroup("Desk", "Tills");
    await machine.database.introduceCardType({ name: "Badge", atr: "3B01" });
    await machine.database.introduceReader("Front", "Desk");
    const image = parseDatabase(await readFile(system, "utf8"), system);
    expect([...image.groups.values()]).toEqual([{ name: "Tills", readers: ["Desk"] }]);
    expect([...image.aliases.values()]).toEqual([{ name: "Front", device: "Desk" }]);
    await machine.database.forgetCardType("Badge");
    expect(await failureOf(machine.database.forgetCardType("Badge"))).toMatchObject({
      code: "SCARD_E_UNKNOWN_CARD",
    });
    expect(await failureOf(machine.database.setProviderName("Badge", "csp", "Any"))).toMatchObject({
      code: "SCARD_E_UNKNOWN_CARD",
    });
    expect(await mine.database.listCardTypes({ atr: "3B00" })).toEqual(["Badge"]);
  });

  it("keep members of a group where they were put", async () => {
    const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
    subsystem.addReader("Left");
    subsystem.addReader("Right");
    const [mine, machine] = await Promise.all(
      (["user", "system"] as const).map(async (scope) =>
        establishContext({ subsystem, scope, database: { user, system } }),
      ),
    );
    contexts.push(...[mine, machine].filter((one) => one !== undefined));
    if (mine === undefined || machine === undefined) throw new Error("no contexts");
    await machine.database.addReaderToGroup("Left", "Desk");
    await mine.database.addReaderToGroup("Right", "Desk");
    expect(await mine.listReaders({ groups: ["Desk"] })).toEqual(["Left", "Right"]);
    const denied = { code: "SCARD_E_NO_ACCESS", reader: "Left" };
    expect(await failureOf(mine.database.removeReaderFromGroup("Left", "Desk"))).toMatchObject(
      denied,
    );
    await machine.database.removeReaderFromGroup("Left", "Desk");
    expect(await mine.listReaders({ groups: ["Desk"] })).toEqual(["Right"]);
    await machine.database.removeReaderFromGroup("Left", "SCard$DefaultReaders");
    expect(
      await failureOf(mine.database.addReaderToGroup("Left", "SCard$DefaultReaders")),
    ).toMatchObject(denied);
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

  it("tell of another program's change whoever reads it first", async () => {
    const { database } = await open();
    let told = 0;
    const stop = database.onChange(() => {
      told += 1;
    });
    for (const round of [1, 2, 3]) {
      await writeFile(
        user,
        `{ "version": 1, "groups": [], "cardTypes": [{ "name": "No ${String(round)}" }] }`,
      );
      await database.listCardTypes();
      expect(told).toBe(round);
    }
    // Nothing changes when our own change is none.
    await failureOf(database.introduceCardType({ name: "No 3", atr: "3B00" }));
    expect(told).toBe(3);
    stop();
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
    [
      '{"version":1,"cardTypes":[{"name":"A"}],\n"cardTypes":[]}',
      2,
      1,
      /"cardTypes" is there twice/,
    ],
    ['{"version":1,"cardTypes":[{"name":"A: \\":","name" : "B"}]}', 1, 44, /"name" is there twice/],
    ['{"version":1, // the desk\n"cardTypes":[]}', 1, 15, /expected/],
    ['{"version":"1"}', 1, 12, /version 1/],
    [`{"version":1,"groups":${"[".repeat(5000)}${"]".repeat(5000)}}`, 1, 55, /nested too deeply/],
    [`{"version":1,"groups":${"[".repeat(100_000)}`, 1, 55, /nested too deeply/],
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

  it("may begin with a byte order mark", async () => {
    await writeFile(user, '\ufeff{"version":1,"cardTypes":[{"name":"A"}]}');
    expect(await (await open()).database.listCardTypes()).toEqual(["A"]);
  });

  it.each([
    ["user", "system"],
    ["system", "user"],
  ] as const)("that are damaged stop those of scope %s, not %s", async (bad, good) => {
    const text = '{"version":1,\n"cardTypes":[}';
    const warned = once(process, "warning");
    const other = { user: system, system: user }[bad];
    await writeFile(other, '{"version":1,"cardTypes":[{"name":"There","atr":"3B00"}]}');
    const [still, stopped] = [await open(good), await open(bad)];
    expect(await still.database.listCardTypes()).toEqual(["There"]);
    const path = { user, system }[bad];
    await writeFile(path, text);
    await still.database.introduceCardType({ name: "New", atr: "3B00" });
    expect(await still.database.listCardTypes()).toEqual(["There", "New"]);
    const [warning] = (await warned) as [Error];
    expect(warning).toMatchObject({ name: "ScardWarning", code: "ERR_SCARD_DATABASE_CORRUPT" });
    expect(warning.message).toContain(`${path}:2:14`);
    const refused = { code: "ERR_SCARD_DATABASE_CORRUPT", path, line: 2 };
    expect(await failureOf(stopped.database.listCardTypes())).toMatchObject(refused);
    const introduced = stopped.database.introduceCardType({ name: "New", atr: "3B00" });
    expect(await failureOf(introduced)).toMatchObject(refused);
    expect(await readFile(path, "utf8")).toBe(text);
  });

  it("that are no files are refused with the path and what they are", async () => {
    await mkdir(user);
    const { database } = await open();
    const refused = { code: "ERR_SCARD_DATABASE_ACCESS", path: user };
    expect(await failureOf(database.listCardTypes())).toMatchObject(refused);
    const error = await failureOf(database.introduceCardType({ name: "New" }));
    expect(error).toMatchObject(refused);
    expect((error as Error).message).toContain("it is a directory (EISDIR)");
  });

  it("are not written anew by what changes nothing", async () => {
    const text = '{ "version": 1, "cardTypes": [{ "name": "Same", "atr": "3b00" }] }';
    await writeFile(user, text);
    const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
    subsystem.addReader("Desk");
    const context = await establishContext({ subsystem, database: { user, system } });
    contexts.push(context);
    const { database } = context;
    let changes = 0;
    const stop = database.onChange(() => (changes += 1));
    await database.introduceCardType({ name: "Same", atr: "3B00" }, { replace: true });
    await database.forgetReaderGroup("Nothing");
    await database.addReaderToGroup("Desk", "SCard$DefaultReaders");
    await database.import('{"version":1}');
    expect(await readFile(user, "utf8")).toBe(text);
    expect(changes).toBe(0);
    await database.setProviderName("Same", "csp", "C");
    expect(await readFile(user, "utf8")).not.toBe(text);
    stop();
  });

  it("take no name of another reader that is attached out of a text", async () => {
    const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
    subsystem.addReader("Left");
    subsystem.addReader("Right");
    await using context = await establishContext({ subsystem, database: { user, system } });
    const { database } = context;
    const text = (name: string, device: string): string =>
      JSON.stringify({ version: 1, readers: [{ name, device }] });
    for (const replace of [false, true]) {
      expect(await failureOf(database.import(text("Left", "Right"), { replace }))).toMatchObject({
        code: "SCARD_E_DUPLICATE_READER",
        reader: "Left",
      });
    }
    await database.import(text("Left", "Left"));
    await database.import(text("Front", "Right"));
    expect(await context.listReaders()).toEqual(["Left", "Right", "Front"]);
    // Without the service no reader is attached whose name it could be.
    subsystem.stop();
    await database.import(text("Back", "Left"));
    subsystem.start();
  });

  it("that are no UTF-8 are refused with the place, and left alone", async () => {
    const bytes = Buffer.from(
      '{"version":1,\n"cardTypes":[{"name":"\u00e9 B\u00fcrger"}]}',
      "utf8",
    );
    // As an editor in Latin-1 leaves it: the \u00fc is one byte.
    const at = bytes.indexOf("\u00fc");
    const text = Buffer.concat([bytes.subarray(0, at), Buffer.of(0xfc), bytes.subarray(at + 2)]);
    await writeFile(user, text);
    const { database } = await open();
    expect(await failureOf(database.introduceCardType({ name: "N" }))).toMatchObject({
      code: "ERR_SCARD_DATABASE_CORRUPT",
      path: user,
      line: 2,
      column: 26,
    });
    expect(await readFile(user)).toEqual(text);
  });

  it("keep the order that a person gave them", async () => {
    const names = ["Zebra", "apple", "Mango", "\u00c9clair", "10", "9"];
    const plain = { version: 1, cardTypes: names.map((name) => ({ name, atr: "3B 00" })) };
    await writeFile(user, JSON.stringify(plain, undefined, "\t"));
    const { database } = await open();
    await database.introduceCardType({ name: "Last", atr: "3B00" });
    await database.setProviderName("Mango", "csp", "C");
    expect(await database.listCardTypes()).toEqual([...names, "Last"]);
    const { cardTypes: written } = JSON.parse(await readFile(user, "utf8")) as {
      cardTypes: readonly { readonly name: string }[];
    };
    expect(written.map(({ name }) => name)).toEqual([...names, "Last"]);
  });

  it("of a newer version are refused and left alone", async () => {
    const text = '{"version": 2, "somethingElse": true}';
    await writeFile(user, text);
    const { database } = await open();
    expect(await failureOf(database.introduceCardType({ name: "N" }))).toMatchObject({
      code: "ERR_SCARD_DATABASE_NEWER",
      path: user,
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
      path: system,
      message: expect.stringContaining(system) as string,
    });
    expect(await database.listCardTypes()).toEqual(["There"]);
  });

  it("that are links are replaced where they lie, with the rights they had", async () => {
    const target = join(folder, "elsewhere.json");
    await writeFile(target, '{"version":1}');
    // More than the usual mask leaves: it is not only what a new file gets.
    await chmod(target, 0o662);
    await symlink(target, user);
    const { database } = await open();
    await database.introduceCardType({ name: "Linked", atr: "3B00" });
    expect((await lstat(user)).isSymbolicLink()).toBe(true);
    expect(await readFile(target, "utf8")).toContain("Linked");
    expect((await lstat(target)).mode & 0o777).toBe(0o662);
  });

  it("that are links are locked where they lie", async () => {
    const target = join(folder, "elsewhere.json");
    await writeFile(target, '{"version":1}');
    await symlink(target, user);
    const linked = await open();
    user = target;
    const direct = await open();
    const names = Array.from({ length: 40 }, (_, index) => `Card ${String(index)}`);
    for (const [index, name] of names.entries()) {
      const [one, other] = index % 2 === 0 ? [linked, direct] : [direct, linked];
      await Promise.all([
        one.database.introduceCardType({ name: `${name} A` }),
        other.database.introduceCardType({ name: `${name} B` }),
      ]);
    }
    const found = await direct.database.listCardTypes();
    expect(found.sort()).toEqual(names.flatMap((name) => [`${name} A`, `${name} B`]).sort());
  });

  it("that are links are watched where they lie", async () => {
    const elsewhere = await mkdtemp(join(folder, "elsewhere-"));
    const target = join(elsewhere, "target.json");
    await writeFile(target, '{"version":1}');
    await symlink(target, user);
    const { database } = await open();
    expect(await database.listCardTypes()).toEqual([]);
    const changed = new Promise<void>((resolve) => {
      const stop = database.onChange(() => {
        stop();
        resolve();
      });
    });
    await writeFile(target, '{"version":1,"cardTypes":[{"name":"New"}]}');
    await changed;
    expect(await database.listCardTypes()).toEqual(["New"]);
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
