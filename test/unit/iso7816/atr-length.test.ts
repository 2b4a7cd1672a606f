import { expect, test } from "vitest";

import { fromHex } from "../../../lib/bytes.js";
import { declaredAtrLength } from "../../../lib/iso7816/atr-length.js";

test.each([
  ["3B00", 2],
  ["3B021450", 4],
  // Interface bytes of one protocol, T=0: no check byte.
  ["3B6500002063CB6800", 9],
  // T=1, and T=0 then T=1: with one.
  ["3B8580017363617264 63", 10],
  ["3B80800101", 5],
  ["3BFF1300FF81B1FE451F034B4F4E0000000000000000000000", 27],
])("%s declares %i bytes", (atr, length) => {
  expect(declaredAtrLength(fromHex(atr))).toBe(length);
});

test("what is missing counts as zero: the length is then another than the bytes'", () => {
  expect(declaredAtrLength(fromHex("3B"))).toBe(2);
  expect(declaredAtrLength(fromHex("3B0214"))).toBe(4);
  expect(declaredAtrLength(new Uint8Array(33).fill(0xff))).toBeGreaterThan(33);
});
