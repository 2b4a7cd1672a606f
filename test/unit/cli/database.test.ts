// The commands for the smart card database, over the package's own on a virtual subsystem.
import { afterEach, describe, expect, it } from "vitest";

import { establishContext } from "scard";
import { type VirtualSubsystem, VirtualCard, createVirtualSubsystem } from "scard/virtual";
import { FakeService } from "./fake-context.js";
import { type Outcome, contactAtr, runCommand } from "./run-command.js";

const iface = "{11111111-2222-3333-4444-555555555555}";
const provider = "{AAAAAAAA-2222-3333-4444-555555555555}";

let subsystem: VirtualSubsystem | undefined;

afterEach(() => {
  subsystem = undefined;
});

async function scard(...argv: string[]): Promise<Outcome> {
  subsystem ??= createVirtualSubsystem();
  const { statistics } = subsystem;
  const target = subsystem;
  const establish = async (): Promise<Awaited<ReturnType<typeof establishContext>>> =>
    establishContext({ subsystem: target });
  const outcome = await runCommand(argv, undefined, { establish });
  expect(statistics.call(target).contexts).toBe(0);
  return outcome;
}

async function json(...argv: string[]): Promise<unknown> {
  return JSON.parse((await scard(...argv, "--json")).stdout);
}

describe("scard introduce, cards, forget", () => {
  it("keeps a card type from its introduction until it is forgotten", async () => {
    const introduced = await scard(
      ...["introduce", "card", "Transit", "--atr", "3B 02 14 50", "--mask", "FFFFFF00"],
      ...["--interface", iface, "--provider", provider, "--module", "transit-cards"],
    );
    expect(introduced).toMatchObject({ code: 0, stdout: "Introduced card type Transit.\n" });
    expect(await json("cards")).toEqual({
      cardTypes: [
        {
          name: "Transit",
          atr: "3B021400",
          mask: "FFFFFF00",
          interfaces: [iface],
          primaryProvider: provider,
          providers: { "card-module": "transit-cards" },
        },
      ],
    });
    const { stdout } = await scard("cards", "--atr", "3B021451", "--interface", iface);
    expect(stdout).toContain("Transit    3B 02 14 00 & FF FF FF 00");
    expect(await scard("cards", "--atr", "3B031451")).toMatchObject({ code: 3, stdout: "" });
    expect(await scard("introduce", "card", "TRANSIT")).toMatchObject({ code: 1 });
    expect(await scard("introduce", "card", "TRANSIT", "--replace")).toMatchObject({ code: 0 });
    expect(await scard("forget", "card", "transit")).toMatchObject({
      code: 0,
      stdout: "Forgot card type transit.\n",
    });
    expect((await scard("cards")).stderr).toContain("scard introduce card");
    expect(await scard("forget", "card", "transit")).toMatchObject({ code: 1 });
  });

  it.each([
    [["introduce", "card", "X", "--atr", "3B0"]],
    [["introduce", "card", "X", "--atr", "3B021450", "--mask", "FF"]],
    [["introduce", "card", "X", "--interface", "nonsense"]],
    [["introduce", "card", "a\\b"]],
    [["cards", "--interface", "nonsense"]],
    [["introduce", "card"]],
    [["forget", "cards"]],
  ])("%j is a wrong argument", async (argv) => {
    expect(await scard(...argv)).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("scard groups and readers' names", () => {
  it("makes, lists and forgets groups and names", async () => {
    await scard("groups");
    subsystem?.addReader("ACME 00 00");
    subsystem?.addReader("ACME 01 00");
    expect(await json("introduce", "reader", "Desk", "ACME 00 00")).toEqual({
      introduced: { reader: "Desk", device: "ACME 00 00" },
    });
    await scard("introduce", "group", "Counter", "Desk", "ACME 01 00");
    expect((await scard("groups")).stdout).toContain("Counter               Desk, ACME 01 00\n");
    expect(await scard("groups", "remove", "Desk", "Counter")).toMatchObject({
      code: 0,
      stdout: "Took Desk out of Counter.\n",
    });
    await scard("groups", "add", "Desk", "Back");
    const { groups } = (await json("groups")) as { groups: { group: string; readers: string[] }[] };
    expect(groups.find(({ group }) => group === "Back")?.readers).toEqual(["Desk"]);
    expect(await scard("introduce", "group", "Empty")).toMatchObject({
      code: 0,
      stdout: "Group Empty will be there with its first reader.\n",
    });
    await scard("forget", "group", "Counter");
    await scard("forget", "reader", "Desk");
    expect((await scard("groups")).stdout).not.toMatch(/Counter|Desk/);
    expect(await scard("groups", "add", "Nobody", "Back")).toMatchObject({ code: 3 });
    expect(await scard("groups", "add", "ACME 00 00", "SCard$AllReaders")).toMatchObject({
      code: 2,
    });
  });
});

describe("scard locate", () => {
  it("says which readers have such a card", async () => {
    await scard("introduce", "card", "One", "--atr", "3B021450", "--interface", iface);
    await scard("introduce", "card", "Two", "--atr", "3B0214FF", "--mask", "FFFFFF00");
    expect(await scard("locate")).toMatchObject({ code: 3 });
    subsystem?.addReader("Empty");
    const reader = subsystem?.addReader("Full");
    expect(await scard("locate")).toMatchObject({ code: 3 });
    reader?.insert(new VirtualCard({ atr: "3B021450", handler: () => 0x9000 }));
    const all = await scard("locate");
    expect(all.stdout).toMatch(/card +One, Two\n/);
    expect(all.code).toBe(0);
    expect((await scard("locate", "two")).stdout).toMatch(/card +Two\n/);
    expect((await scard("locate", "--interface", iface)).stdout).toMatch(/card +One\n/);
    expect(await json("locate", "One")).toMatchObject({
      readers: [
        { reader: "Empty", matches: [] },
        { reader: "Full", matches: ["One"], atr: "3B021450" },
      ],
    });
    expect(await scard("locate", "Three")).toMatchObject({ code: 2 });
    expect(await scard("locate", "--group", "Nowhere")).toMatchObject({ code: 3 });
  });
});

describe("scard locate, other ways", () => {
  const insert = (name: string, atr: string): void => {
    const reader = subsystem?.addReader(name);
    reader?.insert(new VirtualCard({ atr, handler: () => 0x9000 }));
  };

  it("looks by ATR alone, in one reader, and by names with interfaces", async () => {
    await scard("introduce", "card", "One", "--atr", "3B021450", "--interface", iface);
    await scard("introduce", "card", "Two", "--atr", "3B0214FF", "--mask", "FFFFFF00");
    insert("Left", "3B021450");
    insert("Right", "3B80800101");
    const byAtr = await scard("locate", "--atr", "3B80800101");
    expect(byAtr.stdout).toMatch(/Left +● card\nRight +● card +3B 80 80 01 01\n/);
    expect(await json("locate", "--atr", "3B000000", "--mask", "FF000000")).toMatchObject({
      readers: [
        { reader: "Left", match: true, knownAs: ["One", "Two"] },
        { reader: "Right", match: false, knownAs: [] },
      ],
    });
    const both = ["locate", "--card", "two", "ONE", "--interface", iface];
    expect((await scard(...both)).stdout).toMatch(/card +One\n/);
    expect(await scard("locate", "One", "--reader", "right")).toMatchObject({ code: 3 });
    expect((await scard("locate", "One", "-r", "1")).stdout).not.toContain("Right");
  });

  it("waits for such a card, and for a reader that is yet to come", async () => {
    await scard("introduce", "card", "One", "--atr", "3B021450");
    insert("Other", "3B80800101");
    const late = await scard("locate", "One", "--wait", "--timeout", "50ms");
    expect(late).toMatchObject({ code: 3, stderr: "scard: No such card came in time.\n" });
    const waiting = json("locate", "One", "--wait", "--reader", "Later");
    insert("Later", "3B021450");
    expect(await waiting).toMatchObject({
      readers: [{ reader: "Later", match: true, matches: ["One"], atr: "3B021450" }],
    });
    const byAtr = await scard("locate", "--wait", "--atr", "3B80800101");
    expect(byAtr).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Other.*3B 80/) as string,
    });
  });

  it.each([
    [["One", "--atr", "3B021450"]],
    [["--interface", iface, "--atr", "3B021450"]],
    [["--mask", "FF"]],
    [["--atr", "3B021450", "--mask", "FF"]],
    [["--atr", "3B0"]],
    [["--interface", "nonsense"]],
    [["--reader", "A", "--group", "B"]],
    [["--timeout", "5s", "One"]],
    [["--wait"]],
  ])("%j is a wrong argument", async (argv) => {
    await scard("introduce", "card", "One", "--atr", "3B021450");
    subsystem?.addReader("A");
    expect(await scard("locate", ...argv)).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("names of known cards", () => {
  const known = { knownCards: async () => Promise.resolve(["ACME Transit\u001b[2J", "Other"]) };

  it("are in scard atr", async () => {
    const { stdout } = await runCommand(["atr", contactAtr], undefined, known);
    expect(stdout).toMatch(/Known as +ACME Transit/);
    expect(stdout).not.toContain("\u001b");
    const document = await runCommand(["atr", contactAtr, "--json"], undefined, known);
    expect(JSON.parse(document.stdout)).toMatchObject({ knownAs: [expect.any(String), "Other"] });
  });

  it("are in scard status, after the types in the database", async () => {
    const service = new FakeService().addReader("ACME", contactAtr);
    const { stdout } = await runCommand(["status"], service, known);
    expect(stdout).toContain("ACME Transit");
    expect((await runCommand(["status", "1"], service, known)).stdout).toMatch(/Known as +ACME/);
    await scard("introduce", "card", "Introduced", "--atr", "3B021450");
    subsystem
      ?.addReader("Full")
      .insert(new VirtualCard({ atr: "3B021450", handler: () => 0x9000 }));
    for (const command of ["status", "readers"]) {
      expect(await json(command)).toMatchObject({ readers: [{ knownAs: ["Introduced"] }] });
    }
    expect((await scard("readers")).stdout).toMatch(/^1 +Full +● card +Introduced$/m);
  });
});
