import { describe, expect, test } from "vitest";

import { MalformedDataError } from "../../../lib/errors/index.js";
import {
  featureRequestFunction,
  parseFeatureList,
  parsePinProperties,
  parsePinResult,
  parseTlvProperties,
} from "../../../lib/features/index.js";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

describe("parseFeatureList", () => {
  test("names the control codes", () => {
    const list = bytes("0604 42330006 0704 42330007 0A04 4233000A 1204 42330012 1304 42000001");
    expect(parseFeatureList(list)).toEqual({
      verifyPinDirect: 0x42330006,
      modifyPinDirect: 0x42330007,
      ifdPinProperties: 0x4233000a,
      tlvProperties: 0x42330012,
      ccidEscape: 0x42000001,
      unknown: [],
    });
  });

  test("control codes are unsigned, as on Windows", () => {
    expect(parseFeatureList(bytes("2004 FFFFFFFE")).executePace).toBe(0xfffffffe);
  });

  test("keeps features without a name", () => {
    expect(parseFeatureList(bytes("8004 00000001")).unknown).toEqual([
      { tag: 0x80, controlCode: 1 },
    ]);
  });

  test("the first of two equal tags counts", () => {
    expect(parseFeatureList(bytes("0604 00000001 0604 00000002")).verifyPinDirect).toBe(1);
  });

  test("a reader without features, and a view into larger memory", () => {
    expect(parseFeatureList(new Uint8Array(0))).toEqual({ unknown: [] });
    const memory = bytes("FF 0604 00000005 FF");
    expect(parseFeatureList(memory.subarray(1, 7)).verifyPinDirect).toBe(5);
  });

  test.each([
    ["cut short", "0604 42330006 07", 6],
    ["a length that is not 4", "0602 4233 0000", 1],
  ])("%s is malformed", (_, hex, offset) => {
    try {
      parseFeatureList(bytes(hex));
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedDataError);
      expect(error).toMatchObject({ subject: "feature list", offset });
      return;
    }
    expect.unreachable();
  });

  test("the request's function number", () => {
    expect(featureRequestFunction).toBe(3400);
  });
});

describe("parsePinProperties", () => {
  // Bytes of a PIN_PROPERTIES_STRUCTURE filled in by a C program with pcsclite's reader.h.
  test("a display of 2 lines by 16", () => {
    expect(parsePinProperties(bytes("10020705"))).toEqual({
      lcdLayout: { lines: 2, columns: 16 },
      validation: ["maxLength", "key", "timeout"],
      timeoutAfterFirstKey: true,
    });
  });

  test("no display", () => {
    expect(parsePinProperties(bytes("00000200"))).toEqual({
      lcdLayout: null,
      validation: ["key"],
      timeoutAfterFirstKey: false,
    });
  });

  test("later fields are passed over, missing ones are malformed", () => {
    expect(parsePinProperties(bytes("0000020011")).validation).toEqual(["key"]);
    expect(() => parsePinProperties(bytes("000002"))).toThrow(MalformedDataError);
  });
});

describe("parseTlvProperties", () => {
  test("reads every property", () => {
    const list = bytes(
      "0102 1002 0201 07 0301 01 0402 1000 0502 0200 0601 04 0701 08 0803 312E32 " +
        "0901 03 0A04 00000100 0B02 E608 0C02 3744",
    );
    expect(parseTlvProperties(list)).toEqual({
      lcdLayout: { lines: 2, columns: 16 },
      validation: ["maxLength", "key", "timeout"],
      timeoutAfterFirstKey: true,
      lcdMaxCharacters: 16,
      lcdMaxLines: 2,
      minPinSize: 4,
      maxPinSize: 8,
      firmwareId: "1.2",
      ppduSupport: { control: true, transmit: true },
      maxApduDataSize: 65536,
      vendorId: 0x08e6,
      productId: 0x4437,
      unknown: [],
    });
  });

  test("takes a number of any length to 4 bytes, without a sign", () => {
    expect(parseTlvProperties(bytes("0A01 FF")).maxApduDataSize).toBe(255);
    expect(parseTlvProperties(bytes("0A04 FFFFFFFF")).maxApduDataSize).toBe(0xffffffff);
  });

  test("keeps properties without a name, and copies their bytes", () => {
    const list = bytes("40 02 ABCD");
    const { unknown } = parseTlvProperties(list);
    list.fill(0);
    expect(unknown).toEqual([{ tag: 0x40, value: bytes("ABCD") }]);
  });

  test("no properties", () => {
    expect(parseTlvProperties(new Uint8Array(0))).toEqual({ unknown: [] });
  });

  test.each([
    ["a tag alone", "01"],
    ["a value cut short", "0102 10"],
    ["a number without bytes", "0100"],
    ["a number of 5 bytes", "0A05 0000000000"],
  ])("%s is malformed", (_, hex) => {
    expect(() => parseTlvProperties(bytes(hex))).toThrow(MalformedDataError);
  });
});

describe("parsePinResult", () => {
  test.each([
    ["9000", "accepted", null],
    ["63C2", "wrong-pin", 2],
    ["63C0", "wrong-pin", 0],
    ["6300", "wrong-pin", null],
    ["6983", "blocked", null],
    ["6400", "timeout", null],
    ["6401", "cancelled", null],
    ["6402", "mismatch", null],
    ["6403", "length", null],
    ["6B80", "invalid-block", null],
    ["6982", "refused", null],
  ])("%s is %s", (hex, outcome, triesLeft) => {
    const result = parsePinResult(bytes(hex));
    expect(result).toMatchObject({ outcome, triesLeft, sw: parseInt(hex, 16) });
    expect(result.ok).toBe(outcome === "accepted");
    expect(result.meaning).toMatch(/^[A-Z]/);
  });

  test("takes the last two bytes", () => {
    expect(parsePinResult(bytes("0102 9000")).ok).toBe(true);
  });

  test("less than two bytes are malformed", () => {
    expect(() => parsePinResult(bytes("90"))).toThrow(MalformedDataError);
  });
});
