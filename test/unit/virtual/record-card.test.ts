// What a recorder writes of every kind of call.
import { describe, expect, test } from "vitest";

import { ApduScript, type Card, CommandApdu, type Transaction } from "scard";
import {
  IsoCard,
  type IsoCardDescription,
  ReplayCard,
  VirtualCard,
  type VirtualReader,
  recordCard,
} from "scard/virtual";
import { atr, bench, echoCard, expectNothingLeft, failure, hex } from "./support.js";

const description: IsoCardDescription = {
  pins: [{ reference: 0x81, value: "73519" }],
  files: [{ type: "transparent", id: 0x2f01, sfi: 1, content: new Uint8Array(600).fill(0xab) }],
};

interface RecordOptions {
  readonly protocol?: "t0" | "t1";
  readonly isSecret?: (command: CommandApdu) => boolean;
}

interface Recorder {
  readonly card: Card;
  readonly original: Card;
  readonly reader: VirtualReader;
  /** Lines written so far, without the header and what follows a `#`. */
  readonly lines: () => readonly string[];
  readonly text: () => string;
}

/** Records what `use` does with a card. */
async function record(
  virtualCard: VirtualCard | IsoCard,
  use: (recorder: Recorder) => Promise<void>,
  { protocol = "t1", isSecret }: RecordOptions = {},
): Promise<string> {
  const { subsystem, context } = await bench();
  const reader = subsystem.addReader({ name: "Recorded", pinPad: true });
  let text = "";
  try {
    reader.insert(virtualCard);
    const original = await context.connect(reader.name, { protocols: [protocol] });
    const card = await recordCard(original, (line) => (text += line), { isSecret });
    const header = text.length;
    const lines = (): readonly string[] =>
      text
        .slice(header)
        .split("\n")
        .map((line) => line.replace(/\s*#.*/u, ""))
        .filter((line) => line !== "");
    await use({ card, original, reader, lines, text: () => text });
  } finally {
    await context.close();
  }
  return text;
}

describe("recordCard", () => {
  expectNothingLeft();

  test.each(["t0", "t1"] as const)("writes each APDU of send, over %s", async (protocol) => {
    const use = async ({ card, lines }: Recorder): Promise<void> => {
      const file = { cla: 0, ins: 0xb0, p1: 0x81, p2: 0, le: 5 };
      expect((await card.send(file)).toHex()).toBe("ABABABABAB9000");
      expect(lines()).toEqual(["> 00 B0 81 00 05", "< AB AB AB AB AB 90 00"]);
      const data = new Uint8Array(300).fill(0xcd);
      const update = { cla: 0, ins: 0xd6, p1: 0x81, p2: 0, data };
      await card.send(update, { longCommands: "chaining" });
      const [first = "", done, second = "", end] = lines().slice(2);
      expect(first).toMatch(/^> 10 D6 81 00 FF( CD){255}$/u);
      expect(second).toMatch(/^> 00 D6 81 00 2D( CD){45}$/u);
      expect([done, end]).toEqual(["< 90 00", "< 90 00"]);
      await card.send("00A40000023F0000");
      const select = lines().slice(6);
      expect(select[0]).toBe(`> 00 A4 00 00 02 3F 00${protocol === "t1" ? " 00" : ""}`);
      expect(select).toHaveLength(protocol === "t1" ? 2 : 4);
    };
    await record(new IsoCard(description), use, { protocol });
  });

  test("writes scripts, card.iso and readBinaryStream", async () => {
    await record(new IsoCard(description), async ({ card, lines }) => {
      await card.runScript(["00A40000023F00", { command: "00B0810002", raw: true }]);
      expect(lines()).toEqual([
        "> 00 A4 00 00 02 3F 00",
        "< 90 00",
        "> 00 B0 81 00 02",
        "< AB AB 90 00",
      ]);
      await card.iso.selectFile({ by: "mf", answer: "none" });
      await card.transaction(async (tx) => tx.iso.readBinary({ sfi: 1, length: 1 }));
      expect(lines().slice(4)).toEqual([
        "> 00 A4 00 0C 02 3F 00",
        "< 90 00",
        "> 00 B0 81 00 01",
        "< AB 90 00",
      ]);
      let bytes = 0;
      for await (const block of card.readBinaryStream({ sfi: 1 })) {
        bytes += block.length;
      }
      expect(bytes).toBe(600);
      expect(lines().at(8)).toMatch(/^> 00 B0 81 00/u);
    });
  });

  test("writes and masks what is sent at once, and into memory", async () => {
    const secret = CommandApdu.from("00D6810002D1D1", { secret: true });
    await record(new IsoCard(description), async ({ card, lines }) => {
      const memory = new Uint8Array(300);
      expect(hex(card.transmitSync("00B0810001"))).toBe("AB9000");
      expect(lines()).toEqual(["> 00 B0 81 00 01", "< AB 90 00"]);
      expect(card.transmitSyncInto(secret, memory)).toBe(2);
      expect(await card.transmitInto("00B0810003", memory)).toBe(5);
      expect(lines().slice(2)).toEqual([
        "> 00 D6 81 00 [secret]",
        "< 90 00",
        "> 00 B0 81 00 03",
        "< D1 D1 AB 90 00",
      ]);
    });
  });

  test("masks what is secret in send, scripts and card.iso, in all parts it is sent in", async () => {
    const secretData = new Uint8Array(300).fill(0xd1);
    const fields = { cla: 0x00, ins: 0xda, p1: 0, p2: 0x99, data: secretData, secret: true };
    const handler = ({ ins }: CommandApdu): string =>
      ins === 0xc0 ? "E1E29000" : ins === 0xca ? "6102" : "9000";
    const text = await record(
      new VirtualCard({ atr, handler }),
      async ({ card }) => {
        await card.send(fields, { longCommands: "chaining" });
        await card.runScript([{ command: { ...fields, p2: 0x98 }, raw: true }]);
        await card.runScript(new ApduScript([{ ...fields, p1: 1, data: "D1D1" }, "00A4040C"]));
        await card.send("00CA006E00");
        await card.iso.verify({ reference: 0x81, pin: Uint8Array.of(0xd1, 0xd1) });
        await card.transmit(CommandApdu.from("00D6000002D1D1", { secret: true }));
      },
      { isSecret: ({ ins }) => ins === 0xca },
    );
    expect(text.replaceAll(" ", "")).not.toMatch(/D1D1|E1E2/u);
    expect(text).toContain("> 10 DA 00 99 [secret]\n");
    expect(text).toContain("> 00 DA 00 98 [secret]\n");
    expect(text).toContain("> 00 DA 01 99 [secret]\n");
    expect(text).toContain("> 00 C0 00 00 02\n< [secret 2] 90 00");
    expect(text).toContain("> 00 20 00 81 [secret]\n");
    expect(text).toContain("> 00 A4 04 0C\n");
  });

  test("replays what send did with T=0", async () => {
    const conversation = async (card: Card): Promise<string[]> => [
      (await card.send("00A40000023F0000")).toHex(),
      (await card.send("00B0810000")).toHex(),
    ];
    let answers: string[] = [];
    const use = async ({ card }: Recorder): Promise<void> => {
      answers = await conversation(card);
    };
    const text = await record(new IsoCard(description), use, { protocol: "t0" });
    expect(text).toContain("protocol: t0\n");
    const { reader, context } = await bench();
    const replay = reader.insert(new ReplayCard(text));
    const card = await context.connect(reader.name, { protocols: ["t0"] });
    expect(await conversation(card)).toEqual(answers);
    expect([replay.remaining, replay.errors]).toEqual([0, []]);
    await context.close();
  });

  const power = { disposition: "reset" } as const;

  test.each<[string, string, (card: Card) => Promise<unknown>]>([
    ["a transaction", "! reset", async (card) => card.transaction(() => 1, power)],
    [
      "a transaction whose callback throws",
      "! unpower",
      async (card) =>
        failure(
          card.transaction(
            () => {
              throw new Error("no");
            },
            { disposition: "unpower" },
          ),
        ),
    ],
    [
      "the end of beginTransaction, by its own disposition",
      "! reset",
      async (card) => (await card.beginTransaction(power)).end(),
    ],
    [
      "the end of beginTransaction, by another disposition",
      "! unpower",
      async (card) => (await card.beginTransaction(power)).end("unpower"),
    ],
    [
      "a transaction that is disposed of",
      "! reset",
      async (card) => {
        await using tx: Transaction = await card.beginTransaction(power);
        await tx.transmit("00A4000C");
      },
    ],
    ["a reconnection", "! unpower", async (card) => card.reconnect({ initialization: "unpower" })],
    ["a disconnection", "! reset", async (card) => card.disconnect("reset")],
  ])("writes the power that %s cycles", async (_, line, use) => {
    await record(new IsoCard(description), async ({ card, lines }) => {
      await use(card);
      expect(lines().filter((one) => one.startsWith("!"))).toEqual([line]);
      expect(lines().at(-1)).toBe(line);
    });
  });

  test("writes the power-down that disposing of the card brings", async () => {
    const { reader, context } = await bench();
    reader.insert(echoCard());
    let text = "";
    {
      const connected = await context.connect(reader.name, { disposition: "unpower" });
      await using card = await recordCard(connected, (line) => (text += line));
      await card.transmit("00A4000C");
    }
    expect(text).toMatch(/! unpower\n$/u);
    await context.close();
  });

  test("replays a power-down in its place", async () => {
    const conversation = async (card: Card): Promise<string[]> => {
      const answers = [hex(await card.transmit("00B0810001"))];
      await card.reconnect({ initialization: "unpower" });
      return [
        ...answers,
        hex(await card.transmit("0020008100")),
        hex(await card.transmit("00A4000C")),
      ];
    };
    let answers: string[] = [];
    const text = await record(new IsoCard(description), async ({ card }) => {
      answers = await conversation(card);
    });
    const { reader, context } = await bench();
    const replay = reader.insert(new ReplayCard(text));
    const card = await context.connect(reader.name);
    expect(await conversation(card)).toEqual(answers);
    expect([replay.remaining, replay.errors]).toEqual([0, []]);
    await context.close();
  });

  test("writes nothing of a call that was given up before it was sent, and the rest in order", async () => {
    let answer: (sw: number) => void = () => undefined;
    const begun: string[] = [];
    const handler = async (command: CommandApdu): Promise<number> => {
      begun.push(command.toHex());
      return new Promise<number>((resolve) => (answer = resolve));
    };
    await record(new VirtualCard({ atr, handler }), async ({ card, lines }) => {
      const first = card.transmit("00010000");
      await expect.poll(() => begun).toHaveLength(1);
      const ending = new AbortController();
      const second = failure(card.transmit("00020000", { signal: ending.signal }));
      const third = card.transmit("00030000");
      ending.abort();
      await second;
      expect(lines()).toEqual([]);
      answer(0x9001);
      await first;
      await expect.poll(() => begun).toHaveLength(2);
      answer(0x9003);
      await third;
      expect(lines()).toEqual(["> 00 01 00 00", "< 90 01", "> 00 03 00 00", "< 90 03"]);
    });
  });

  test("writes the answer of a call that was given up while it ran", async () => {
    let answer: (sw: number) => void = () => undefined;
    let begun = false;
    const handler = async ({ ins }: CommandApdu): Promise<number> => {
      begun = true;
      return ins === 2 ? 0x9002 : new Promise<number>((resolve) => (answer = resolve));
    };
    await record(new VirtualCard({ atr, handler }), async ({ card, lines }) => {
      const ending = new AbortController();
      const first = failure(card.transmit("00010000", { signal: ending.signal }));
      await expect.poll(() => begun).toBe(true);
      ending.abort();
      await first;
      answer(0x9001);
      await card.transmit("00020000");
      expect(lines()).toEqual(["> 00 01 00 00", "< 90 01", "> 00 02 00 00", "< 90 02"]);
    });
  });

  test("writes a broken answer and none at all, which replay", async () => {
    const conversation = async (card: Card): Promise<string[]> => {
      const codes: string[] = [];
      for (const command of ["00010000", "00020000"]) {
        codes.push(((await failure(card.transmit(command))) as Error & { code: string }).code);
      }
      return codes;
    };
    const expected = ["ERR_SCARD_INCOMPLETE_RESPONSE", "SCARD_E_NOT_TRANSACTED"];
    const text = await record(echoCard(), async ({ card, reader, lines }) => {
      reader.fault({ kind: "truncate", bytes: 1 });
      reader.fault({ kind: "mute", exchange: 2 });
      expect(await conversation(card)).toEqual(expected);
      expect(lines()).toEqual(["> 00 01 00 00", "< 90", "> 00 02 00 00"]);
    });
    expect(text).toContain("# failed: SCARD_E_NOT_TRANSACTED\n");
    const { reader, context } = await bench();
    reader.insert(new ReplayCard(text));
    expect(await conversation(await context.connect(reader.name))).toEqual(expected);
    await context.close();
  });

  test("writes a PIN entered on the reader, masked; a cancelled one as a comment", async () => {
    const verify = { command: "00 20 00 81 05 FF FF FF FF FF", minLength: 4, maxLength: 5 };
    const text = await record(new IsoCard(description), async ({ card, reader, lines }) => {
      await card.transmit("00A4000C");
      reader.pinPad.enter("73519");
      expect(await card.verifyPin(verify)).toMatchObject({ outcome: "accepted" });
      reader.pinPad.cancel();
      expect(await card.verifyPin(verify)).toMatchObject({ outcome: "cancelled" });
      reader.pinPad.enter("73519", "24680", "24680");
      const change = { command: "00 24 00 81 0A FF FF FF FF FF FF FF FF FF FF" };
      const modified = await card.modifyPin({ ...verify, ...change, newOffset: 5 });
      expect(modified.outcome).toBe("accepted");
      expect(lines()).toEqual([
        "> 00 A4 00 0C",
        "< 90 00",
        "> 00 20 00 81 [secret]",
        "< 90 00",
        "> 00 24 00 81 [secret]",
        "< 90 00",
      ]);
    });
    expect(text).toMatch(/# PIN entry on the reader: .*cancel/iu);
    expect(text.replaceAll(" ", "")).not.toMatch(/7351|2468|3733353139/u);
  });

  test("may record a connection twice, and takes what is called on the card itself along", async () => {
    await record(new IsoCard(description), async ({ card, original, lines }) => {
      let second = "";
      const again = await recordCard(card, (line) => (second += line));
      const header = second.length;
      await original.transmit("00A4000C");
      expect(lines()).toEqual([]);
      await again.transmit("00B0810001");
      expect(lines()).toEqual(["> 00 A4 00 0C", "< 90 00", "> 00 B0 81 00 01", "< AB 90 00"]);
      expect(second.slice(header).match(/^> .*/gmu)).toEqual(["> 00 A4 00 0C", "> 00 B0 81 00 01"]);
    });
  });

  test("refuses as the card itself does", async () => {
    await record(echoCard(), async ({ card, lines }) => {
      for (const call of [
        card.transmit("0"),
        card.send("00A4"),
        card.runScript([]),
        card.transaction(5 as never),
        card.transmitApdu({ cla: 0, ins: 0xa4, p1: 0, p2: 0, data: 5 as never }),
      ]) {
        expect((await failure(call)).name).toMatch(/Error$/u);
      }
      expect(lines()).toEqual([]);
      expect(card.constructor.name).toBe("Card");
    });
  });
});
