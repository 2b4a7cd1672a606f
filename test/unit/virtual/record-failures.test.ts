// What a recorder writes where something fails: the call, the power cycle, the sink, `isSecret`.
import { describe, expect, test } from "vitest";

import type { CommandApdu } from "scard";
import { type Card, type Context, ScardArgumentError } from "scard";
import {
  ReplayCard,
  VirtualCard,
  type VirtualReader,
  type VirtualSubsystem,
  recordCard,
} from "scard/virtual";
import { atr, bench, contextOf, echoCard, expectNothingLeft, failure, hex } from "./support.js";

interface Recorded {
  readonly subsystem: VirtualSubsystem;
  readonly reader: VirtualReader;
  readonly context: Context;
  readonly card: Card;
  readonly text: () => string;
}

/** A connection that is recorded; closing the context ends it. */
async function recorded(
  virtualCard = echoCard(),
  isSecret?: (command: CommandApdu) => boolean,
): Promise<Recorded> {
  const { subsystem, reader, context } = await bench();
  reader.insert(virtualCard);
  let text = "";
  const write = (line: string): string => (text += line);
  const card = await recordCard(await context.connect(reader.name), write, { isSecret });
  return { subsystem, reader, context, card, text: () => text };
}

describe("a recorder, of what never reached the card,", () => {
  expectNothingLeft();

  test("writes a comment, so that a replay meets the command where the card did", async () => {
    const { subsystem, reader, context, card, text } = await recorded();
    const rival = await contextOf(subsystem);
    const other = await rival.connect(reader.name);
    await other.reconnect({ initialization: "reset" });
    expect(await failure(card.transmit("00A40000"))).toMatchObject({ code: "SCARD_W_RESET_CARD" });
    await card.reconnect();
    expect(hex(await card.transmit("00A40000"))).toBe("9000");
    expect(text()).toContain("# not sent: 00 A4 00 00 (SCARD_W_RESET_CARD)\n");
    expect(text().match(/^>.*/gmu)).toEqual(["> 00 A4 00 00"]);

    reader.remove();
    expect(await failure(card.transmit("00A40000"))).toMatchObject({
      code: "SCARD_W_REMOVED_CARD",
    });
    expect(text()).toMatch(/# not sent: 00 A4 00 00 \(SCARD_W_REMOVED_CARD\)\n$/u);
    await rival.close();

    const replay = reader.insert(new ReplayCard(text()));
    const again = await context.connect(reader.name);
    expect(hex(await again.transmit("00A40000"))).toBe("9000");
    expect([replay.remaining, replay.errors]).toEqual([0, []]);
    await context.close();
  });

  test("masks it there, too", async () => {
    const { reader, context, card, text } = await recorded();
    reader.remove();
    await failure(card.transmit("0020008104A1A2A3A4"));
    expect(text()).toContain("# not sent: 00 20 00 81 [secret] (SCARD_W_REMOVED_CARD)\n");
    expect(text().replaceAll(" ", "")).not.toContain("A1A2");
    await context.close();
  });
});

describe("a recorder, of a reconnection that fails after it has cycled the power,", () => {
  expectNothingLeft();

  test.each(["reset", "unpower"] as const)("writes the %s", async (initialization) => {
    const t0 = "3B 00";
    const card = new VirtualCard({ atr, handler: () => 0x9000 });
    const { context, card: connection, text } = await recorded(card);
    card.setAtr(t0);
    const reconnection = connection.reconnect({ initialization, protocols: ["t1"] });
    expect(await failure(reconnection)).toMatchObject({ code: "SCARD_E_PROTO_MISMATCH" });
    expect(text()).toMatch(new RegExp(`! ${initialization}\n$`, "u"));
    await context.close();
  });

  test("writes no reset where none was made", async () => {
    const { reader, context, card, text } = await recorded();
    reader.remove();
    expect(await failure(card.reconnect({ initialization: "reset" }))).toMatchObject({
      code: "SCARD_E_NO_SMARTCARD",
    });
    expect(text()).not.toContain("!");
    await context.close();
  });
});

describe("a recorder whose", () => {
  expectNothingLeft();

  test("isSecret throws rejects the call, and sends nothing", async () => {
    const seen: string[] = [];
    const handler = (command: CommandApdu): number => {
      seen.push(command.toHex());
      return 0x9000;
    };
    const { context, card, text } = await recorded(new VirtualCard({ atr, handler }), ({ ins }) => {
      if (ins === 0x55) throw new Error("no idea");
      return false;
    });
    const command = { cla: 0, ins: 0x55, p1: 0, p2: 0 };
    for (const call of [
      card.transmit("00550000"),
      card.transmitApdu(command),
      card.transmitInto("00550000", new Uint8Array(10)),
      card.send(command),
      card.runScript(["00550000"]),
    ]) {
      expect(await failure(call)).toMatchObject({ message: "no idea" });
    }
    expect(() => card.transmitSync("00550000")).toThrow("no idea");
    expect(seen).toEqual([]);
    expect(text()).not.toContain(">");
    expect(await failure(card.transmit(5 as never))).toBeInstanceOf(ScardArgumentError);
    await context.close();
  });

  test("sink throws rejects the call, and the other sinks miss nothing", async () => {
    const { reader, context } = await bench();
    reader.insert(echoCard());
    let isFull = false;
    let text = "";
    const card = await context.connect(reader.name);
    const full = await recordCard(card, () => {
      if (isFull) throw new Error("no space left");
    });
    const other = await recordCard(card, (line) => (text += line));
    isFull = true;
    // Three commands in one batch: written when the last call settles.
    await card.transmit("00010000");
    await card.transmit("00020000");
    expect(await failure(full.transmit("00030000"))).toMatchObject({ message: "no space left" });
    expect(text.match(/^>.*/gmu)).toEqual(["> 00 01 00 00", "> 00 02 00 00", "> 00 03 00 00"]);
    isFull = false;
    expect(hex(await other.transmit("00040000"))).toBe("9000");
    await context.close();
  });
});

test("a program that connects again is recorded into the same sink", async () => {
  const { reader, context } = await bench();
  reader.insert(echoCard());
  const conversation = async (wrap: (card: Card) => Promise<Card>): Promise<string[]> => {
    const answers: string[] = [];
    for (const command of ["00EC000001A1", "00EC000001B2"]) {
      await using card = await wrap(await context.connect(reader.name));
      answers.push(hex(await card.transmit(command)));
    }
    return answers;
  };
  let text = "";
  const answers = await conversation(async (card) => recordCard(card, (line) => (text += line)));
  expect(text.match(/^atr:/gmu)).toHaveLength(2);
  reader.remove();
  const replay = reader.insert(new ReplayCard(text));
  expect(await conversation(async (card) => Promise.resolve(card))).toEqual(answers);
  expect([replay.remaining, replay.errors]).toEqual([0, []]);
  await context.close();
});
