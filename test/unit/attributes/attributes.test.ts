import { endianness } from "node:os";
import { describe, expect, test } from "vitest";

import {
  attributeId,
  attributeNames,
  decodeAttribute,
  encodeAttribute,
  isAttributeName,
  isSettableAttributeName,
  type AttributeName,
  type SettableAttributeName,
} from "../../../lib/attributes.js";
import { decodeWideText } from "../../../lib/attributes/codec.js";
import { MalformedDataError, ScardArgumentError } from "../../../lib/errors/index.js";

const little = endianness() === "LE";

function dword(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, little);
  return bytes;
}

function qword(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, little);
  return bytes;
}

const text = (value: string) => new TextEncoder().encode(value);

describe("attribute numbers", () => {
  // From pcsclite's reader.h, printed by a C program.
  test.each([
    ["vendorName", 0x00010100],
    ["vendorIfdSerialNumber", 0x00010103],
    ["channelId", 0x00020110],
    ["maxIfsd", 0x00030125],
    ["powerManagement", 0x00040131],
    ["userAuthInputDevice", 0x00050142],
    ["characteristics", 0x00060150],
    ["currentProtocol", 0x00080201],
    ["extendedBwt", 0x0008020c],
    ["atr", 0x00090303],
    ["maxInput", 0x0007a007],
    ["deviceUnit", 0x7fff0001],
    ["suppressT1IfsRequest", 0x7fff0007],
  ] as const)("%s", (name, id) => {
    expect(attributeId(name)).toBe(id);
  });

  test("are all different", () => {
    const ids = attributeNames.map((name) => attributeId(name));
    expect(new Set(ids).size).toBe(attributeNames.length);
    expect(attributeNames).toHaveLength(45);
  });

  test("a name of the system's is the wide one on Windows only", () => {
    const windows = process.platform === "win32";
    expect(attributeId("deviceFriendlyName")).toBe(windows ? 0x7fff0005 : 0x7fff0003);
    expect(attributeId("deviceSystemName")).toBe(windows ? 0x7fff0006 : 0x7fff0004);
  });

  test("numbers pass, in their range", () => {
    expect(attributeId(0)).toBe(0);
    expect(attributeId(0xffffffff)).toBe(0xffffffff);
    expect(() => attributeId(-1)).toThrow(ScardArgumentError);
    expect(() => attributeId(2 ** 32)).toThrow(ScardArgumentError);
  });

  test("a misspelt name is refused with the nearest", () => {
    expect(() => attributeId("vendorname" as AttributeName)).toThrow('did you mean "vendorName"');
    expect(() => attributeId("toString" as AttributeName)).toThrow(ScardArgumentError);
    expect(() => attributeId(null as unknown as AttributeName)).toThrow("given null");
    expect(isAttributeName("atr")).toBe(true);
    expect(isAttributeName("constructor")).toBe(false);
  });
});

describe("numbers", () => {
  test.each([
    ["1 byte", Uint8Array.of(0xfe), 254],
    ["4 bytes", dword(0xfffffffe), 0xfffffffe],
    ["8 bytes", qword(0xfffffffen), 0xfffffffe],
  ])("%s", (_, bytes, value) => {
    expect(decodeAttribute("maxInput", bytes)).toBe(value);
  });

  test("2 bytes, and a view into larger memory", () => {
    const memory = Uint8Array.of(0xff, ...(little ? [0x34, 0x12] : [0x12, 0x34]), 0xff);
    expect(decodeAttribute("maxInput", memory.subarray(1, 3))).toBe(0x1234);
  });

  test.each([0, 3, 5, 9])("%i bytes are malformed", (length) => {
    expect(() => decodeAttribute("maxInput", new Uint8Array(length))).toThrow(
      /attribute maxInput .*1, 2, 4 or 8 bytes/,
    );
  });

  test("more than 32 bits are malformed", () => {
    expect(() => decodeAttribute("maxInput", qword(0x100000000n))).toThrow(MalformedDataError);
  });

  test("booleans", () => {
    expect(decodeAttribute("iccInterfaceStatus", Uint8Array.of(0))).toBe(false);
    expect(decodeAttribute("iccInterfaceStatus", Uint8Array.of(2))).toBe(true);
  });
});

describe("text", () => {
  test.each([
    ["ending NULs go", text("Gemalto\0\0"), "Gemalto"],
    ["no NUL", text("Gemalto"), "Gemalto"],
    ["nothing", new Uint8Array(0), ""],
    ["UTF-8", text("Lösung\0"), "Lösung"],
    ["Windows-1252", Uint8Array.of(0x4c, 0xf6, 0x73), "Lös"],
  ])("%s", (_, bytes, expected) => {
    expect(decodeAttribute("vendorName", bytes)).toBe(expected);
  });

  test("UTF-16 of Windows", () => {
    const bytes = Buffer.from("Leser é\0", "utf16le");
    expect(decodeWideText(bytes, "deviceFriendlyName")).toBe("Leser é");
    expect(() => decodeWideText(bytes.subarray(1), "deviceFriendlyName")).toThrow("even number");
  });

  test("the version is major.minor.build", () => {
    expect(decodeAttribute("vendorIfdVersion", dword(0x01020304))).toBe("1.2.772");
    expect(decodeAttribute("vendorIfdVersion", dword(0xff000000))).toBe("255.0.0");
  });
});

describe("channelId", () => {
  test.each([
    [0x0020010c, "usb", 0x010c],
    [0x00010001, "serial", 1],
    [0x00400000, "pcmcia", 0],
    [0x01000000, "nfc", 0],
    [0x08000000, "embedded", 0],
    [0x00f30005, "vendor", 5],
    [0xf1230000, "vendor", 0],
    [0x00030000, "unknown", 0],
  ])("%i", (raw, type, number) => {
    expect(decodeAttribute("channelId", dword(raw))).toEqual({ type, number, raw });
  });
});

describe("words", () => {
  test("protocols", () => {
    expect(decodeAttribute("asyncProtocolTypes", dword(3))).toEqual(["t0", "t1"]);
    expect(decodeAttribute("asyncProtocolTypes", dword(0x18000))).toEqual(["t15", "raw"]);
    expect(decodeAttribute("asyncProtocolTypes", dword(0))).toEqual([]);
    expect(decodeAttribute("currentProtocol", dword(2))).toBe("t1");
    expect(decodeAttribute("currentProtocol", dword(0))).toBeNull();
  });

  test("characteristics", () => {
    expect(decodeAttribute("characteristics", dword(0b1010))).toEqual({
      swallow: false,
      eject: true,
      capture: false,
      contactless: true,
      raw: 10,
    });
  });

  test.each([
    [0, "absent"],
    [1, "inserted"],
    [2, "present"],
    [4, "confiscated"],
    [3, "unknown"],
  ])("presence %i is %s", (byte, word) => {
    expect(decodeAttribute("iccPresence", Uint8Array.of(byte))).toBe(word);
  });

  test.each([
    [0, "unknown"],
    [1, "7816-asynchronous"],
    [5, "14443-a"],
    [7, "15693"],
    [8, "unknown"],
  ])("card type %i is %s", (byte, word) => {
    expect(decodeAttribute("iccType", Uint8Array.of(byte))).toBe(word);
  });

  test("error detection", () => {
    expect(decodeAttribute("currentEbcEncoding", Uint8Array.of(0))).toBe("lrc");
    expect(decodeAttribute("currentEbcEncoding", Uint8Array.of(1))).toBe("crc");
  });

  test("the ATR is the bytes themselves", () => {
    const atr = Uint8Array.of(0x3b, 0);
    expect(decodeAttribute("atr", atr)).toBe(atr);
  });
});

describe("encodeAttribute", () => {
  test("makes a DWORD", () => {
    expect(encodeAttribute("suppressT1IfsRequest", true)).toEqual(dword(1));
    expect(encodeAttribute("suppressT1IfsRequest", false)).toEqual(dword(0));
    expect(encodeAttribute("currentIfsd", 0xfe)).toEqual(dword(0xfe));
  });

  test("refuses a wrong value and an attribute that cannot be set", () => {
    expect(() => encodeAttribute("suppressT1IfsRequest", 1 as unknown as boolean)).toThrow(
      '"suppressT1IfsRequest" must be true or false; given 1.',
    );
    expect(() => encodeAttribute("currentIfsd", -1)).toThrow('"currentIfsd"');
    expect(() => encodeAttribute("atr" as SettableAttributeName, 1)).toThrow("can be set");
    expect(isSettableAttributeName("currentClock")).toBe(true);
    expect(isSettableAttributeName("valueOf")).toBe(false);
  });
});
