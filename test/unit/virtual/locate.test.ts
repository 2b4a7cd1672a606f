// Locating cards and connecting to them by what they are: over winscard's own calls (profile windows)
// and over the package's database (profile pcsclite, in memory and in files). Section 11, items 8 and 9 of the digest's list.
import { describe, expect, test } from "vitest";

import type { Context, LocatedReader } from "scard";
import { VirtualCard, type VirtualReader, type VirtualSubsystem } from "scard/virtual";
import { atr, bench, expectNothingLeft, failure, type Place, places } from "./support.js";

const bank = "3B021450";
const travel = "3B0214AA";
const signing = "{11111111-2222-3333-4444-555555555555}";
const wallet = "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}";

function cardOf(atrText: string): VirtualCard {
  return new VirtualCard({ atr: atrText, handler: ({ data }) => ({ data }) });
}

interface World {
  readonly subsystem: VirtualSubsystem;
  readonly context: Context;
  readonly first: VirtualReader;
  readonly second: VirtualReader;
}

/** Two readers; a bank card is in the first. */
async function world(profile: Place): Promise<World> {
  const { subsystem, reader, context } = await bench(profile);
  const second = subsystem.addReader("Reader 2");
  reader.insert(cardOf(bank));
  const { database } = context;
  await database.introduceCardType({ name: "Bank", atr: bank, interfaces: [signing, wallet] });
  await database.introduceCardType({
    name: "Any of ours",
    atr: "3B021400",
    mask: "FFFFFF00",
    interfaces: [signing],
  });
  await database.introduceCardType({ name: "Travel", atr: travel });
  return { subsystem, context, first: reader, second };
}

const brief = ({ reader, available, present, atrMatch, matches }: LocatedReader): unknown => ({
  reader,
  available,
  present,
  atrMatch,
  matches,
});

describe.each(places)("locating, %s", (profile) => {
  expectNothingLeft();

  test("by names: every reader, what is in it, and what it matches of the names", async () => {
    const { context } = await world(profile);
    expect((await context.locateCards({ cardTypes: ["bank", "Travel"] })).map(brief)).toEqual([
      { reader: "Reader 1", available: true, present: true, atrMatch: true, matches: ["Bank"] },
      { reader: "Reader 2", available: true, present: false, atrMatch: false, matches: [] },
    ]);
    const [other] = await context.locateCards({ cardTypes: ["Travel"] });
    expect(other).toMatchObject({ present: true, atrMatch: false, matches: [] });
    expect(Buffer.from(other?.atr ?? []).toString("hex")).toBe(bank.toLowerCase());
    await context.close();
  });

  test("by interfaces: types that have all of them", async () => {
    const { context, second } = await world(profile);
    second.insert(cardOf(travel));
    const both = await context.locateCards({ interfaces: [wallet, signing.toLowerCase()] });
    expect(both.map(({ atrMatch, matches }) => [atrMatch, matches])).toEqual([
      [true, ["Bank"]],
      [false, []],
    ]);
    const one = await context.locateCards({ interfaces: [signing] });
    expect(one.map(({ matches }) => [...matches].sort())).toEqual([
      ["Any of ours", "Bank"],
      ["Any of ours"],
    ]);
    const none = await context.locateCards({
      interfaces: ["{00000000-0000-0000-0000-000000000000}"],
    });
    expect(none.map(({ atrMatch }) => atrMatch)).toEqual([false, false]);
    await context.close();
  });

  test("by ATR: 33 bytes, and a mask of zeros that fits all of that length", async () => {
    const { context, second } = await world(profile);
    // 15 historical bytes and interface bytes TA1 to TC5, TCK: the longest there is.
    const longest = `3BFF${"11".repeat(3)}F1${"11".repeat(3)}F1${"11".repeat(3)}71${"11".repeat(3)}${"22".repeat(15)}`;
    const padded = longest.slice(0, 66).padEnd(66, "0");
    second.insert(cardOf(bank));
    const zeros = { atr: "00".repeat(4), mask: "00".repeat(4) };
    const found = await context.locateCards({
      atrs: [zeros, { atr: padded, mask: "FF".repeat(33) }],
    });
    expect(found.map(({ atrMatch }) => atrMatch)).toEqual([true, true]);
    expect(found[0]?.matches.length).toBe(2);
    const shorter = await context.locateCards({ atrs: [{ atr: "0000", mask: "0000" }, padded] });
    expect(shorter.map(({ atrMatch }) => atrMatch)).toEqual([false, false]);
    await context.close();
  });

  test("names that nobody introduced: passed over beside known ones, refused alone", async () => {
    const { context } = await world(profile);
    const [found] = await context.locateCards({ cardTypes: ["Nobody", "Bank"] });
    expect(found?.atrMatch).toBe(true);
    expect(await failure(context.locateCards({ cardTypes: ["Nobody"] }))).toMatchObject({
      code: "SCARD_E_UNKNOWN_CARD",
    });
    const none = await context.locateCards({ cardTypes: [] });
    expect(none.map(({ atrMatch }) => atrMatch)).toEqual([false, false]);
    await context.close();
  });

  test("in groups, or in the readers given, which need not be there", async () => {
    const { context } = await world(profile);
    await context.database.addReaderToGroup("Reader 2", "Tills");
    const inGroup = await context.locateCards({ cardTypes: ["Bank"], groups: ["Tills"] });
    expect(inGroup.map(({ reader }) => reader)).toEqual(["Reader 2"]);
    const given = await context.locateCards({
      cardTypes: ["Bank"],
      readers: ["Nowhere", "Reader 1"],
    });
    expect(
      given.map(({ reader, available, unknown, atrMatch }) => [
        reader,
        available,
        unknown,
        atrMatch,
      ]),
    ).toEqual([
      ["Nowhere", false, true, false],
      ["Reader 1", true, false, true],
    ]);
    // UNKNOWN comes with CHANGED and IGNORE.
    expect(given[0]).toMatchObject({ changed: true, ignore: true });
    await context.close();
  });

  test("says `changed` against what was known, and passes over what is to be ignored", async () => {
    const { context, first } = await world(profile);
    const [unaware] = await context.locateCards({ cardTypes: ["Bank"] });
    expect(unaware).toMatchObject({ changed: true, present: true, atrMatch: true });
    const again = await context.locateCards({ cardTypes: ["Bank"], readers: [unaware ?? ""] });
    expect(again[0]).toMatchObject({ changed: false, atrMatch: true });
    const readers = [{ reader: "Reader 1", current: 0x1 }];
    const [ignored] = await context.locateCards({ cardTypes: ["Bank"], readers });
    expect(ignored).toMatchObject({ ignore: true, present: false, atrMatch: false, atr: null });
    first.remove();
    const [gone] = await context.locateCards({ cardTypes: ["Bank"], readers: [unaware ?? ""] });
    expect(gone).toMatchObject({ changed: true, empty: true, atrMatch: false });
    await context.close();
  });

  test("alone says `atrMatch`: a look at the state never does, also after it", async () => {
    const { context } = await world(profile);
    const [found] = await context.locateCards({ cardTypes: ["Bank"] });
    expect(found?.atrMatch).toBe(true);
    const states = await context.getStatusChange([
      "Reader 1",
      { reader: "Reader 1", current: 0x10 },
    ]);
    expect(states.map(({ atrMatch }) => atrMatch)).toEqual([false, false]);
    await context.close();
  });

  test("is no way to ask two questions, or none", async () => {
    const { context } = await world(profile);
    for (const options of [{}, { cardTypes: ["Bank"], atrs: [bank] }]) {
      expect(await failure(context.locateCards(options))).toMatchObject({
        code: "ERR_SCARD_ARGUMENT",
      });
    }
    const both = { cardTypes: ["Bank"], groups: ["A"], readers: ["Reader 1"] };
    expect(await failure(context.locateCards(both))).toMatchObject({ argument: "groups" });
    await context.close();
  });

  test("as a wait: until a card of a type comes", async () => {
    const { context, second } = await world(profile);
    const wait = context.waitForCard({ cardTypes: ["Travel"] });
    second.insert(cardOf(atr));
    second.remove();
    second.insert(cardOf(travel));
    expect(await wait).toMatchObject({ reader: "Reader 2", present: true });
    const already = await context.waitForCard({ interfaces: [wallet], timeoutMs: 0 });
    expect(already.reader).toBe("Reader 1");
    await context.close();
  });
});

describe.each(places)("connecting by what a card is, %s", (profile) => {
  expectNothingLeft();

  test("past one that is held exclusively, and with its error when no other is left", async () => {
    const { context, second } = await world(profile);
    second.insert(cardOf(bank));
    const held = await context.connect("Reader 1", { shareMode: "exclusive" });
    const other = await context.connectCard({ cardTypes: ["Bank"] });
    expect(other.reader).toBe("Reader 2");
    await other.disconnect();
    const selected = await context.selectCard({ cardTypes: ["Bank"], mode: "none" });
    expect(selected.reader).toBe("Reader 2");
    await selected.card?.disconnect();
    second.remove();
    expect(await failure(context.connectCard({ cardTypes: ["Bank"] }))).toMatchObject({
      code: "SCARD_E_SHARING_VIOLATION",
    });
    const waiting = context.connectCard({ cardTypes: ["Bank"], wait: true });
    const late = failure(context.connectCard({ cardTypes: ["Bank"], wait: true, timeoutMs: 100 }));
    expect(await late).toMatchObject({ code: "SCARD_E_TIMEOUT" });
    await held.disconnect();
    const free = await waiting;
    expect(free.reader).toBe("Reader 1");
    await free.disconnect();
    await context.close();
  });

  test("by names, by interfaces and by ATR, in one call each", async () => {
    const { context, second } = await world(profile);
    second.insert(cardOf(travel));
    for (const [options, reader] of [
      [{ cardTypes: ["Travel"] }, "Reader 2"],
      [{ interfaces: [wallet] }, "Reader 1"],
      [{ atrs: [travel] }, "Reader 2"],
    ] as const) {
      await using card = await context.connectCard(options);
      expect(card.reader).toBe(reader);
    }
    await context.close();
  });

  test("rejects without such a card, or waits for it", async () => {
    const { context, second } = await world(profile);
    expect(await failure(context.connectCard({ cardTypes: ["Travel"] }))).toMatchObject({
      code: "SCARD_E_NO_SMARTCARD",
    });
    const limited = context.connectCard({ cardTypes: ["Travel"], wait: true, timeoutMs: 30 });
    expect(await failure(limited)).toMatchObject({ code: "SCARD_E_TIMEOUT" });
    const wait = context.connectCard({ cardTypes: ["Travel"], wait: true });
    second.insert(cardOf(travel));
    await using card = await wait;
    expect(card.reader).toBe("Reader 2");
    await context.close();
  });

  test("does not take a card that was swapped in between for the one located", async () => {
    const { context, first, second } = await world(profile);
    const connect = context.connect.bind(context);
    let swaps = 0;
    context.connect = async (reader, options) => {
      if (swaps === 0) {
        swaps += 1;
        first.remove();
        first.insert(cardOf(travel));
        second.insert(cardOf(bank));
      }
      return connect(reader, options);
    };
    await using card = await context.connectCard({ cardTypes: ["Bank"] });
    expect(card.reader).toBe("Reader 2");
    expect(swaps).toBe(1);
    await context.close();
  });

  test("pauses between looks while a card that fits by its reader's words does not when looked at", async () => {
    const { context } = await world(profile);
    const connect = context.connect.bind(context);
    let looks = 0;
    let swapped = true;
    context.connect = async (reader, options) => {
      looks += 1;
      const card = await connect(reader, options);
      const status = card.status.bind(card);
      const other = Buffer.from(travel, "hex");
      card.status = async (limits) => ({
        ...(await status(limits)),
        ...(swapped ? { atr: other } : {}),
      });
      return card;
    };
    const options = { cardTypes: ["Bank"], wait: true } as const;
    const limited = context.connectCard({ ...options, timeoutMs: 300 });
    expect(await failure(limited)).toMatchObject({ code: "SCARD_E_TIMEOUT" });
    // Three at once; then after 50, 100, 200 ms.
    expect(looks).toBeGreaterThanOrEqual(1);
    expect(looks).toBeLessThanOrEqual(6);
    const controller = new AbortController();
    const aborted = context.connectCard({ ...options, signal: controller.signal });
    setTimeout(() => {
      controller.abort(new Error("enough"));
    }, 50);
    expect((await failure(aborted)).message).toBe("enough");
    const wait = context.connectCard(options);
    setTimeout(() => (swapped = false), 50);
    expect((await wait).reader).toBe("Reader 1");
    await context.close();
  });

  test("goes on when the card has left in between", async () => {
    const { context, first } = await world(profile);
    const connect = context.connect.bind(context);
    context.connect = async (reader, options) => {
      if (first.state.cardPresent) first.remove();
      return connect(reader, options);
    };
    expect(await failure(context.connectCard({ cardTypes: ["Bank"] }))).toMatchObject({
      code: "SCARD_E_NO_SMARTCARD",
    });
    await context.close();
  });
});

describe("a wait to connect", () => {
  expectNothingLeft();

  test("begins before the card's type is introduced, and ends when it is", async () => {
    const { subsystem, context } = await world("pcsclite");
    const unknown = { cardTypes: ["Later"] } as const;
    expect(await failure(context.connectCard(unknown))).toMatchObject({
      code: "SCARD_E_UNKNOWN_CARD",
    });
    const wait = context.connectCard({ ...unknown, wait: true, timeoutMs: 5000 });
    await expect.poll(() => subsystem.statistics().waits).toBe(1);
    await context.database.introduceCardType({ name: "Later", atr: bank });
    expect((await wait).reader).toBe("Reader 1");
    await context.close();
  });
});

describe("a transaction of this program", () => {
  expectNothingLeft();

  test("is not broken by locating: Windows would reset its card", async () => {
    const { context } = await world("windows");
    const card = await context.connect("Reader 1");
    await card.transaction(async () => {
      expect(await failure(context.locateCards({ cardTypes: ["Bank"] }))).toMatchObject({
        code: "ERR_SCARD_TRANSACTION_OPEN",
      });
      expect(await failure(context.database.listCardTypes({ atr: bank }))).toMatchObject({
        code: "ERR_SCARD_TRANSACTION_OPEN",
      });
    });
    expect((await context.locateCards({ cardTypes: ["Bank"] }))[0]?.atrMatch).toBe(true);
    await context.close();
  });

  test("is no obstacle where the database is the package's own", async () => {
    const { context } = await world("pcsclite");
    const card = await context.connect("Reader 1");
    await card.transaction(async () => {
      expect((await context.locateCards({ cardTypes: ["Bank"] }))[0]?.atrMatch).toBe(true);
    });
    await context.close();
  });
});
