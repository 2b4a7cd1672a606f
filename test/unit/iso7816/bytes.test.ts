import { describe, expect, it } from "vitest";

import { copyBytes, fromHex, hexWord, toHex, viewBytes } from "../../../lib/bytes.js";
import { ScardArgumentError } from "../../../lib/errors/argument-error.js";
import { Random } from "./random.js";

describe("hexadecimal text", () => {
  it("writes upper case, with what is asked between bytes", () => {
    expect(toHex(Uint8Array.of(0x00, 0xa4, 0xff))).toBe("00A4FF");
    expect(toHex(Uint8Array.of(0x00, 0xa4, 0xff), " ")).toBe("00 A4 FF");
    expect(toHex(new Uint8Array(0), " ")).toBe("");
    expect(hexWord(0x6a82)).toBe("6A82");
  });

  it("reads either case and the usual separators", () => {
    const bytes = [0x3b, 0x8f, 0x80];
    for (const text of ["3B8F80", "3b8f80", " 3b 8F:80\n", "3B-8F-80"]) {
      expect([...fromHex(text)]).toEqual(bytes);
    }
    expect(fromHex("")).toHaveLength(0);
  });

  it.each([
    ["3", "ends in the middle of a byte"],
    ["3B 8", "ends in the middle of a byte"],
    ["3 B", "position 1"],
    ["3Bxx", "position 2"],
    ["0x3B", "position 1"],
    ["3B8\u00e9", "position 3"],
  ])("refuses %j without showing it", (text, place) => {
    expect(() => fromHex(text, "command")).toThrow(ScardArgumentError);
    expect(() => fromHex(text, "command")).toThrow(place);
    expect(() => fromHex(text, "command")).toThrow(`"command"`);
    expect(() => fromHex(`31323334${text}`, "command")).not.toThrow("31323334");
  });

  it("reads back whatever it writes", () => {
    const random = new Random(1);
    for (let round = 0; round < 500; round += 1) {
      const bytes = random.bytes(random.integer(0, 40));
      expect(fromHex(toHex(bytes, random.pick(["", " ", ":"])))).toEqual(bytes);
    }
  });
});

describe("byte arguments", () => {
  it("copies, and never gives a Buffer", () => {
    const given = Buffer.from("0102", "hex");
    const copy = copyBytes("data", given);
    given[0] = 0xff;
    expect(copy).toEqual(Uint8Array.of(1, 2));
    expect(Buffer.isBuffer(copy)).toBe(false);
  });

  it("views the same memory, at its offset", () => {
    const memory = Uint8Array.of(9, 1, 2, 9);
    const view = viewBytes("data", Buffer.from(memory.buffer, 1, 2));
    memory[1] = 7;
    expect(view).toEqual(Uint8Array.of(7, 2));
    expect(Buffer.isBuffer(view)).toBe(false);
  });

  it("refuses what is no bytes", () => {
    for (const value of [undefined, null, 5, [1, 2], new Uint16Array(2), {}]) {
      expect(() => copyBytes("data", value)).toThrow(ScardArgumentError);
      expect(() => viewBytes("data", value)).toThrow(ScardArgumentError);
    }
    expect(() => copyBytes("data", "0102", 3, 4)).toThrow("3 to 4 bytes");
  });
});
