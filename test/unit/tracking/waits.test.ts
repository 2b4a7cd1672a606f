// Waiting for one thing: a card, its removal, the service.
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";

import {
  PcscError,
  establishContext,
  pnpNotification,
  whenServiceAvailable,
} from "../../../lib/index.js";
import { fails, fakeContext } from "../facade/fake-binding.js";
import { type TrackedWorld, numberedCard, numberOf, trackedWorld } from "./world.js";

const open: TrackedWorld[] = [];

async function world(profile?: "pcsclite" | "windows"): Promise<TrackedWorld> {
  const made = await trackedWorld(profile);
  open.push(made);
  return made;
}

afterEach(async () => {
  for (const { context } of open.splice(0)) await context[Symbol.asyncDispose]();
});

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; ++turn) await new Promise((resolve) => setImmediate(resolve));
}

describe("waitForCard", () => {
  test("takes only a card whose ATR matches", async () => {
    const { subsystem, context } = await world();
    const [one, two] = ["One", "Two"].map((name) => subsystem.addReader(name));
    one?.insert(numberedCard(1));
    const exact = context.waitForCard({ atr: "3B06000000029000" });
    const masked = context.waitForCard({
      atr: { atr: "3B06000000029000", mask: "FFFF000000FFFFFF" },
    });
    await turns();
    two?.insert(numberedCard(2));
    for (const { reader, atr } of await Promise.all([exact, masked])) {
      expect([reader, numberOf(atr)]).toEqual(["Two", 2]);
    }
    const any = { atr: "3B06000000009000", mask: "FFFF00000000FFFF" };
    expect((await context.waitForCard({ atr: any })).reader).toBe("One");
  });

  test.each([
    ["atr", { atr: "3B0" }],
    ["atr", { atr: new Uint8Array(34) }],
    ["atr.mask", { atr: { atr: "3B00", mask: "FF" } }],
    ["atr.mask", { atr: { atr: "3B00" } }],
    ["groups", { groups: [] }],
  ])("refuses a wrong %s", async (argument, options) => {
    const { context } = await world();
    await expect(context.waitForCard(options as object)).rejects.toMatchObject({
      code: "ERR_SCARD_ARGUMENT",
      argument,
    });
  });

  test("outlives the service", async () => {
    const { subsystem, context } = await world();
    const reader = subsystem.addReader("One");
    const wait = context.waitForCard();
    await turns();
    subsystem.stop();
    await turns();
    subsystem.start();
    await turns();
    reader.insert(numberedCard(1));
    expect(await wait).toMatchObject({ reader: "One", present: true });
  });

  const interfaces = ["{11111111-2222-3333-4444-555555555555}"];
  const one = { name: "One", atr: "3B06000000019000", interfaces };

  test.each([
    ["a card type", { cardTypes: ["One"] }],
    ["an interface", { interfaces }],
  ])("sees %s that is introduced while its card is in", async (_, options) => {
    const { subsystem, context } = await world();
    subsystem.addReader("Here").insert(numberedCard(1));
    // Shorter than the time after which a wait looks again by itself.
    const wait = context.waitForCard({ ...options, timeoutMs: 5000 });
    await expect.poll(() => subsystem.statistics().waits).toBe(1);
    await context.database.introduceCardType({ name: "Other", atr: "3B00" });
    await context.database.introduceCardType(one);
    expect(await wait).toMatchObject({ reader: "Here" });
  });

  test("sees what another program writes into the database's file", async () => {
    const { subsystem, context: source } = await world();
    subsystem.addReader("Here").insert(numberedCard(1));
    await source.database.introduceCardType(one);
    const folder = await mkdtemp(join(tmpdir(), "scard-wait-"));
    try {
      const [user, system] = [join(folder, "user.json"), join(folder, "system.json")];
      const context = await establishContext({ subsystem, database: { user, system } });
      open.push({ subsystem, context });
      const wait = context.waitForCard({ cardTypes: ["One"], timeoutMs: 5000 });
      await expect.poll(() => subsystem.statistics().waits).toBe(1);
      await writeFile(`${user}.new`, await source.database.export());
      await rename(`${user}.new`, user);
      expect(await wait).toMatchObject({ reader: "Here" });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test.each([
    ["a name", { reader: "Desk" }, "Desk"],
    ["a group", { groups: ["Tills"] }, "Here"],
  ])("sees %s that a reader with a card gets", async (_, options, reader) => {
    const { subsystem, context } = await world();
    subsystem.addReader("Here").insert(numberedCard(1));
    // Shorter than the time after which a wait looks again by itself.
    const wait = context.waitForCard({ ...options, timeoutMs: 5000 });
    await expect.poll(() => subsystem.statistics().waits).toBe(1);
    await context.database.introduceReader("Desk", "Here");
    await context.database.addReaderToGroup("Here", "Tills");
    expect(await wait).toMatchObject({ reader, present: true });
  });

  test("a change of the database is neither an end of the wait nor of its limits", async () => {
    const { subsystem, context } = await world();
    subsystem.addReader("Here").insert(numberedCard(2));
    const controller = new AbortController();
    const { signal } = controller;
    const limited = context.waitForCard({ cardTypes: ["One"], timeoutMs: 200 });
    const waiting = context.waitForCard({ cardTypes: ["One"], signal });
    await expect.poll(() => subsystem.statistics().waits).toBe(2);
    await context.database.introduceCardType(one);
    await expect(limited).rejects.toMatchObject({ code: "SCARD_E_TIMEOUT" });
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test("ends on time while the service is away", async () => {
    const { subsystem, context } = await world();
    subsystem.stop();
    await expect(context.waitForCard({ timeoutMs: 100 })).rejects.toMatchObject({
      code: "SCARD_E_TIMEOUT",
    });
    const signal = AbortSignal.timeout(50);
    await expect(context.waitForCard({ signal })).rejects.toBe(await aborted(signal));
  });
});

async function aborted(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted) await new Promise((resolve) => (signal.onabort = resolve));
  return signal.reason;
}

describe("waitForRemoval", () => {
  test("ends when the card leaves, and at once when none is in", async () => {
    const { subsystem, context } = await world();
    const reader = subsystem.addReader("One");
    expect((await context.waitForRemoval({ reader: "One" })).empty).toBe(true);
    reader.insert(numberedCard(1));
    const wait = context.reader("One").waitForRemoval();
    await turns();
    reader.remove();
    expect(await wait).toMatchObject({ reader: "One", present: false });
  });

  test("ends when the card is swapped, or the reader goes", async () => {
    const { subsystem, context } = await world();
    const reader = subsystem.addReader("One");
    reader.insert(numberedCard(1));
    const before = (await context.reader("One").state()).eventCount;
    const swapped = context.waitForRemoval({ reader: "One" });
    await expect.poll(() => subsystem.statistics().waits).toBe(1);
    reader.remove();
    reader.insert(numberedCard(2));
    const state = await swapped;
    expect(state.present).toBe(state.eventCount === before + 2);

    const gone = context.waitForRemoval({ reader: "One" });
    await turns();
    reader.unplug();
    expect((await gone).present).toBe(false);
    expect(await context.waitForRemoval({ reader: "Nobody" })).toMatchObject({ unknown: true });
  });

  test("ends on time", async () => {
    const { subsystem, context } = await world();
    subsystem.addReader("One").insert(numberedCard(1));
    await expect(context.waitForRemoval({ reader: "One", timeoutMs: 50 })).rejects.toBeInstanceOf(
      PcscError,
    );
    await expect(context.waitForRemoval({} as never)).rejects.toMatchObject({
      argument: "reader",
    });
  });
});

describe.each(["pcsclite", "windows"] as const)(
  "on %s, through restarts of the service",
  (profile) => {
    test("waitForRemoval ends when the card is gone after one, and goes on when it is in", async () => {
      const { subsystem, context } = await world(profile);
      const reader = subsystem.addReader("One");
      reader.insert(numberedCard(1));
      const wait = context.waitForRemoval({ reader: "One" });
      let ended = false;
      void wait.then(() => (ended = true));
      for (let restart = 0; restart < 3; ++restart) {
        await turns();
        subsystem.stop();
        await turns();
        subsystem.start();
        // It has looked again: the card is still in.
        while (subsystem.statistics().waits === 0) await turns();
        expect(ended).toBe(false);
      }
      subsystem.stop();
      reader.remove();
      await turns();
      subsystem.start();
      expect(await wait).toMatchObject({ reader: "One", present: false });
    });

    test("waitForRemoval ends when another card is in after one, and not by the time without", async () => {
      const { subsystem, context } = await world(profile);
      const reader = subsystem.addReader("One");
      reader.insert(numberedCard(1));
      const wait = context.waitForRemoval({ reader: "One" });
      let ended = false;
      void wait.then(() => (ended = true));
      await expect.poll(() => subsystem.statistics().waits).toBe(1);
      subsystem.stop();
      // Longer than trackers wait before they report the readers as gone.
      await new Promise((resolve) => setTimeout(resolve, 1200));
      subsystem.start();
      while (subsystem.statistics().waits === 0) await turns();
      expect(ended).toBe(false);
      subsystem.stop();
      reader.remove();
      reader.insert(numberedCard(2));
      subsystem.start();
      const { atr, present } = await wait;
      expect([present, numberOf(atr)]).toEqual([true, 2]);
    });

    test("every wait is cancelled: at once, while it waits, and while the service is away", async () => {
      const { subsystem, context } = await world(profile);
      subsystem.addReader("One").insert(numberedCard(1));
      const kinds = [
        async () => context.waitForCard({ atr: "3B00" }),
        async () => context.waitForRemoval({ reader: "One" }),
      ];
      const cancelled = { code: "SCARD_E_CANCELLED", call: "SCardGetStatusChange" };
      for (const wait of kinds) {
        const atOnce = wait();
        context.cancel();
        await expect(atOnce).rejects.toMatchObject(cancelled);
        const waiting = wait();
        await expect.poll(() => subsystem.statistics().waits).toBe(1);
        context.cancel();
        await expect(waiting).rejects.toMatchObject(cancelled);
        await expect.poll(() => subsystem.statistics().waits).toBe(0);
        subsystem.stop();
        const away = wait();
        await turns();
        context.cancel();
        await expect(away).rejects.toMatchObject(cancelled);
        subsystem.start();
      }
      // A wait that begins after it is not meant.
      context.cancel();
      expect(await context.waitForCard()).toMatchObject({ reader: "One" });
    });

    test("waitForCard is told at once of the reader after sixteen", async () => {
      const { subsystem, context } = await world(profile);
      for (let number = 0; number < 16; number += 1) subsystem.addReader(`Reader ${number}`);
      // Shorter than any pause in which it would look by itself.
      const wait = context.waitForCard({ timeoutMs: 5000 });
      await expect.poll(() => subsystem.statistics().waits).toBeGreaterThan(0);
      await turns();
      subsystem.addReader("Seventeenth").insert(numberedCard(17));
      expect(await wait).toMatchObject({ reader: "Seventeenth" });
    });

    test("whenServiceAvailable ends with its signal, and leaves nothing", async () => {
      const { subsystem, context } = await world(profile);
      await context.close();
      subsystem.stop();
      const controller = new AbortController();
      const reason = new Error("enough");
      const wait = whenServiceAvailable({ subsystem, signal: controller.signal });
      const refused = expect(wait).rejects.toBe(reason);
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.abort(reason);
      await refused;
      const aborted = whenServiceAvailable({ subsystem, signal: controller.signal });
      await expect(aborted).rejects.toBe(reason);
      subsystem.start();
      await turns();
      const { contexts, connections, waits, calls } = subsystem.statistics();
      expect({ contexts, connections, waits, calls }).toEqual({
        contexts: 0,
        connections: 0,
        waits: 0,
        calls: 0,
      });
    });
  },
);

describe("whenServiceAvailable", () => {
  test("settles at once, or when the service comes", async () => {
    const { subsystem } = await world();
    await whenServiceAvailable({ subsystem });
    subsystem.stop();
    await expect(whenServiceAvailable({ subsystem, timeoutMs: 60 })).rejects.toMatchObject({
      code: "SCARD_E_TIMEOUT",
    });
    const wait = whenServiceAvailable({ subsystem });
    await turns();
    subsystem.start();
    await wait;
  });

  test("does not wait for a library that is missing", async () => {
    await expect(whenServiceAvailable({ library: "/nowhere/lib.so" })).rejects.toMatchObject({
      code: "ERR_SCARD_LIBRARY_NOT_FOUND",
    });
  });
});

describe("waitForCard where nothing announces readers", () => {
  const waits = (log: readonly string[]): readonly string[] =>
    log.filter((call) => call.startsWith("SCardGetStatusChange"));
  const withoutReaders = async (): ReturnType<typeof fakeContext> => {
    const fake = await fakeContext();
    fake.binding.answer("SCardListReaders", ...Array.from({ length: 9 }, () => () => []));
    fake.binding.answer("SCardGetStatusChange", () => [
      { reader: pnpNotification, eventState: 0x6, atr: new Uint8Array(0) },
    ]);
    return fake;
  };

  test("asks no oftener than it polls when every wait is refused", async () => {
    const { binding, context } = await fakeContext();
    const refusal = fails("SCARD_E_UNKNOWN_READER");
    binding.answer("SCardGetStatusChange", ...Array.from({ length: 50 }, () => refusal));
    const wait = context.waitForCard({ timeoutMs: 400 });
    await expect(wait).rejects.toMatchObject({ code: "SCARD_E_TIMEOUT" });
    expect(waits(binding.log).length).toBeGreaterThan(4);
    expect(waits(binding.log).length).toBeLessThan(30);
    // The pseudo reader was asked about alone, and is left out from then on.
    expect(waits(binding.log).at(-1)).not.toContain("PnP");
  });

  test.each([["Reader"], [undefined]])(
    "finds a card in a new reader (there: %s)",
    async (there) => {
      const { binding, context } = await fakeContext();
      const listed = there === undefined ? [] : [there];
      let lists = 0;
      binding.answer(
        "SCardListReaders",
        ...Array.from({ length: 9 }, () => () => ((lists += 1) > 3 ? ["Reader", "Other"] : listed)),
      );
      const stateOf = (reader: string): unknown => {
        const eventState = { [pnpNotification]: 0x6, Reader: 0x0001_0012 }[reader] ?? 0x0001_0022;
        return { reader, eventState, atr: Uint8Array.of(0x3b, 0x00) };
      };
      const look = (readers: unknown, currents: unknown): unknown =>
        (currents as number[]).every((current) => current !== 0)
          ? fails("SCARD_E_TIMEOUT")()
          : (readers as string[]).map(stateOf);
      binding.answer("SCardGetStatusChange", ...Array.from({ length: 20 }, () => look));
      const wait = context.waitForCard({ timeoutMs: 20_000 });
      expect(await wait).toMatchObject({ reader: "Other", present: true });
      // The pseudo reader is left out once it was found not to be known.
      const asked = waits(binding.log).map((call) => call.includes("PnP"));
      expect(asked.filter(Boolean)).toHaveLength(1);
    },
  );

  test("ends on time without a reader", async () => {
    const { binding, context } = await withoutReaders();
    const wait = context.waitForCard({ timeoutMs: 100 });
    await expect(wait).rejects.toMatchObject({ code: "SCARD_E_TIMEOUT" });
    expect(waits(binding.log)).toHaveLength(1);
  });

  test("is cancelled in a pause between two looks", async () => {
    const { binding, context } = await withoutReaders();
    const wait = context.waitForCard({ timeoutMs: 20_000 });
    const lists = (): number => binding.log.filter((call) => call.includes("ListReaders")).length;
    await expect.poll(lists).toBe(2);
    await turns();
    context.cancel();
    await expect(wait).rejects.toMatchObject({ code: "SCARD_E_CANCELLED" });
    expect(lists()).toBe(2);
  });
});

describe("waits over a service that fails", () => {
  test("ask with growing pauses, and end on time", async () => {
    for (const call of ["SCardListReaders", "SCardGetStatusChange"]) {
      const { binding, context } = await fakeContext();
      binding.answer(call, ...Array.from({ length: 500 }, () => fails("SCARD_E_NO_SERVICE")));
      const late = { code: "SCARD_E_TIMEOUT", call: "SCardGetStatusChange" };
      const waits = [
        context.waitForCard({ atr: "3B01", timeoutMs: 1000 }),
        context.waitForRemoval({ reader: "Reader", timeoutMs: 1000 }),
      ];
      for (const wait of waits) await expect(wait).rejects.toMatchObject(late);
      expect(binding.log.filter((entry) => entry.startsWith(call)).length).toBeLessThan(60);
    }
  });

  test("report what is not the service's end", async () => {
    const { binding, context } = await fakeContext();
    binding.answer("SCardListReaders", fails("SCARD_E_NO_ACCESS"));
    await expect(context.waitForCard()).rejects.toMatchObject({ code: "SCARD_E_NO_ACCESS" });
  });

  test("end although the list never comes, also without time", async () => {
    const { binding, context } = await fakeContext();
    binding.hold("SCardListReaders");
    for (const timeoutMs of [0, 50]) {
      const wait = context.waitForCard({ timeoutMs });
      await expect(wait).rejects.toMatchObject({ code: "SCARD_E_TIMEOUT" });
    }
    const cancelled = context.waitForCard();
    await turns();
    context.cancel();
    await expect(cancelled).rejects.toMatchObject({ code: "SCARD_E_CANCELLED" });
    const closed = expect(context.waitForCard()).rejects.toMatchObject({
      code: "ERR_SCARD_CLOSED",
    });
    await turns();
    binding.release("SCardListReaders");
    await context.close();
    await closed;
  });

  test("see the other readers where one has a name that is refused", async () => {
    const { binding, context } = await fakeContext();
    const names = ["Le\ufffdteur", "Reader"];
    binding.answer("SCardListReaders", ...Array.from({ length: 50 }, () => () => names));
    const look = (readers: unknown, currents: unknown): unknown =>
      (readers as string[]).includes("Le\ufffdteur")
        ? fails("SCARD_E_UNKNOWN_READER")()
        : (readers as string[]).map((reader, index) => ({
            reader,
            eventState: (currents as number[])[index] === 0 ? 0x0001_0022 : 0x0001_0012,
            atr: Uint8Array.of(0x3b, 0x00),
          }));
    binding.answer("SCardGetStatusChange", ...Array.from({ length: 90 }, () => look));
    expect(await context.waitForCard({ timeoutMs: 5000 })).toMatchObject({ reader: "Reader" });
    const tracker = context.track();
    for await (const event of tracker) {
      if (event.type === "snapshot") {
        expect(event.readers.map(({ reader }) => reader)).toEqual(["Reader"]);
      } else {
        expect(event).toMatchObject({ type: "card-removed", reader: "Reader" });
        break;
      }
    }
  });
});
