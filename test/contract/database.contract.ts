// Cards found by what they are, over the package's own database: section 11 of the digest with real
// readers, and the three ways to a card of the concept page "Accessing a Smart Card".
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { establishContext } from "../../lib/index.js";
import {
  cardIn,
  commands,
  dataOf,
  noCardIn,
  pcscFailure,
  readerName,
  type Context,
} from "./support.js";
import type { WorldSource } from "./world.js";

/** ATRs of the test card that no other test uses: any reader may still hold another's. */
const atrs = { both: "3B858001736361724245", one: "3B8501736361724FC8" } as const;
const signing = "{11111111-2222-3333-4444-555555555555}";
const wallet = "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}";

export function databases(world: WorldSource): void {
  describe("cards by what they are", () => {
    let context: Context;
    let first: string;
    let second: string;

    beforeEach(async () => {
      context = await establishContext(world().options);
      const { database } = context;
      // Never the database of whoever runs this.
      const own = process.env["SCARD_TEST_CONFIG"] ?? "";
      expect(own).not.toBe("");
      for (const path of Object.values(database.paths ?? {})) expect(path).toContain(own);
      first = await cardIn(world(), context, 0, atrs.both);
      second = await noCardIn(world(), context, 1);
      const types = [
        { name: "Both", atr: atrs.both, interfaces: [signing, wallet] },
        { name: "One", atr: atrs.one, interfaces: [signing] },
      ];
      for (const type of types) await database.introduceCardType(type, { replace: true });
    });

    afterEach(async () => {
      for (const name of await context.database.listCardTypes()) {
        await context.database.forgetCardType(name);
      }
      await context.close();
    });

    test("are located by name, by interfaces and by ATR", async () => {
      for (const wanted of [
        { cardTypes: ["both"] },
        { interfaces: [wallet, signing] },
        { atrs: [atrs.both] },
      ]) {
        const found = await context.locateCards({ ...wanted, readers: [first, second] });
        expect(found.map(({ reader, present, atrMatch }) => [reader, present, atrMatch])).toEqual([
          [first, true, true],
          [second, false, false],
        ]);
      }
      const [other] = await context.locateCards({ cardTypes: ["One"], readers: [first] });
      expect(other).toMatchObject({ present: true, atrMatch: false });
    });

    test("are connected to by name, by interfaces and by ATR", async () => {
      for (const wanted of [
        { cardTypes: ["Both"] },
        { interfaces: [wallet] },
        { atrs: [atrs.both] },
      ]) {
        await using card = await context.connectCard(wanted);
        expect(card.reader).toBe(first);
        dataOf(await card.transmit(commands.select));
      }
      await pcscFailure(context.connectCard({ cardTypes: ["One"] }), "SCARD_E_NO_SMARTCARD");
    });

    test("are waited for", async () => {
      const waiting = context.connectCard({
        cardTypes: ["One"],
        wait: true,
        timeoutMs: 20_000,
      });
      await world().card(1).insert(atrs.one);
      await using card = await waiting;
      expect(card.reader).toBe(second);
      dataOf(await card.transmit(commands.select));
    });

    test("are selected, without a question when one alone fits", async () => {
      const selected = await context.selectCard({ cardTypes: ["Both"], mode: "none" });
      expect(selected).toMatchObject({ reader: first, cardTypes: ["Both"] });
      if (selected.card === null) throw new Error("It is not connected");
      dataOf(await selected.card.transmit(commands.select));
      await selected.card.disconnect();
    });

    test("are reached by their reader's introduced name and its groups", async () => {
      const { database } = context;
      await database.introduceReader("Desk", first);
      try {
        await database.addReaderToGroup("Desk", "Office");
        expect(await context.listReaders({ groups: ["Office"] })).toEqual(["Desk"]);
        expect(await context.listReaderGroups()).toEqual(["SCard$DefaultReaders", "Office"]);
        const found = await context.locateCards({ cardTypes: ["Both"], groups: ["Office"] });
        expect(found.map(({ reader, atrMatch }) => [reader, atrMatch])).toEqual([["Desk", true]]);
        await using card = await context.connectCard({ cardTypes: ["Both"], groups: ["Office"] });
        expect(card.reader).toBe("Desk");
        expect([...(await card.status()).readers].sort()).toEqual(["Desk", first].sort());
      } finally {
        await database.forgetReader("Desk");
      }
      expect(await context.listReaderGroups()).toEqual(["SCard$DefaultReaders"]);
      expect(await context.listReaders()).toContain(readerName(world(), 0));
    });
  });
}
