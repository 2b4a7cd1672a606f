// CardCommand: ISCardCmd, property by property, and what it sends.
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";

import {
  CardCommand,
  CommandApdu,
  CommandStateError,
  ResponseApdu,
  ScardArgumentError,
} from "scard";

/** A card that gives these answers, and keeps what it was sent. */
function scripted(
  protocol: "t0" | "t1",
  ...answers: readonly string[]
): { target: Parameters<CardCommand["send"]>[0]; sent: string[] } {
  const sent: string[] = [];
  const transmitApdu = async (command: CommandApdu | object): Promise<ResponseApdu> => {
    const answer = answers[sent.length] ?? "6F00";
    sent.push((command as CommandApdu).toHex());
    return Promise.resolve(ResponseApdu.from(answer));
  };
  return { target: { protocol, transmitApdu }, sent };
}

describe("CardCommand", () => {
  it("is empty until something is built", () => {
    const command = new CardCommand();
    expect(command.apdu).toEqual(new Uint8Array());
    expect(command.reply).toBeUndefined();
    for (const read of [
      () => command.command,
      () => command.classId,
      () => command.p3,
      () => command.replyStatus,
      () => command.alternateClassId,
    ]) {
      expect(read).toThrow(CommandStateError);
    }
  });

  it("has every part of the command to read and change", () => {
    const command = new CardCommand({ cla: 0, ins: 0xa4, p1: 4, p2: 0, data: "3F00", le: 16 });
    expect(command.p3).toBe(2);
    command.classId = 0x80;
    command.instructionId = 0xb0;
    command.p1 = 1;
    command.p2 = 2;
    command.data = "AABBCC";
    command.le = undefined;
    expect(command.command.toHex()).toBe("80B0010203AABBCC");
    expect([command.classId, command.instructionId, command.p1, command.p2, command.p3]).toEqual([
      0x80, 0xb0, 1, 2, 3,
    ]);
    expect(command.le).toBeUndefined();
    command.data.fill(0);
    expect(Buffer.from(command.data).toString("hex")).toBe("aabbcc");
    command.apdu = "00B0000010";
    expect([command.le, command.p3]).toEqual([16, 0]);
    expect(() => {
      command.classId = 256;
    }).toThrow(ScardArgumentError);
    command.clear();
    expect(command.apdu).toHaveLength(0);
  });

  it("keeps an extended command extended when a part changes", () => {
    const command = new CardCommand(CommandApdu.from("00B00000000010"));
    command.p2 = 1;
    expect(command.command.toHex()).toBe("00B00001000010");
  });

  it("wraps a command in an ENVELOPE by case", () => {
    const command = new CardCommand({ cla: 0x80, ins: 0xa4, p1: 4, p2: 0, data: "3F00", le: 256 });
    command.encapsulate();
    expect(command.command.toHex()).toBe("80C20000" + "08" + "80A40400023F0000" + "00");
    command.apdu = "00B0000000";
    command.encapsulate(3, { classId: 0x00 });
    expect(command.command.toHex()).toBe("00C20000" + "05" + "00B0000000");
    command.apdu = "0020008104" + "31323334";
    command.encapsulate(4);
    expect(command.command.le).toBe(256);
    expect(inspect(command)).not.toMatch(/31 ?32/);
  });

  it("keeps the reply, as sent and as set", async () => {
    const { target, sent } = scripted("t1", "01029000", "6A82");
    const command = new CardCommand(CommandApdu.from("00B0000000"));
    await command.send(target);
    expect([command.replyStatus, command.reply?.data]).toEqual([0x9000, Uint8Array.of(1, 2)]);
    await command.send(target);
    expect(command.replyStatus).toBe(0x6a82);
    command.reply = "9000";
    expect(command.replyStatus).toBe(0x9000);
    command.p1 = 1;
    expect(command.reply).toBeUndefined();
    expect(sent).toEqual(["00B0000000", "00B0000000"]);
  });

  it("fetches what waits with its own class, or the alternate one", async () => {
    const command = new CardCommand({ cla: 0xa0, ins: 0xa4, p1: 0, p2: 0, data: "3F00", le: 256 });
    const own = scripted("t0", "6102", "AA6101", "BB9000");
    await command.send(own.target);
    expect(own.sent).toEqual(["A0A40000023F00", "A0C0000002", "A0C0000001"]);
    expect(command.reply?.toHex()).toBe("AABB9000");
    command.alternateClassId = 0x00;
    const other = scripted("t1", "6102", "AABB9000");
    await command.send(other.target);
    expect(other.sent).toEqual(["A0A40000023F0000", "00C0000002"]);
  });

  it("puts a wrong Le right once, and ends with a card that never does", async () => {
    const command = new CardCommand(CommandApdu.from("00B0000000"));
    const wrong = scripted("t0", "6C02", "6C03");
    await command.send(wrong.target);
    expect([wrong.sent, command.replyStatus]).toEqual([["00B0000000", "00B0000002"], 0x6c03]);
    const endless = scripted("t1", ...Array.from({ length: 999 }, () => "6101"));
    await command.send(endless.target);
    expect(endless.sent).toHaveLength(258);
  });
});
