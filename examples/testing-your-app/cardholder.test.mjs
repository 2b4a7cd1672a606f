// @ts-check
// Its tests: no reader, no daemon, no mock. They run in any CI.
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { establishContext } from "scard";
import { IsoCard, ReplayCard, createVirtualSubsystem } from "scard/virtual";

import { readCardholder } from "./cardholder.mjs";

const description = /** @type {import("scard/virtual").IsoCardDescription} */ ({
  pins: [{ reference: 0x81, value: "1234" }],
  files: [
    {
      type: "df",
      id: 0x5c00,
      aid: "F07363617264",
      files: [
        {
          type: "transparent",
          id: 0x5c01,
          sfi: 1,
          content: Buffer.from("Ada Lovelace"),
          read: { pin: 0x81 },
        },
      ],
    },
  ],
});

// As recordCard() wrote it on a user's machine.
const report = `
atr: 3B 80 80 01 01
> 00 A4 04 0C 06 F0 73 63 61 72 64
< 90 00
> 00 20 00 81 [secret]
< 69 83  # Authentication method blocked
`;

describe("readCardholder", () => {
  const subsystem = createVirtualSubsystem();
  const reader = subsystem.addReader("Test Reader");
  /** @type {import("scard").Context} */
  let context;

  beforeEach(async () => {
    context = await establishContext({ subsystem });
  });

  afterEach(async () => {
    await context.close();
    if (reader.state.cardPresent) reader.remove();
    reader.clearFaults();
    // Whatever happened, the application let go of the card.
    expect(subsystem.statistics()).toMatchObject({ contexts: 0, connections: 0, calls: 0 });
  });

  test("reads the name, also when the card comes later", async () => {
    const name = readCardholder(context, "1234");
    reader.insert(new IsoCard(description));
    expect(await name).toBe("Ada Lovelace");
  });

  test("says how many tries are left", async () => {
    reader.insert(new IsoCard(description));
    await expect(readCardholder(context, "0000")).rejects.toThrow("PIN refused: Counter is 2");
  });

  test("does not take a card that was pulled out for an empty name", async () => {
    reader.insert(new IsoCard(description));
    reader.fault({ kind: "remove-during", exchange: 3 });
    await expect(readCardholder(context, "1234")).rejects.toThrow();
  });

  test("gives up a card that another program has for itself", async () => {
    reader.insert(new IsoCard(description));
    const other = reader.anotherProcess({ shareMode: "exclusive" });
    await expect(readCardholder(context, "1234")).rejects.toMatchObject({
      code: "SCARD_E_SHARING_VIOLATION",
    });
    other.disconnect();
  });

  test("a user's report, replayed", async () => {
    const card = reader.insert(new ReplayCard(report));
    await expect(readCardholder(context, "8273")).rejects.toThrow("blocked");
    expect(card.errors).toEqual([]);
    expect(card.remaining).toBe(0);
  });
});
