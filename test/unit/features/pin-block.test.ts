import { describe, expect, test } from "vitest";

import {
  buildPinModifyBlock,
  buildPinVerifyBlock,
  type PinModifyOptions,
  type PinVerifyOptions,
} from "../../../lib/features/index.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const verifyCommand = "00 20 00 81 08 FFFFFFFFFFFFFFFF";
const modifyCommand = "00 24 00 81 10 FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF";
const verify = (options: Partial<PinVerifyOptions>) =>
  buildPinVerifyBlock({ command: verifyCommand, ...options });
const modify = (options: Partial<PinModifyOptions>) =>
  buildPinModifyBlock({ command: modifyCommand, newOffset: 8, ...options });

// The expected bytes are those of the structures in pcsclite's reader.h, filled in by a C program.
describe("layout", () => {
  test("ASCII PIN with every field set", () => {
    const block = verify({
      encoding: "ascii",
      minLength: 4,
      maxLength: 8,
      timeoutSeconds: 30,
      timeoutAfterFirstKeySeconds: 15,
      languageId: 0x040c,
      message: 2,
      prologue: Uint8Array.of(1, 2, 3),
    });
    expect(hex(block)).toBe("1e0f820800080402010c04020102030d0000000020008108ffffffffffffffff");
  });

  test("ISO 9564 format 2: length nibble and BCD digits", () => {
    const block = buildPinVerifyBlock({
      command: "00 20 00 01 08 20FFFFFFFFFFFFFF",
      encoding: "bcd",
      position: 1,
      lengthField: { bits: 4, position: 4 },
      minLength: 4,
      maxLength: 12,
      validation: ["maxLength", "key"],
    });
    expect(hex(block)).toBe("00008947040c0403ff0904000000000d000000002000010820ffffffffffffff");
  });

  test("modification with two blocks", () => {
    const block = modify({
      encoding: "ascii",
      justify: "right",
      lengthField: { bits: 8, position: 3, unit: "bytes" },
      minLength: 6,
      maxLength: 8,
      validation: ["key", "timeout"],
      timeoutSeconds: 60,
      timeoutAfterFirstKeySeconds: 20,
      languageId: 0x0407,
      messages: [0, 1, 2],
      prologue: "0A0B0C",
    });
    expect(hex(block)).toBe(
      "3c148688130008080603060307040001020a0b0c150000000024008110ffffffffffffffffffffffffffffffff",
    );
  });
});

describe("defaults and words", () => {
  test("the block fills the data field; the reader shows its usual text", () => {
    expect(hex(verify({})).slice(0, 38)).toBe("00008208000804" + "02ff0904000000000d000000");
  });

  test("a command without data grows by the PIN", () => {
    const block = buildPinVerifyBlock({ command: "00200081" });
    expect(hex(block)).toBe("00008200000804" + "02ff09040000000004000000" + "00200081");
  });

  test.each([
    [{ encoding: "binary" }, 0x80],
    [{ encoding: "bcd" }, 0x81],
    [{ positionUnit: "bits", position: 8 }, 0x42],
    [{ justify: "right" }, 0x86],
    [{ position: 7 }, 0xba],
  ] as const)("format of %o", (options, format) => {
    expect(verify(options)[2]).toBe(format);
  });

  test.each([
    ["none", [0, 0]],
    ["default", [0xff, 0]],
    [7, [1, 7]],
  ] as const)("verify message %s", (message, [count, index]) => {
    const block = verify({ message });
    expect([block[8], block[11]]).toEqual([count, index]);
  });

  test.each([
    ["none", [0, 0, 0, 0]],
    ["default", [0xff, 0, 0, 0]],
    [[5], [1, 5, 0, 0]],
    [
      [5, 6],
      [2, 5, 6, 0],
    ],
  ] as const)("modify messages %s", (messages, expected) => {
    const block = modify({ messages });
    expect([block[11], block[14], block[15], block[16]]).toEqual(expected);
  });

  test.each([
    [true, true, 3],
    [true, false, 1],
    [false, true, 2],
    [false, false, 0],
  ])("confirm %s, askOld %s", (confirm, askOld, bits) => {
    expect(modify({ confirm, askOld })[9]).toBe(bits);
  });

  test("the old PIN's place needs no room when it is not asked", () => {
    const block = modify({ askOld: false, oldOffset: 0, newOffset: 4, blockSize: 12 });
    expect([block[3], block[5], block[6]]).toEqual([12, 0, 4]);
  });

  test("lengths shrink to the block", () => {
    const block = buildPinVerifyBlock({ command: "0020000103FFFFFF" });
    expect([block[3], block[5], block[6]]).toEqual([3, 3, 3]);
    const bcd = buildPinVerifyBlock({ command: "0020000103FFFFFF", encoding: "bcd" });
    expect([bcd[5], bcd[6]]).toEqual([6, 4]);
  });

  test("the caller's command is copied", () => {
    const command = Uint8Array.of(0, 0x20, 0, 1);
    const block = buildPinVerifyBlock({ command });
    command.fill(0xee);
    expect(hex(block.slice(-4))).toBe("00200001");
  });
});

describe("wrong options", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["command too short", { command: "002000" }, "4 to 260 bytes"],
    ["Lc that does not count the data", { command: "0020008108FF" }, "the fifth (Lc)"],
    ["Le at the end", { command: "0020008101FF00" }, "the fifth (Lc)"],
    ["no hexadecimal", { command: "00 2x 00 81" }, "hexadecimal"],
    ["unknown encoding", { encoding: "utf8" }, '"binary", "bcd", "ascii"'],
    ["block past the data", { blockSize: 9 }, "at most the 8 bytes"],
    ["block moved past the data", { position: 1, blockSize: 8 }, "at most the 7 bytes"],
    ["bits count towards the room", { position: 9, positionUnit: "bits", blockSize: 7 }, "6 bytes"],
    ["PIN longer than its block", { maxLength: 9 }, "at most the 8 digits"],
    ["minimum above maximum", { minLength: 7, maxLength: 6 }, "from 0 to 6"],
    ["no digits at all", { maxLength: 0 }, "from 1 to 255"],
    ["no way to end", { validation: [] }, "one or more of"],
    ["unknown end", { validation: ["enter"] }, "one of"],
    ["a word instead of a list", { validation: "key" }, "one or more of"],
    ["half a second", { timeoutSeconds: 0.5 }, "from 0 to 255"],
    ["language", { languageId: 0x10000 }, "from 0 to 65535"],
    ["prologue", { prologue: "0000" }, "exactly 3 bytes"],
    ["length field without bits", { lengthField: { position: 0 } }, '"lengthField.bits"'],
    ["length field misspelt", { lengthField: { bits: 4, postion: 0 } }, '"position"'],
    ["message", { message: "hello" }, '"default", "none"'],
    ["message number", { message: 256 }, "from 0 to 255"],
    ["misspelt option", { maxLenght: 8 }, 'did you mean "maxLength"?'],
    ["the other structure's option", { newOffset: 8 }, "known options"],
  ])("verify: %s", (_, options, expected) => {
    expect(() => verify(options as Partial<PinVerifyOptions>)).toThrow(expected);
    expect(() => verify(options as Partial<PinVerifyOptions>)).toThrow(
      expect.objectContaining({ code: "ERR_SCARD_ARGUMENT" }),
    );
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["no place for the new PIN", { newOffset: undefined }, '"newOffset"'],
    ["overlapping blocks", { newOffset: 4, blockSize: 8 }, "at most the 4 bytes"],
    ["the same place twice", { newOffset: 0, blockSize: 1 }, "at most the 0 bytes"],
    ["a place past the data", { newOffset: 17, blockSize: 1 }, "at most the 0 bytes"],
    ["a block the structure cannot name", { askOld: false, newOffset: 0 }, "room for 16 bytes"],
    ["no messages", { messages: [] }, "1 to 3 numbers"],
    ["four messages", { messages: [0, 1, 2, 3] }, "1 to 3 numbers"],
    ["a message that is no number", { messages: ["0"] }, "from 0 to 255"],
    ["confirm", { confirm: 1 }, "true or false"],
  ])("modify: %s", (_, options, expected) => {
    expect(() => modify(options as Partial<PinModifyOptions>)).toThrow(expected);
  });

  test("options are needed", () => {
    expect(() => buildPinVerifyBlock(undefined as unknown as PinVerifyOptions)).toThrow(
      '"command"',
    );
  });
});
