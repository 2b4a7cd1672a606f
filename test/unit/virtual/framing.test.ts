// Framed commands to the built-in ISO/IEC 7816-4 card over T=0 and T=1, and faults in their middle.
import { randomBytes } from "node:crypto";

import { describe, expect, test } from "vitest";

import {
  type Card,
  ExchangeError,
  IncompleteResponseError,
  type PcscError,
  establishContext,
} from "../../../lib/index.js";
import {
  IsoCard,
  type IsoCardDescription,
  type VirtualReader,
  createVirtualSubsystem,
} from "../../../lib/virtual/index.js";

const content = randomBytes(700);

async function withCard(
  protocol: "t0" | "t1",
  work: (card: Card, reader: VirtualReader) => Promise<void>,
  more: Partial<IsoCardDescription> = {},
): Promise<void> {
  const subsystem = createVirtualSubsystem();
  const reader = subsystem.addReader("Reader");
  reader.insert(
    new IsoCard({
      objects: [
        { tag: 0x5f50, value: "AABBCCDDEE" },
        { tag: 0x5f51, value: content.subarray(0, 300) },
      ],
      files: [{ type: "transparent", id: 0x0101, sfi: 1, content }],
      ...more,
    }),
  );
  await using context = await establishContext({ subsystem });
  await using card = await context.connect("Reader", { protocols: [protocol] });
  await work(card, reader);
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("expected a rejection");
    },
    (error: unknown) => error,
  );
}

/** The file's content, through the odd instruction with its data objects. */
async function readAll(card: Card): Promise<Buffer> {
  const blocks: Uint8Array[] = [];
  for await (const block of card.readBinaryStream({ sfi: 1, instruction: "odd" })) {
    blocks.push(block);
  }
  return Buffer.concat(blocks);
}

/** Asks for 256 bytes of 300. */
const inTwoParts = "00CA5F5100";

const wholeFile = { cla: 0, ins: 0xb0, p1: 0x81, p2: 0, le: 65_536 };

describe.each(["t0", "t1"] as const)("framed commands to the ISO card over %s", (protocol) => {
  test("give the card's answer, whatever Le was", async () => {
    await withCard(protocol, async (card) => {
      for (const le of [1, 3, 5, 200, 256]) {
        const response = await card.send({ cla: 0, ins: 0xca, p1: 0x5f, p2: 0x50, le });
        expect(response.toHex()).toBe("AABBCCDDEE9000");
      }
    });
  });

  test("select with an answer, and read more than one response holds", async () => {
    await withCard(protocol, async (card) => {
      const selected = await card.send("00A4020C020101");
      expect(selected.sw).toBe(0x9000);
      expect((await readAll(card)).equals(content)).toBe(true);
    });
  });

  test("write long data by chaining and by ENVELOPE, and read it back", async () => {
    await withCard(protocol, async (card) => {
      for (const longCommands of ["chaining", "envelope"] as const) {
        const data = randomBytes(600);
        const written = await card.send(
          { cla: 0, ins: 0xd6, p1: 0x81, p2: 0, data },
          { longCommands },
        );
        expect(written.toHex()).toBe("9000");
        expect((await readAll(card)).subarray(0, 600).equals(data)).toBe(true);
      }
    });
  });

  test("report a card that left in the middle, with what had arrived", async () => {
    await withCard(protocol, async (card, reader) => {
      reader.fault({ kind: "remove-before", exchange: 2 });
      const error = (await rejection(card.send(inTwoParts))) as PcscError;
      expect(error).toMatchObject({ name: "PcscError", call: "SCardTransmit" });
      expect(error.received?.length).toBeGreaterThan(200);
    });
  });

  test("report an answer cut short in the middle, with what had arrived", async () => {
    await withCard(protocol, async (card, reader) => {
      reader.fault({ kind: "truncate", exchange: 2, bytes: 1 });
      const error = (await rejection(card.send(inTwoParts))) as IncompleteResponseError;
      expect(error).toBeInstanceOf(IncompleteResponseError);
      expect(error.response.length).toBeGreaterThanOrEqual(256);
    });
  });

  test("come to an end with a card that has none", async () => {
    await withCard(protocol, async (card, reader) => {
      for (const kind of ["more-data", "wrong-length"] as const) {
        reader.fault({ kind, count: Infinity });
        const error = (await rejection(card.send("00CA5F5000"))) as ExchangeError;
        expect(error).toBeInstanceOf(ExchangeError);
        expect(error.code).toBe("ERR_SCARD_ENDLESS_RESPONSE");
        reader.clearFaults();
      }
      expect((await card.send("00CA5F5000")).toHex()).toBe("AABBCCDDEE9000");
    });
  });
});

describe("framed commands to a card whose historical bytes say what it takes", () => {
  // Category 80, tag 7: third byte C0 chaining and extended length, 80, 40, 00.
  const atrOf = (third: string): string => {
    const bytes = `85800180730000${third}`;
    const tck = Buffer.from(bytes, "hex").reduce((sum, byte) => sum ^ byte, 0);
    return `3B${bytes}${tck.toString(16).padStart(2, "0")}`;
  };

  test.each([
    ["C0", 1],
    ["40", 1],
    ["80", 3],
  ])("with %s: 600 bytes in %d commands", async (third, commands) => {
    const atr = atrOf(third);
    const able = { extendedLength: third !== "80", commandChaining: third !== "40" };
    const work = async (card: Card, reader: VirtualReader): Promise<void> => {
      const data = randomBytes(600);
      const written = await card.send({ cla: 0, ins: 0xd6, p1: 0x81, p2: 0, data });
      expect(written.toHex()).toBe("9000");
      expect(reader.state.exchangeCount).toBe(commands);
    };
    await withCard("t1", work, { atr, ...able });
  });

  test("with 00: nothing is sent, and a long Le becomes a short one", async () => {
    const able = { extendedLength: false, commandChaining: false };
    const work = async (card: Card, reader: VirtualReader): Promise<void> => {
      const data = randomBytes(600);
      const error = await rejection(card.send({ cla: 0, ins: 0xd6, p1: 0x81, p2: 0, data }));
      expect(error).toMatchObject({ code: "ERR_SCARD_COMMAND_TOO_LONG", exchanges: 0 });
      expect(reader.state.exchangeCount).toBe(0);
      expect((await card.send(wholeFile)).data.length).toBeGreaterThanOrEqual(256);
    };
    await withCard("t1", work, { atr: atrOf("00"), ...able });
  });
});
