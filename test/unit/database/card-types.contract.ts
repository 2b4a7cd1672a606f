// Card types: items 1 to 4 of the contract.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { CardDatabase } from "../../../lib/index.js";
import { failureOf, type DatabaseWorld, type OpenDatabase } from "./world.js";

const a = "{00000000-0000-0000-0000-00000000000A}";
const b = "{00000000-0000-0000-0000-00000000000B}";
const c = "{00000000-0000-0000-0000-00000000000C}";
const atr = "3B0411223344";

export function cardTypes(world: DatabaseWorld): void {
  let open: OpenDatabase;
  let database: CardDatabase;
  beforeEach(async () => {
    open = await world.open();
    ({ database } = open.context);
  });
  afterEach(async () => open.close());

  describe("matching", () => {
    it("finds a masked type by an ATR of the same length alone", async () => {
      await database.introduceCardType({ name: "M", atr: "3B0411000044", mask: "FFFFFF0000FF" });
      for (const match of ["3B0411223344", "3B0411FF0044"]) {
        expect(await database.listCardTypes({ atr: match })).toEqual(["M"]);
      }
      for (const other of ["3B0411223345", "3B03112233", "3B051122334444"]) {
        expect(await database.listCardTypes({ atr: other })).toEqual([]);
      }
    });

    it("compares every bit without a mask", async () => {
      await database.introduceCardType({ name: "E", atr });
      expect(await database.listCardTypes({ atr })).toEqual(["E"]);
      expect(await database.listCardTypes({ atr: "3B0411223345" })).toEqual([]);
    });

    it("drops bits of the ATR outside of the mask, with a warning; refuses them when strict", async () => {
      const type = { name: "Bits", atr: "3B04112233FF", mask: "FFFFFFFFFF0F" };
      expect(await failureOf(database.introduceCardType(type, { strict: true }))).toMatchObject({
        code: "SCARD_E_INVALID_PARAMETER",
      });
      const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
      await database.introduceCardType(type);
      expect(warn).toHaveBeenCalledOnce();
      warn.mockRestore();
      expect(await database.listCardTypes({ atr: "3B041122331F" })).toEqual(["Bits"]);
    });

    it.each([
      [{ atr: "" }, "SCARD_E_INVALID_ATR", '"type.atr" must be 1 to 33 bytes; given 0 bytes.'],
      [{ atr: "3B".padEnd(68, "0") }, "SCARD_E_INVALID_ATR", "given 34 bytes (3B00"],
      [
        { atr, mask: "FFFF" },
        "SCARD_E_INVALID_PARAMETER",
        '"type.mask" must be as long as the ATR, 6 bytes; given 2 bytes (FFFF).',
      ],
      [{ mask: "FFFF" }, "SCARD_E_INVALID_PARAMETER", '"type.mask" must be left out'],
      [{ name: "", atr }, "SCARD_E_INVALID_VALUE", '"type.name" must be 1 to 255 characters'],
      [{ name: "a\\b", atr }, "SCARD_E_INVALID_VALUE", 'given "a\\\\b".'],
      [{ name: "a\u0001", atr }, "SCARD_E_INVALID_VALUE", 'given "a\\u0001".'],
      [{ name: "x".repeat(256), atr }, "SCARD_E_INVALID_VALUE", "given 256 characters."],
    ])("refuses %j with %s", async (part, code, found) => {
      const error = await failureOf(database.introduceCardType({ name: "Wrong", ...part }));
      expect(error).toMatchObject({ code, found: expect.stringContaining(found) as string });
      expect((error as Error).message).toContain(found);
      expect(await database.listCardTypes()).not.toContain("Wrong");
    });
  });

  describe("several types for one ATR", () => {
    beforeEach(async () => {
      await database.introduceCardType({ name: "One", atr, interfaces: [a, b] });
      await database.introduceCardType({
        name: "Two",
        atr: "3B0411000000",
        mask: "FFFFFF000000",
        interfaces: [b, c],
      });
      await database.introduceCardType({ name: "None", interfaces: [b] });
    });

    it.each([
      [{}, ["None", "One", "Two"]],
      [{ atr }, ["One", "Two"]],
      [{ interfaces: [b] }, ["None", "One", "Two"]],
      [{ interfaces: [b, a] }, ["One"]],
      [{ interfaces: [a, b] }, ["One"]],
      [{ interfaces: [a, c] }, []],
      [{ atr, interfaces: [c.toLowerCase()] }, ["Two"]],
      [{ atr: "3B0411000001", interfaces: [a] }, []],
    ])("lists %j", async (filter, names) => {
      expect((await database.listCardTypes(filter)).sort()).toEqual(names);
    });

    it("gives interfaces in the order introduced", async () => {
      await database.introduceCardType({ name: "Order", atr, interfaces: [c, a, b] });
      expect(await database.listInterfaces("Order")).toEqual([c, a, b]);
    });
  });

  describe("providers", () => {
    it("keeps one name for each kind, and the primary one as a GUID", async () => {
      await database.introduceCardType({ name: "P", atr, primaryProvider: a.toLowerCase() });
      expect(await database.primaryProvider("P")).toBe(a);
      expect(await database.providerName("P", "primary")).toBe(a);
      for (const kind of ["csp", "ksp", "card-module", 0x80000010] as const) {
        expect(await failureOf(database.providerName("P", kind))).toMatchObject({ value: 2 });
        await database.setProviderName("P", kind, `first ${String(kind)}`);
        await database.setProviderName("P", kind, `name ${String(kind)}`);
        expect(await database.providerName("P", kind)).toBe(`name ${String(kind)}`);
      }
      await database.setProviderName("P", "primary", b.slice(1, -1).toLowerCase());
      expect(await database.primaryProvider("P")).toBe(b);
      const error = await failureOf(database.setProviderName("P", "primary", "no GUID"));
      expect(error).toMatchObject({
        code: "SCARD_E_INVALID_VALUE",
        found: '"value" must be a GUID; given "no GUID".',
      });
    });

    it("says when there is no primary provider, and no such card type", async () => {
      await database.introduceCardType({ name: "P", atr });
      expect(await failureOf(database.primaryProvider("P"))).toMatchObject({
        code: "SCARD_E_ICC_INSTALLATION",
      });
      const unknown = { code: "SCARD_E_UNKNOWN_CARD" };
      for (const ask of [
        async () => database.primaryProvider("Q"),
        async () => database.listInterfaces("Q"),
        async () => database.providerName("Q", "csp"),
        async () => database.setProviderName("Q", "csp", "x"),
        async () => database.forgetCardType("Q"),
        async () => database.cardType("Q"),
      ]) {
        const error = await failureOf(ask());
        expect(error).toMatchObject(unknown);
        if (!world.winscard) expect((error as Error).message).toContain('no card type "');
      }
    });
  });

  describe("names", () => {
    it("are the same in another case and composition, and keep the case given", async () => {
      await database.introduceCardType({ name: "Caf\u0065\u0301 Card", atr, interfaces: [a] });
      expect(await database.listCardTypes()).toEqual(["Caf\u00e9 Card"]);
      expect(await database.listInterfaces("CAF\u00c9 CARD")).toEqual([a]);
      const again = { name: "caf\u00e9 card", atr: "3B00" };
      expect(await failureOf(database.introduceCardType(again))).toMatchObject({
        code: "ERR_SCARD_CARD_TYPE_EXISTS",
      });
      await database.introduceCardType(again, { replace: true });
      expect(await database.listCardTypes({ atr: "3B00" })).toEqual(["caf\u00e9 card"]);
      expect(await database.listInterfaces("Caf\u00e9 card")).toEqual([]);
      await database.forgetCardType("CAf\u00e9 card");
      expect(await database.listCardTypes()).toEqual([]);
    });
  });

  it("is exported as text, and imported whole or not at all", async () => {
    await database.introduceCardType({ name: "One", atr, interfaces: [a], primaryProvider: b });
    await database.introduceCardType({ name: "Two", interfaces: [c], providers: { ksp: "K" } });
    const text = await database.export();
    await database.forgetCardType("One");
    expect(await failureOf(database.import(text))).toMatchObject({
      code: "ERR_SCARD_CARD_TYPE_EXISTS",
    });
    expect(await database.listCardTypes()).toEqual(["Two"]);
    await database.import(text, { replace: true });
    expect((await database.listCardTypes()).sort()).toEqual(["One", "Two"]);
    expect(await database.cardType("One")).toMatchObject({ interfaces: [a], primaryProvider: b });
    expect(await database.providerName("Two", "ksp")).toBe("K");
    expect(await failureOf(database.import("{"))).toMatchObject({
      code: "ERR_SCARD_DATABASE_CORRUPT",
      line: 1,
      column: 2,
    });
  });

  it("is shared by contexts, and gives a whole record back", async () => {
    await database.introduceCardType({
      name: "R",
      atr,
      interfaces: [a],
      primaryProvider: b,
      providers: { csp: "Some CSP", "0x80000010": "mine" },
    });
    const other = await open.another();
    const record = await other.database.cardType("r");
    expect(record).toMatchObject({
      name: "R",
      interfaces: [a],
      primaryProvider: b,
      providers: { csp: "Some CSP" },
    });
    if (!world.winscard) {
      expect(record.atr).toEqual(new Uint8Array(Buffer.from(atr, "hex")));
      expect(record.mask).toBeNull();
      expect(record.providers).toEqual({ csp: "Some CSP", "0x80000010": "mine" });
    }
  });
}
