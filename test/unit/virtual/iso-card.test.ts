// The description of the built-in card; its commands are tested natively.
import { describe, expect, test } from "vitest";

import { IsoCard, type IsoCardDescription } from "scard/virtual";
import { bench, expectNothingLeft, hex } from "./support.js";

const description: IsoCardDescription = {
  pins: [{ reference: 1, value: "1234", tries: 2, unblockingCode: "87654321" }],
  keys: [{ reference: 2, value: "00112233" }],
  objects: [{ tag: 0x5f50, value: "AABB" }],
  files: [
    {
      type: "df",
      id: 0x5000,
      aid: "A0 00 00 00 01",
      files: [
        { type: "transparent", id: 0x5001, sfi: 1, content: "0102030405", size: 10 },
        { type: "linear-fixed", id: 0x5002, sfi: 2, records: ["1111", "2222"], maxRecords: 3 },
        { type: "linear-variable", id: 0x5003, sfi: 3, records: ["11", "2222"] },
        { type: "cyclic", id: 0x5004, sfi: 4, records: ["AA", "BB"] },
        {
          type: "transparent",
          id: 0x5005,
          sfi: 5,
          content: "77",
          read: { pin: 1 },
          update: "never",
        },
      ],
    },
  ],
};

describe("IsoCard", () => {
  expectNothingLeft();

  test("is what it was described as", async () => {
    const { reader, context } = await bench();
    reader.insert(new IsoCard(description));
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    const exchanges: readonly (readonly [string, string])[] = [
      ["00A4040C05A000000001", "9000"],
      ["00B0810000", "01020304059000"],
      ["00D6810901EE", "9000"],
      ["00B2021400", "22229000"],
      ["00B2021C00", "22229000"],
      ["00B2012400", "AA9000"],
      ["00B0850000", "6982"],
      ["002000010439393939", "63C1"],
      ["002000010431323334", "9000"],
      ["00B0850000", "779000"],
      ["00D685000188", "6982"],
      ["00CA5F5000", "AABB9000"],
    ];
    for (const [command, response] of exchanges) {
      expect([command, hex(await card.transmit(command))]).toEqual([command, response]);
    }
    await context.close();
  });

  test("lists its files as TCOS cards do, when told to", async () => {
    const { reader, context } = await bench();
    reader.insert(new IsoCard({ ...description, listing: "tcos" }));
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    expect(hex(await card.transmit("80AA010000"))).toBe("50009000");
    await card.transmit("00A4000C025000");
    expect(hex(await card.transmit("80AA020000"))).toBe("500150025003500450059000");
    await context.close();
  });

  test.each([
    [{ listing: "ls" }, "listing"],
    [{ files: [{ type: "folder" }] }, "files[].type"],
    [{ files: [{ type: "df", id: 0 }] }, "files[].id"],
    [{ files: [{ type: "df", id: 1, contents: "" }] }, "files[]"],
    [{ files: [{ type: "transparent", id: 1 }] }, "files[].content"],
    [{ files: [{ type: "transparent", id: 1, content: "0102", size: 1 }] }, "files[].size"],
    [
      { files: [{ type: "transparent", id: 1, content: "", read: { pin: 1, key: 1 } }] },
      "files[].read",
    ],
    [{ files: [{ type: "cyclic", id: 1, records: ["01", "0203"] }] }, "description"],
    [
      {
        files: [
          { type: "df", id: 1 },
          { type: "df", id: 1 },
        ],
      },
      "description",
    ],
    [{ pins: [{ reference: 1, value: "" }] }, "pins[].value"],
    [{ pins: [{ reference: 1, value: "1", tries: 16 }] }, "pins[].tries"],
    [{ channels: 21 }, "channels"],
    [{ atr: "3B" }, "atr"],
    [{ file: [] }, "description"],
  ])("refuses %j", (wrong, argument) => {
    expect(() => new IsoCard(wrong as never)).toThrow(
      expect.objectContaining({ code: "ERR_SCARD_ARGUMENT", argument }),
    );
  });
});
