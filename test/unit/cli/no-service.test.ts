// The commands for the database where there is no PC/SC: what is in files needs none.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { LibraryNotFoundError, PcscError, establishContext } from "scard";
import { createVirtualSubsystem } from "scard/virtual";
import { type Outcome, runCommand } from "./run-command.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "scard-database-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const path = (name: string): string => join(folder, name);

const reasons = {
  "no library": new LibraryNotFoundError(
    [{ path: "/none.so", message: "not there" }],
    "Install it.",
  ),
  "no service": PcscError.of("SCARD_E_NO_SERVICE", "SCardEstablishContext"),
};

function world(
  reason: Error,
): (...argv: readonly string[]) => Promise<Outcome & { asked: number }> {
  return async (...argv) => {
    let asked = 0;
    const outcome = await runCommand(argv, undefined, {
      establish: async () => {
        asked += 1;
        return Promise.reject(reason);
      },
      openFiles: async (options) =>
        establishContext({
          ...options,
          subsystem: createVirtualSubsystem({ profile: "pcsclite" }),
          database: { user: path("user.json"), system: path("system.json") },
        }),
      databasePaths: { user: path("user.json"), system: path("system.json") },
      readBytes: async () =>
        Promise.resolve(Buffer.from('{"version":1,"cardTypes":[{"name":"Carried"}]}')),
    });
    return { ...outcome, asked };
  };
}

describe.each(Object.entries(reasons))("with %s", (_, reason) => {
  const scard = world(reason);

  it("card types are introduced, listed, carried and forgotten, and PC/SC is not even asked", async () => {
    for (const argv of [
      ["introduce", "card", "Transit", "--atr", "3B021450"],
      ["introduce", "group", "Desks"],
      ["cards"],
      ["cards", "--atr", "3B021450"],
      ["database", "export"],
      ["database", "import", "cards.json"],
      ["database", "path"],
      ["database", "check"],
      ["forget", "card", "Transit"],
      ["forget", "group", "Desks"],
    ]) {
      expect([argv, await scard(...argv)]).toEqual([
        argv,
        expect.objectContaining({ code: 0, stderr: "", asked: 0 }),
      ]);
    }
    expect((await scard("cards")).stdout).toContain("Carried");
  });

  it("readers' names and groups go by what the database has, which is said", async () => {
    const seen = "No reader can be seen: ";
    const introduced = await scard("introduce", "reader", "Desk", "usb:1-4");
    expect(introduced).toMatchObject({ code: 0, stdout: "Introduced reader Desk.\n", asked: 1 });
    expect(introduced.stderr).toContain(seen);
    expect(await scard("introduce", "group", "Counter", "Desk")).toMatchObject({ code: 0 });
    const groups = await scard("groups");
    expect(groups).toMatchObject({ code: 0, stderr: expect.stringContaining(seen) as string });
    expect(groups.stdout).toContain("Counter  Desk\n");
    expect(JSON.parse((await scard("groups", "--json")).stdout)).toEqual({
      groups: [{ group: "Counter", readers: ["Desk"] }],
    });
    expect(await scard("groups", "add", "Nobody", "Counter")).toMatchObject({ code: 3 });
    expect(await scard("groups", "remove", "Desk", "Counter")).toMatchObject({ code: 0 });
    expect(await scard("forget", "reader", "Desk")).toMatchObject({ code: 0 });
    expect(await scard("groups")).toMatchObject({ code: 3, stdout: "" });
  });

  it("what is about cards in readers fails as before", async () => {
    await scard("introduce", "card", "Transit", "--atr", "3B021450");
    for (const command of ["locate", "select", "readers", "status"]) {
      expect([command, await scard(command)]).toEqual([
        command,
        expect.objectContaining({ code: 1, stdout: "", asked: 1 }),
      ]);
    }
  });

  it("--system is the machine's database, with the file named where it may not be written", async () => {
    await scard("introduce", "card", "Mine", "--atr", "3B00");
    await scard("introduce", "card", "Ours", "--atr", "3B01", "--system");
    expect((await scard("database", "check")).stdout).toBe(
      `${path("user.json")}: good, 1 card type, 0 readers, 0 groups\n` +
        `${path("system.json")}: good, 1 card type, 0 readers, 0 groups\n`,
    );
    expect(await scard("forget", "card", "Ours")).toMatchObject({ code: 1 });
    expect(await scard("forget", "card", "Ours", "--system")).toMatchObject({ code: 0 });
    await scard("introduce", "group", "All", "Desk", "--system");
    await writeFile(path("system.json"), "{");
    const refused = await scard("introduce", "card", "Ours", "--system", "--json");
    expect(refused).toMatchObject({ code: 1 });
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { code: "ERR_SCARD_DATABASE_CORRUPT", path: path("system.json") },
    });
    // What is wrong with the machine's is no reason to refuse the user's own.
    expect(await scard("introduce", "card", "Second", "--atr", "3B00")).toMatchObject({ code: 0 });
  });
});
