import { describe, expect, test } from "vitest";

import { CommandApdu, type Card } from "scard";
import {
  IsoCard,
  ReplayCard,
  TranscriptError,
  VirtualCard,
  parseTranscript,
  recordCard,
} from "scard/virtual";
import { atr, bench, expectNothingLeft, failure, hex } from "./support.js";

const small = `
# A comment; blank lines separate.
atr: 3B 80 80 01 01
protocol: t1

> 00 A4 04 00 02 3F 00   # SELECT
< 6F009000
! reset
>00200081 [secret]
< 63 C2
> 00 2A 80 86 [secret] 00
< [secret 3] 90 00
> 00 FF 00 00
`;

describe("parseTranscript", () => {
  test("reads what the format allows", () => {
    const transcript = parseTranscript(small);
    expect(transcript.protocol).toBe("t1");
    expect(hex(transcript.atr)).toBe("3B80800101");
    const steps = transcript.steps.map((step) =>
      step.type === "command"
        ? [hex(step.bytes), step.masked, step.response && hex(step.response), step.line]
        : [step.type, step.line],
    );
    expect(steps).toEqual([
      ["00A40400023F00", false, "6F009000", 6],
      ["reset", 8],
      ["00200081", true, "63C2", 9],
      ["002A808600", true, "0000009000", 11],
      ["00FF0000", false, undefined, 13],
    ]);
  });

  test.each([
    ["> 00 A4", 1, 1, "ATR"],
    ["atr: 3B 80 80 01 01\n> 00 A", 2, 7, "two hexadecimal digits"],
    ["atr: 3B 80 80 01 01\n> 00 AX", 2, 7, "two hexadecimal digits"],
    ["atr: 3B 80 80 01 01\n>", 2, 2, "at least one byte"],
    ["atr: 3B 80 80 01 01\n< 90 00", 2, 1, "follows its command"],
    ["atr: 3B 80 80 01 01\n> 00\n< 90 00\n< 90 00", 4, 1, "follows its command"],
    ["atr: 3B\n", 1, 5, "2 to 33 bytes"],
    ["atr: 3B 00\natr: 3B 01", 2, 5, "another one than before"],
    ["atr: 3B 00\nprotocol: t2", 2, 10, "t0, t1 or raw"],
    ["atr: 3B 00\n! boom", 2, 2, "reset or unpower"],
    ["atr: 3B 00\n  nonsense", 2, 3, "a line begins with"],
    ["atr: 3B 00\n> 00 20 [secret]", 2, 2, "4 bytes of header"],
    ["atr: 3B 00\n> 00 20\n< [secret] 90 00", 3, 3, "[secret N]"],
  ])("refuses %j with line and column", (text, line, column, words) => {
    const error = thrownBy(() => parseTranscript(text));
    expect(error).toBeInstanceOf(TranscriptError);
    expect(error).toMatchObject({ code: "ERR_SCARD_TRANSCRIPT", line, column });
    expect((error as Error).message).toContain(words);
  });
});

describe("ReplayCard", () => {
  expectNothingLeft();

  test("answers in order, any data where it was masked, and begins anew when inserted", async () => {
    const { reader, context } = await bench();
    const silent = { report: () => undefined };
    const replay = new ReplayCard(small, silent);
    for (let round = 0; round < 2; ++round) {
      reader.insert(replay);
      const card = await context.connect(reader.name);
      // The card hears of its power on a way of its own, before any command.
      await expect.poll(() => replay.remaining).toBe(4);
      expect(hex(await card.transmit("00A40400023F00"))).toBe("6F009000");
      await card.reconnect({ initialization: "reset" });
      expect(hex(await card.transmit("0020008106313233343536"))).toBe("63C2");
      expect(hex(await card.transmit("002A808601AA00"))).toBe("0000009000");
      expect(await failure(card.transmit("00FF0000"))).toMatchObject({
        code: "SCARD_E_NOT_TRANSACTED",
      });
      expect(replay.remaining).toBe(0);
      expect(replay.errors).toEqual([]);
      await card.disconnect();
      reader.remove();
    }
    await context.close();
  });

  test("reports departures, showing headers only", async () => {
    const { reader, context } = await bench();
    const reported: Error[] = [];
    const replay = new ReplayCard(small, { onError: 0x6a80, report: (e) => reported.push(e) });
    reader.insert(replay);
    const card = await context.connect(reader.name);
    expect(hex(await card.transmit("0020008104DEADBEEF"))).toBe("6A80");
    expect(replay.errors).toEqual(reported);
    expect(replay.errors[0]?.cause).toMatchObject({ code: "ERR_SCARD_REPLAY", line: 6 });
    expect(replay.errors[0]?.message).toContain("left the transcript");
    expect(replay.errors[0]?.message).toContain("00 A4 04 00");
    expect(replay.errors[0]?.message.replaceAll(" ", "")).not.toContain("DEADBEEF");
    await context.close();
  });

  test("lenient: in any order, the last answer again", async () => {
    const { reader, context } = await bench();
    const text = "atr: 3B 80 80 01 01\n> 01\n< 61 01\n> 02\n< 90 02\n> 01\n< 90 01\n";
    reader.insert(new ReplayCard(text, { order: "lenient" }));
    const card = await context.connect(reader.name);
    const answers: string[] = [];
    for (const command of ["02", "01", "01", "01"]) {
      answers.push(hex(await card.transmit(command)));
    }
    expect(answers).toEqual(["9002", "6101", "9001", "9001"]);
    await context.close();
  });
});

describe("ReplayCard, lenient,", () => {
  expectNothingLeft();

  test("takes as many power-downs as there are for its own; one more is a new insertion", async () => {
    const { reader, context } = await bench();
    const text = "atr: 3B 80 80 01 01\n> 01\n< 90 01\n! unpower\n> 01\n< 90 02\n! reset\n";
    const replay = reader.insert(new ReplayCard(text, { order: "lenient" }));
    const card = await context.connect(reader.name);
    const answers: string[] = [];
    for (let round = 0; round < 4; ++round) {
      answers.push(hex(await card.transmit("01")));
      await card.reconnect({ initialization: "reset" });
      answers.push(hex(await card.transmit("01")));
      await card.reconnect({ initialization: "unpower" });
    }
    expect(answers).toEqual(
      // Of a round: both answers, the last again; begun anew with every second power-down.
      ["9001", "9002", "9002", "9002", "9001", "9002", "9002", "9002"],
    );
    // The card hears of its last power-down on a way of its own.
    await expect.poll(() => replay.remaining).toBe(0);
    await context.close();
  });
});

describe("recordCard", () => {
  expectNothingLeft();

  const description = { pins: [{ reference: 0x81, value: "73519" }] };

  async function conversation(card: Card): Promise<string[]> {
    const sent: string[] = [];
    const send = async (bytes: string): Promise<void> => {
      sent.push(hex(await card.transmit(bytes)));
    };
    await send("00200081");
    await send("00200081053939393939");
    await send("00 20 00 81 05 37 33 35 31 39");
    sent.push(
      await card.transaction(async (tx) => (await tx.transmitApdu(select)).toHex(), {
        disposition: "reset",
      }),
    );
    await card.reconnect();
    await send("0084000008");
    return sent;
  }
  const select = { cla: 0, ins: 0xa4, p1: 0, p2: 0x0c, data: "3F00" };

  test("writes what replays the same, without the secrets", async () => {
    const { reader, context } = await bench();
    let text = "";
    reader.insert(new IsoCard(description));
    const recorded = await recordCard(await context.connect(reader.name), (line) => {
      text += line;
    });
    expect(recorded).toMatchObject({ reader: reader.name, closed: false });
    const answers = await conversation(recorded);
    await recorded.disconnect();
    expect(text.replaceAll(" ", "")).not.toMatch(/3733353139|3939393939/);
    expect(text).toContain("> 00 20 00 81 [secret]\n< 63 C2");
    expect(text).toContain("! reset\n");

    reader.remove();
    const replay = reader.insert(new ReplayCard(text));
    const card = await context.connect(reader.name);
    expect(await conversation(card)).toEqual(answers);
    expect(replay.errors).toEqual([]);
    expect(replay.remaining).toBe(0);
    await context.close();
  });

  test.each([
    ["CHANGE REFERENCE DATA", "0024008108A1A2A3A4A1A2A3A4", "00 24 00 81 [secret]"],
    ["VERIFY, chained", "1020008104A1A2A3A4", "10 20 00 81 [secret]"],
    ["VERIFY with wrong lengths", "0020008108A1A2A3A4", "00 20 00 81 [secret]"],
    ["LOAD KEYS of the reader", "FF82000004A1A2A3A4", "FF 82 00 00 [secret]"],
    ["ENVELOPE", "00C2000004A1A2A3A4", "00 C2 00 00 [secret]"],
    ["DECIPHER", "002A808604A1A2A3A400", "00 2A 80 86 [secret] 00"],
  ])("masks %s", async (_, command, line) => {
    const { reader, context } = await bench();
    let text = "";
    reader.insert(new VirtualCard({ atr, raw: true, handler: () => "A1A2A3A49000" }));
    const recorded = await recordCard(await context.connect(reader.name), {
      write: (part) => (text += part),
    });
    await recorded.transmit(command);
    expect(text).toContain(`> ${line}\n< [secret 4] 90 00`);
    expect(text.replaceAll(" ", "")).not.toContain("A1A2A3A4");
    await context.close();
  });

  test("masks what the caller says, what was given as secret, and the rest by GET RESPONSE", async () => {
    const { reader, context } = await bench();
    let text = "";
    const answers = ["6104", "A1A2A3A49000", "B1B29000", "9000"];
    reader.insert(new VirtualCard({ atr, handler: () => answers.shift() ?? 0x6f00 }));
    const recorded = await recordCard(
      await context.connect(reader.name),
      (line) => {
        text += line;
      },
      { isSecret: ({ ins }) => ins === 0xca },
    );
    await recorded.transmit("002A808604C1C2C3C4");
    await recorded.transmit("00C0000004");
    await recorded.transmit("00CA006E00");
    await recorded.transmit(CommandApdu.from("80DA000002D1D2", { secret: true }));
    expect(text.replaceAll(" ", "")).not.toMatch(/A1A2|B1B2|C1C2|D1D2/);
    await context.close();
  });
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
