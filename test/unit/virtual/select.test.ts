// Selecting a card: the three modes, with no, one and two cards that fit. Section 11, item 11.
import { once } from "node:events";
import { describe, expect, test } from "vitest";

import type { CardSelection, Chooser, Context, SelectCardOptions } from "scard";
import { VirtualCard, type VirtualReader, type VirtualSubsystem } from "scard/virtual";
import { bench, expectNothingLeft, failure, type Place, places } from "./support.js";

const bank = "3B021450";
const travel = "3B0214AA";

function cardOf(atr: string, answer = "9000"): VirtualCard {
  return new VirtualCard({ atr, handler: () => Buffer.from(answer, "hex") });
}

interface World {
  readonly subsystem: VirtualSubsystem;
  readonly context: Context;
  readonly readers: readonly VirtualReader[];
}

async function world(profile: Place, ...atrs: readonly string[]): Promise<World> {
  const { subsystem, reader, context } = await bench(profile);
  const readers = [reader, subsystem.addReader("Reader 2"), subsystem.addReader("Reader 3")];
  for (const [index, atr] of atrs.entries()) readers[index]?.insert(cardOf(atr));
  await context.database.introduceCardType({ name: "Bank", atr: bank });
  await context.database.introduceCardType({ name: "Travel", atr: travel });
  return { subsystem, context, readers };
}

/** Waits until the selection is as wanted. */
async function until(
  selection: CardSelection,
  wanted: (selection: CardSelection) => boolean,
): Promise<void> {
  while (!wanted(selection)) await once(selection, "change");
}

/** A chooser that a test acts through, and whether it was shown. */
function acting(act: (selection: CardSelection) => void | Promise<void>): {
  chooser: Chooser;
  shown: number;
} {
  const recorded = {
    shown: 0,
    chooser: async (selection: CardSelection): Promise<void> => {
      recorded.shown += 1;
      await act(selection);
      if (!selection.signal.aborted) await once(selection.signal, "abort");
    },
  };
  return recorded;
}

const taking = (reader: string): ReturnType<typeof acting> =>
  acting((selection) => {
    selection.choose(reader);
  });

const never = acting(() => {
  throw new Error("The chooser was shown");
});

describe.each(places)("selecting, %s", (profile) => {
  expectNothingLeft();

  const options = { cardTypes: ["Bank"] } satisfies SelectCardOptions;

  test("mode none: no card, one, two; never shown", async () => {
    const { context, readers } = await world(profile, travel);
    const select = { ...options, mode: "none", chooser: never.chooser } as const;
    expect(await failure(context.selectCard(select))).toMatchObject({
      code: "SCARD_E_NO_SMARTCARD",
      call: "SCardUIDlgSelectCard",
    });
    readers[2]?.insert(cardOf(bank));
    const { card, ...one } = await context.selectCard(select);
    expect(one).toMatchObject({ reader: "Reader 3", cardTypes: ["Bank"], shown: false });
    expect(card?.reader).toBe("Reader 3");
    readers[1]?.insert(cardOf(bank));
    expect((await context.selectCard(select)).reader).toBe("Reader 2");
    await context.close();
  });

  test("mode minimal: one is taken in silence, of two the user takes one", async () => {
    const { context, readers } = await world(profile, travel, bank);
    const silent = await context.selectCard({ ...options, chooser: never.chooser });
    expect(silent).toMatchObject({ reader: "Reader 2", shown: false });
    readers[2]?.insert(cardOf(bank));
    const ui = taking("Reader 3");
    const chosen = await context.selectCard({ ...options, chooser: ui.chooser });
    expect(chosen).toMatchObject({ reader: "Reader 3", shown: true });
    expect(ui.shown).toBe(1);
    await context.close();
  });

  test("mode minimal: without a card it waits, and follows what is inserted", async () => {
    const { context, readers } = await world(profile, travel);
    const states: string[] = [];
    const ui = acting(async (selection) => {
      states.push(selection.state);
      expect(selection.suggested).toBeUndefined();
      readers[1]?.insert(cardOf(travel));
      readers[2]?.insert(cardOf(bank));
      await until(selection, ({ state }) => state === "choosing");
      states.push(selection.state);
      expect(selection.entries.map(({ reader, matches }) => [reader, matches])).toEqual([
        ["Reader 1", false],
        ["Reader 2", false],
        ["Reader 3", true],
      ]);
      selection.choose(selection.suggested ?? "");
    });
    const chosen = await context.selectCard({ ...options, chooser: ui.chooser });
    expect(chosen).toMatchObject({ reader: "Reader 3", shown: true });
    expect(states).toEqual(["waiting", "choosing"]);
    await context.close();
  });

  test("mode force: shown also for one card, which is suggested", async () => {
    const { context } = await world(profile, travel, bank, bank);
    const ui = acting((selection) => {
      expect(selection.suggested).toBe("Reader 2");
      expect(selection.title).toBe("Which?");
      selection.choose(selection.suggested ?? "");
    });
    const select = { ...options, mode: "force", title: "Which?", chooser: ui.chooser } as const;
    expect(await context.selectCard(select)).toMatchObject({ reader: "Reader 2", shown: true });
    await context.close();
  });

  test("the user cancels; a chooser that just returns has cancelled too", async () => {
    const { context } = await world(profile, bank);
    const ui = acting((selection) => {
      selection.cancel();
    });
    for (const chooser of [ui.chooser, (): void => undefined]) {
      const select = context.selectCard({ ...options, mode: "force", chooser });
      expect(await failure(select)).toMatchObject({ code: "SCARD_W_CANCELLED_BY_USER" });
    }
    await context.close();
  });

  test("a chooser that fails, a signal and a time limit end it", async () => {
    const { context } = await world(profile, bank);
    const mode = "force";
    const broken = context.selectCard({
      mode,
      chooser: () => {
        throw new Error("no display");
      },
    });
    expect((await failure(broken)).message).toBe("no display");
    const controller = new AbortController();
    const ui = acting((selection) => {
      expect(selection.state).toBe("choosing");
      controller.abort(new Error("enough"));
    });
    const aborted = context.selectCard({ mode, chooser: ui.chooser, signal: controller.signal });
    expect((await failure(aborted)).message).toBe("enough");
    const late = context.selectCard({
      mode,
      chooser: acting(() => undefined).chooser,
      timeoutMs: 30,
    });
    expect(await failure(late)).toMatchObject({ code: "SCARD_E_TIMEOUT" });
    await context.close();
  });

  test("a card that the check refuses is disconnected and passed over", async () => {
    const { subsystem, context } = await world(profile, bank, bank);
    const looked: string[] = [];
    const selected = await context.selectCard({
      ...options,
      chooser: never.chooser,
      check: async (card, { reader, cardTypes }) => {
        looked.push(`${reader} ${cardTypes.join()}`);
        await card.transmit("00A40000");
        return reader === "Reader 2";
      },
    });
    expect(looked).toEqual(["Reader 1 Bank", "Reader 2 Bank"]);
    expect(selected.reader).toBe("Reader 2");
    expect(subsystem.statistics().connections).toBe(1);
    await context.close();
  });

  test("a card whose check cannot be made is passed over, another failure is the program's", async () => {
    const { context } = await world(profile, bank);
    const select = { ...options, mode: "none" } as const;
    const unreadable = context.selectCard({
      ...select,
      check: async (card) => {
        await card.getAttribute(0x7fff_ffff);
        return true;
      },
    });
    expect(await failure(unreadable)).toMatchObject({ code: "SCARD_E_NO_SMARTCARD" });
    const wrong = context.selectCard({
      ...select,
      check: () => {
        throw new RangeError("a mistake");
      },
    });
    expect(await failure(wrong)).toBeInstanceOf(RangeError);
    await context.close();
  });

  test("a card that is held while it is looked at is looked at again once it is free", async () => {
    const { context, readers } = await world(profile, bank);
    const other = readers[0]?.anotherProcess({ shareMode: "exclusive" });
    let checks = 0;
    const ui = acting(async (selection) => {
      const [entry] = selection.entries;
      expect(entry).toMatchObject({ reader: "Reader 1", matches: false, pending: false });
      other?.disconnect();
      await until(selection, ({ entries }) => entries[0]?.matches === true);
      selection.choose("Reader 1");
    });
    const check = (): boolean => (checks += 1) > 0;
    const selected = await context.selectCard({ ...options, check, chooser: ui.chooser });
    expect(selected.reader).toBe("Reader 1");
    expect(checks).toBe(1);
    await context.close();
  });

  test("a card that leaves as it is taken: told, and another can be taken", async () => {
    const { context, readers } = await world(profile, bank, bank);
    const connect = context.connect.bind(context);
    let first = true;
    context.connect = async (reader, connectOptions) => {
      if (first) readers[0]?.remove();
      first = false;
      return connect(reader, connectOptions);
    };
    const ui = acting(async (selection) => {
      selection.choose("Reader 1");
      await until(selection, ({ problem }) => problem !== undefined);
      await until(selection, ({ entries }) => entries[0]?.matches === false);
      selection.choose("Reader 2");
    });
    const selected = await context.selectCard({ ...options, chooser: ui.chooser });
    expect(selected).toMatchObject({ reader: "Reader 2", shown: true });
    await context.close();
  });

  test("without a connection, or with the program's own", async () => {
    const { context } = await world(profile, bank);
    const none = await context.selectCard({ ...options, connect: false });
    expect(none).toMatchObject({ reader: "Reader 1", card: null });
    const own = await context.selectCard({
      ...options,
      connect: async ({ reader }) => context.connect(reader, { shareMode: "exclusive" }),
    });
    expect(own.card?.shareMode).toBe("exclusive");
    await context.close();
  });

  test("only groups asked for; SCard$DefaultReaders without", async () => {
    const { context } = await world(profile, bank, bank);
    const { database } = context;
    await database.addReaderToGroup("Reader 2", "Tills");
    await database.removeReaderFromGroup("Reader 1", "SCard$DefaultReaders");
    const select = { ...options, mode: "none", connect: false } as const;
    expect((await context.selectCard(select)).reader).toBe("Reader 2");
    expect((await context.selectCard({ ...select, groups: ["SCard$AllReaders"] })).reader).toBe(
      "Reader 1",
    );
    await context.close();
  });

  test("only readers asked for, in that order; they need not be there yet", async () => {
    const { subsystem, context } = await world(profile, bank, bank, bank);
    const select = { ...options, connect: false } as const;
    const readers = ["Reader 3", "Nowhere", "Reader 2"];
    const first = await context.selectCard({ ...select, readers, mode: "none" });
    expect(first.reader).toBe("Reader 3");
    const ui = acting(async (selection) => {
      expect(selection.entries).toEqual([]);
      subsystem.addReader("Later").insert(cardOf(bank));
      await until(selection, ({ state }) => state === "choosing");
      selection.choose("Later");
    });
    const later = await context.selectCard({ ...select, readers: ["Later"], chooser: ui.chooser });
    expect(later).toMatchObject({ reader: "Later", shown: true });
    await context.close();
  });

  test("any card, when none is asked for: one nobody introduced too", async () => {
    const { context } = await world(profile, "3B00");
    const { reader, cardTypes } = await context.selectCard({ connect: false });
    expect([reader, cardTypes]).toEqual(["Reader 1", []]);
    await context.close();
  });

  test.each([
    [{ check: () => true, connect: false }, "connect"],
    [{ check: () => true, connect: async () => Promise.reject(new Error()) }, "disconnect"],
    [{ mode: "quiet" }, "mode"],
    [{ readers: [] }, "readers"],
    [{ readers: ["Reader 1"], groups: ["Tills"] }, "groups"],
    [{ chooser: "terminal" }, "chooser"],
    [{ cardTypes: "Bank" }, "cardTypes"],
    [{ interfaces: ["no guid"] }, "interfaces"],
    [{ titel: "Which?" }, "options"],
  ])("refuses incomplete or wrong options %#", async (wrong, argument) => {
    const { context } = await world(profile);
    expect(await failure(context.selectCard(wrong as never))).toMatchObject({
      code: "ERR_SCARD_ARGUMENT",
      argument,
    });
    await context.close();
  });
});

// winscard tells of no change of its database.
describe.each(["pcsclite", "files"] as const)("selecting, %s", (profile) => {
  expectNothingLeft();

  test("card types that change meanwhile count", async () => {
    const { context } = await world(profile, travel);
    const ui = acting(async (selection) => {
      expect(selection.entries[0]).toMatchObject({ matches: false, pending: false });
      await context.database.forgetCardType("Bank");
      await context.database.introduceCardType({ name: "Bank", atr: travel });
      await until(selection, ({ entries }) => entries[0]?.matches === true);
      selection.choose("Reader 1");
    });
    const selected = await context.selectCard({ cardTypes: ["Bank"], chooser: ui.chooser });
    expect(selected.cardTypes).toEqual(["Bank"]);
    await context.close();
  });
});
