// context.openCard over the database: the portable one, and winscard's through the virtual subsystem.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

import {
  IsoCardManagement,
  cardManagement,
  defineServiceProvider,
  newGuid,
  registerServiceProvider,
} from "scard";
import { IsoCard } from "scard/virtual";
import { bench, contextOf, expectNothingLeft, failure, hex } from "../virtual/support.js";

const atr = "3B 80 80 01 01";
const provider = defineServiceProvider({
  id: newGuid(),
  interfaces: [cardManagement],
  open: (card) => new IsoCardManagement(card),
});
const card = (): IsoCard =>
  new IsoCard({ atr, files: [{ type: "transparent", id: 0x2f01, content: "CAFE" }] });

describe.each(["pcsclite", "windows"] as const)("context.openCard, %s profile", (profile) => {
  expectNothingLeft();

  test("goes from an introduced type to the services, in every context of the database", async () => {
    const { subsystem, reader, context } = await bench(profile);
    using _ = registerServiceProvider(provider);
    await context.database.introduceCardType({
      name: "Files",
      atr: "3B 80 80 00 00",
      mask: "FF FF FF 00 00",
      interfaces: [cardManagement.id],
      primaryProvider: provider.id,
    });
    reader.insert(card());
    const second = await contextOf(subsystem);
    {
      await using opened = await second.openCard({ interface: cardManagement });
      expect(opened.cardType).toBe("Files");
      const file = await opened.service.files.open({ id: 0x2f01 });
      expect(file.kind === "transparent" ? hex(await file.read()) : file.kind).toBe("CAFE");
    }
    await second.close();
    expect(await failure(second.openCard({ interface: cardManagement }))).toMatchObject({
      code: "ERR_SCARD_CLOSED",
    });
    await context.close();
  });

  test("names the missing link as the database tells it", async () => {
    const { reader, context } = await bench(profile);
    reader.insert(card());
    const attempt = async (allowProviderModules?: string[]): Promise<Error> =>
      failure(context.openCard({ interface: cardManagement, allowProviderModules }));
    expect(await attempt()).toMatchObject({ code: "ERR_SCARD_UNKNOWN_CARD_TYPE" });
    const { database } = context;
    await database.introduceCardType({ name: "Bare", atr });
    expect(await attempt()).toMatchObject({
      code: "ERR_SCARD_INTERFACE_NOT_OFFERED",
      cardTypes: ["Bare"],
    });
    await database.forgetCardType("Bare");
    await database.introduceCardType({ name: "Files", atr, interfaces: [cardManagement.id] });
    expect(await attempt()).toMatchObject({ code: "SCARD_E_ICC_INSTALLATION" });
    await database.setProviderName("Files", "primary", provider.id);
    expect(await attempt()).toMatchObject({ code: "ERR_SCARD_PROVIDER_NOT_REGISTERED" });
    await database.setProviderName("Files", "card-module", "some-module");
    expect(await attempt()).toMatchObject({
      code: "ERR_SCARD_PROVIDER_MODULE_NOT_ALLOWED",
      module: "some-module",
    });
    expect(await attempt(["some-module"])).toMatchObject({ code: "ERR_SCARD_PROVIDER_MODULE" });
    await context.close();
  });
});

describe("a wait of context.openCard", () => {
  expectNothingLeft();

  test("opens a card that was in before its type was introduced", async () => {
    const { reader, context } = await bench();
    using _ = registerServiceProvider(provider);
    reader.insert(card());
    const opening = context.openCard({ interface: cardManagement, wait: true });
    await context.getStatusChange([reader.name]);
    const { database } = context;
    await database.introduceCardType({ name: "Other", atr: "3B00" });
    const interfaces = [cardManagement.id];
    await database.introduceCardType({ name: "Files", atr, interfaces });
    await database.setProviderName("Files", "primary", provider.id);
    await using opened = await opening;
    expect(opened.cardType).toBe("Files");
    await opened.close();
    await context.close();
  });

  test("ends with its signal, also after changes of the database", async () => {
    const { reader, context } = await bench();
    reader.insert(card());
    const controller = new AbortController();
    const { signal } = controller;
    const opening = context.openCard({ interface: cardManagement, wait: true, signal });
    await context.getStatusChange([reader.name]);
    await context.database.introduceCardType({ name: "Other", atr: "3B00" });
    await context.getStatusChange([reader.name]);
    controller.abort(new Error("enough"));
    expect((await failure(opening)).message).toBe("enough");
    await context.close();
  });
});

test("examples/introduce-and-open.mjs does what it says", async () => {
  const script = fileURLToPath(
    new URL("../../../examples/introduce-and-open.mjs", import.meta.url),
  );
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  expect(stdout).toContain("introduced: [ 'City Library' ]");
  expect(stdout).toContain("City Library in Desk, of Ada Lovelace");
  expect(stdout).toContain("triesLeft: 2");
  expect(stdout).toContain("loans: [ 'Flatland', 'Emma' ]");
});
