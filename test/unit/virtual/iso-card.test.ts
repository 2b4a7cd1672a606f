// The description of the built-in card; its commands are tested natively.
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";

import { IsoCard, type IsoCardDescription, type IsoFile } from "scard/virtual";
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

  test("opens what a key guards to who has authenticated, until the card is reset", async () => {
    const { reader, context } = await bench();
    const guarded = { type: "transparent", id: 0x2f01, sfi: 1, content: "77", read: { key: 2 } };
    reader.insert(new IsoCard({ ...description, files: [guarded as IsoFile] }));
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    expect(hex(await card.transmit("00B0810000"))).toBe("6982");
    const challenge = (await card.transmit("0084000008")).subarray(0, 8);
    const mac = createHmac("sha256", Buffer.from("00112233", "hex")).update(challenge).digest();
    const proof = mac.subarray(0, 8).toString("hex");
    expect(hex(await card.transmit(`0082000208${proof}`))).toBe("9000");
    expect(hex(await card.transmit("00B0810000"))).toBe("779000");
    await card.reconnect({ initialization: "reset" });
    expect(hex(await card.transmit("00B0810000"))).toBe("6982");
    await context.close();
  });

  async function challengeWith(seed: number): Promise<string> {
    const { reader, context } = await bench();
    reader.insert(new IsoCard({ seed }));
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    const challenge = hex(await card.transmit("0084000008"));
    await context.close();
    return challenge;
  }

  test("draws the same challenges from the same seed, and others from another", async () => {
    const first = await challengeWith(7);
    expect(first).toHaveLength(20);
    expect(await challengeWith(7)).toBe(first);
    expect(await challengeWith(8)).not.toBe(first);
  });

  test("may do without extended length, command chaining and logical channels", async () => {
    const { reader, context } = await bench();
    const plain = { extendedLength: false, commandChaining: false, channels: 1 };
    reader.insert(new IsoCard({ ...description, ...plain }));
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    expect(hex(await card.transmit("00CA5F50000000"))).toBe("6700");
    expect(hex(await card.transmit("00CA5F5000"))).toBe("AABB9000");
    expect(hex(await card.transmit("10DA5F500101"))).toBe("6884");
    expect(hex(await card.transmit("0070000001"))).toBe("6A81");
    await context.close();
  });

  test("lets a PIN be reset without its code by who may", async () => {
    const { reader, context } = await bench();
    const pins = [
      { reference: 1, value: "1234", tries: 1, reset: { pin: 2 } },
      { reference: 2, value: "admin" },
    ];
    reader.insert(new IsoCard({ pins }));
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    const exchanges: readonly (readonly [string, string])[] = [
      ["002000010439393939", "63C0"],
      ["002C0301", "6982"],
      ["002000020561646D696E", "9000"],
      ["002C02010435363738", "9000"],
      ["002000010435363738", "9000"],
    ];
    for (const [command, response] of exchanges) {
      expect([command, hex(await card.transmit(command))]).toEqual([command, response]);
    }
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
    [{ pins: [{ reference: 1, value: "123" }] }, "description"],
    [{ pins: [{ reference: 1, value: "1234", reset: { pin: 2 } }] }, "description"],
    [{ pins: [{ reference: 1, value: "1234", reset: "maybe" }] }, "pins[].reset"],
    [{ files: [{ type: "transparent", id: 1, content: "", update: { key: 1 } }] }, "description"],
    [
      {
        files: [
          { type: "df", id: 1, aid: "A001" },
          { type: "df", id: 2, aid: "A001" },
        ],
      },
      "description",
    ],
    [{ channels: 21 }, "channels"],
    [{ atr: "3B" }, "atr"],
    [{ file: [] }, "description"],
  ])("refuses %j", (wrong, argument) => {
    expect(() => new IsoCard(wrong as never)).toThrow(
      expect.objectContaining({ code: "ERR_SCARD_ARGUMENT", argument }),
    );
  });
});
