import { describe, expect, it } from "vitest";

import { toHex } from "../../../lib/bytes.js";
import { ScardArgumentError } from "../../../lib/errors/argument-error.js";
import { TlvError } from "../../../lib/iso7816/format-error.js";
import { decodeSimpleTlv, encodeSimpleTlv } from "../../../lib/iso7816/simple-tlv.js";
import { Random, thrownBy } from "./random.js";

describe("SIMPLE-TLV", () => {
  it("reads one-byte and three-byte lengths", () => {
    const elements = decodeSimpleTlv("0102AABB10FF0001CCFE00");
    expect(elements.map(({ tag, offset, value }) => [tag, offset, toHex(value)])).toEqual([
      [0x01, 0, "AABB"],
      [0x10, 4, "CC"],
      [0xfe, 9, ""],
    ]);
  });

  it("gives views, right for a view too", () => {
    const memory = Uint8Array.of(9, 9, 1, 1, 0xaa, 2, 1, 0xbb);
    const elements = decodeSimpleTlv(memory.subarray(2));
    memory[7] = 0x11;
    expect(elements.map(({ value }) => value[0])).toEqual([0xaa, 0x11]);
  });

  it.each([
    ["0000", 0, "tag"],
    ["0100FF00", 2, "tag"],
    ["01", 1, "length"],
    ["01FF00", 3, "length"],
    ["0102AA", 1, "length"],
    ["01FF0002AA", 1, "length"],
  ])("%s: byte %i, %s", (hex, offset, field) => {
    const error = thrownBy(() => decodeSimpleTlv(hex));
    expect(error).toBeInstanceOf(TlvError);
    expect(error).toMatchObject({ offset, field });
  });

  it("holds to its limit", () => {
    expect(decodeSimpleTlv("01000200", { maxElements: 2 })).toHaveLength(2);
    expect(() => decodeSimpleTlv("010002000300", { maxElements: 2 })).toThrow(TlvError);
  });

  it.each([[254], [255], [65_535]])("writes and reads a value of %i bytes", (length) => {
    const bytes = encodeSimpleTlv({ tag: 7, value: new Uint8Array(length).fill(0x5a) });
    expect(bytes).toHaveLength(length + (length < 255 ? 2 : 4));
    expect(decodeSimpleTlv(bytes)[0]?.value).toHaveLength(length);
  });

  it("refuses what cannot be written", () => {
    for (const tag of [0, 255, 1.5, "1"]) {
      expect(() => encodeSimpleTlv({ tag: tag as number })).toThrow(ScardArgumentError);
    }
    expect(() => encodeSimpleTlv({ tag: 1, value: new Uint8Array(65_536) })).toThrow("65535");
    expect(() => encodeSimpleTlv([null] as never)).toThrow(ScardArgumentError);
  });

  it("reads back random objects, and refuses random bytes only with its own error", () => {
    const random = new Random(5);
    let refused = 0;
    for (let round = 0; round < 3000; round += 1) {
      const objects = Array.from({ length: random.integer(0, 4) }, () => ({
        tag: random.integer(1, 254),
        value: random.bytes(random.pick([0, 1, 20, 254, 255])),
      }));
      const elements = decodeSimpleTlv(encodeSimpleTlv(objects));
      const same = elements.every(
        ({ tag, value }, index) =>
          tag === objects[index]?.tag && Buffer.compare(value, objects[index].value) === 0,
      );
      if (!same || elements.length !== objects.length) {
        expect.fail(`round ${String(round)}`);
      }
      try {
        decodeSimpleTlv(random.bytes(random.integer(0, 12)));
      } catch (error) {
        expect(error).toBeInstanceOf(TlvError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(500);
  });
});
