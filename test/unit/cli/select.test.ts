// `scard select` over a virtual subsystem: with a chooser as a terminal has one, and without.
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { establishContext } from "scard";
import type { Chooser } from "scard";
import { type VirtualSubsystem, VirtualCard, createVirtualSubsystem } from "scard/virtual";
import { type Outcome, runCommand } from "./run-command.js";

const iface = "{11111111-2222-3333-4444-555555555555}";
const transit = "3B021450";
const staff = "3B0214AA";

let subsystem: VirtualSubsystem;

beforeEach(async () => {
  subsystem = createVirtualSubsystem();
  await using context = await establishContext({ subsystem });
  const { database } = context;
  await database.introduceCardType({ name: "Transit", atr: transit, interfaces: [iface] });
  await database.introduceCardType({ name: "Staff", atr: staff });
});

afterEach(() => {
  const { contexts, connections } = subsystem.statistics();
  expect({ contexts, connections }).toEqual({ contexts: 0, connections: 0 });
});

function insert(name: string, atr: string): void {
  subsystem.addReader(name).insert(new VirtualCard({ atr, handler: () => 0x9000 }));
}

async function select(argv: readonly string[], chooser?: Chooser): Promise<Outcome> {
  return runCommand(["select", ...argv], undefined, {
    ...(chooser === undefined ? {} : { chooser }),
    establish: async ({ signal }) => establishContext({ subsystem, signal }),
  });
}

describe("scard select without a terminal", () => {
  it("takes the only card that fits, by name, interface, group and reader", async () => {
    insert("Left", transit);
    insert("Right", staff);
    const right = { code: 0, stdout: "Right\n", stderr: "" };
    expect(await select(["staff"])).toEqual(right);
    expect(await select(["--interface", iface])).toMatchObject({ stdout: "Left\n" });
    expect(await select(["--reader", "right"])).toEqual(right);
    expect(await select(["-r", "2", "1", "--mode", "none"])).toEqual(right);
    {
      await using context = await establishContext({ subsystem });
      await context.database.addReaderToGroup("Right", "Tills");
    }
    expect(await select(["--group", "Tills"])).toEqual(right);
  });

  it("is an error with several, naming them, and with none", async () => {
    expect(await select([])).toMatchObject({ code: 3, stdout: "" });
    insert("Left", transit);
    insert("Empty", staff);
    insert("Right", transit);
    const several = await select(["Transit"]);
    expect(several).toMatchObject({ code: 2, stdout: "" });
    expect(several.stderr).toContain("2 cards fit, and there is no terminal to ask on.");
    expect(several.stderr).toMatch(/1 {2}Left\n.*3 {2}Right\n/);
    expect(await select(["Transit", "--mode", "none"])).toMatchObject({ stdout: "Left\n" });
    expect(await select(["Staff", "--mode", "force"])).toMatchObject({ code: 2 });
    const none = await select(["Nobody", "--json"]);
    expect(none.code).toBe(3);
    expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: "ERR_SCARD_NOTHING_THERE" } });
    expect(await select(["Nobody", "--mode", "none"])).toMatchObject({ code: 3 });
  });

  it("connects where it is asked to, and says what came of it", async () => {
    insert("Left", transit);
    const plain = await select(["--json"]);
    expect(JSON.parse(plain.stdout)).toEqual({
      ...{ reader: "Left", atr: transit, cardTypes: ["Transit"] },
      ...{ knownAs: ["Transit"], shown: false },
    });
    const connected = await select(["--json", "--share", "exclusive", "--protocol", "t0"]);
    expect(JSON.parse(connected.stdout)).toMatchObject({ reader: "Left", protocol: "t0" });
    await using context = await establishContext({ subsystem });
    await using _ = await context.connect("Left", { shareMode: "exclusive" });
    expect(await select([])).toMatchObject({ code: 0 });
    const refused = await select(["--share", "shared"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("SCARD_E_SHARING_VIOLATION");
  });

  it.each([
    [["--mode", "quiet"]],
    [["--share", "alone"]],
    [["--interface", "nonsense"]],
    [["--reader", "Left", "--group", "Tills"]],
    [["--timeout", "never"]],
  ])("%j is a wrong argument", async (argv) => {
    insert("Left", transit);
    expect(await select(argv)).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("scard select on a terminal", () => {
  it("lets the user choose among several, or by force", async () => {
    insert("Left", transit);
    insert("Right", transit);
    const chooser: Chooser = (selection) => {
      selection.choose("Right");
    };
    expect(await select(["Transit"], chooser)).toMatchObject({ code: 0, stdout: "Right\n" });
    const forced = await select(["-r", "right", "--mode", "force", "--json"], chooser);
    expect(JSON.parse(forced.stdout)).toMatchObject({ reader: "Right", shown: true });
  });

  it("ends with 130 when the user gives it up, and with 3 when time does", async () => {
    const cancelled = await select(["--json"], (selection) => {
      selection.cancel();
    });
    expect(cancelled).toMatchObject({ code: 130, stderr: "scard: Nothing was selected.\n" });
    expect(JSON.parse(cancelled.stdout)).toMatchObject({
      error: { code: "SCARD_W_CANCELLED_BY_USER" },
    });
    const late = await select(["--timeout", "30ms"], async ({ signal }) => {
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
      });
    });
    expect(late).toMatchObject({ code: 3, stderr: "scard: No card was selected in time.\n" });
  });
});
