import { inspect } from "node:util";
import { describe, expect, it } from "vitest";

import { ScardArgumentError } from "../../../lib/errors/argument-error.js";
import { ApduError } from "../../../lib/iso7816/format-error.js";
import { ResponseApdu } from "../../../lib/iso7816/response-apdu.js";
import { describeStatusWord } from "../../../lib/iso7816/status-word.js";
import {
  laterStatusWords,
  statusWordClasses,
  statusWords,
} from "../../../lib/iso7816/status-word-table.js";
import { thrownBy } from "./random.js";

describe("a response", () => {
  it("splits data from the status word", () => {
    const response = ResponseApdu.from("6F0084006A82");
    expect(response.data).toEqual(Uint8Array.of(0x6f, 0x00, 0x84, 0x00));
    expect(response).toMatchObject({ sw: 0x6a82, sw1: 0x6a, sw2: 0x82, ok: false });
    expect(response.meaning).toBe("File or application not found");
    expect(response.toHex()).toBe("6F0084006A82");
  });

  it.each([
    ["9000", true],
    ["6110", true],
    ["6282", false],
    ["63C2", false],
    ["9100", false],
    ["6F00", false],
  ])("%s: ok is %s", (hex, ok) => {
    expect(ResponseApdu.from(hex).ok).toBe(ok);
  });

  it("keeps its own copy, and gives copies", () => {
    const bytes = Buffer.from("01029000", "hex");
    const response = ResponseApdu.from(bytes);
    bytes.fill(0);
    response.data.fill(0);
    response.toBytes().fill(0);
    expect(response.toHex()).toBe("01029000");
  });

  it("refuses a response without a whole status word, or too long for one", () => {
    expect(thrownBy(() => ResponseApdu.from(""))).toMatchObject({ offset: 0, field: "SW1-SW2" });
    expect(thrownBy(() => ResponseApdu.from("90"))).toBeInstanceOf(ApduError);
    expect(thrownBy(() => ResponseApdu.from(new Uint8Array(65_539)))).toBeInstanceOf(ApduError);
    expect(ResponseApdu.from(new Uint8Array(65_538)).data).toHaveLength(65_536);
    expect(() => ResponseApdu.from(7 as never)).toThrow(ScardArgumentError);
  });

  it("shows data, unless it is secret", () => {
    const open = ResponseApdu.from("CAFE9000");
    expect(inspect(open)).toContain("CAFE 9000");
    expect(JSON.parse(JSON.stringify(open))).toMatchObject({ data: "CAFE", sw: "9000" });
    const secret = ResponseApdu.from("CAFE9000", { secret: true });
    for (const text of [inspect(secret), String(secret), JSON.stringify(secret)]) {
      expect(text).not.toContain("CAFE");
    }
  });
});

describe("status words", () => {
  it.each([
    [0x9000, { category: "success" }],
    [0x6110, { category: "success", availableBytes: 16 }],
    [0x6100, { category: "success", availableBytes: 256 }],
    [0x6c00, { category: "checking-error", exactLe: 256 }],
    [0x6c2a, { category: "checking-error", exactLe: 42 }],
    [0x63c0, { category: "warning", retries: 0 }],
    [0x63cf, { category: "warning", retries: 15 }],
    [0x6202, { category: "warning", queryBytes: 2 }],
    [0x6280, { category: "warning", queryBytes: 128 }],
    [0x6480, { category: "execution-error", queryBytes: 128 }],
    [0x6282, { category: "warning" }],
    [0x6401, { category: "execution-error" }],
    [0x6581, { category: "execution-error" }],
    [0x6982, { category: "checking-error", meaning: "Security status not satisfied" }],
    [0x6a82, { category: "checking-error", meaning: "File or application not found" }],
    [0x6d00, { category: "checking-error" }],
    [0x91ae, { category: "proprietary" }],
    [0x9001, { category: "proprietary" }],
    [0x6012, { category: "invalid" }],
    [0x0000, { category: "invalid" }],
    [0xffff, { category: "invalid" }],
    [0xa000, { category: "invalid" }],
  ])("%i", (sw, expected) => {
    expect(describeStatusWord(sw)).toMatchObject(expected);
  });

  it("has no counters where there are none", () => {
    for (const sw of [0x6201, 0x6281, 0x6381, 0x63d0, 0x63bf, 0x6401, 0x6481]) {
      const { retries, queryBytes, availableBytes, exactLe } = describeStatusWord(sw);
      expect([retries, queryBytes, availableBytes, exactLe]).toEqual(Array(4).fill(undefined));
    }
  });

  it("describes each of the 65 536 values, and every listed one by its own words", () => {
    for (let sw = 0; sw <= 0xffff; sw += 1) {
      const { value, meaning, category, clause } = describeStatusWord(sw);
      const listed = statusWords.get(sw) ?? laterStatusWords.get(sw);
      const valid = (sw >= 0x6100 && sw <= 0x6fff) || (sw >= 0x9000 && sw <= 0x9fff);
      const right =
        value === sw &&
        meaning.length > 5 &&
        (listed === undefined || listed === meaning) &&
        (category === "invalid") === !valid &&
        (category !== "invalid" || clause === undefined);
      if (!right) {
        expect.fail(`${sw.toString(16)}: ${category}, ${meaning}`);
      }
    }
    expect([...statusWordClasses.keys()]).toHaveLength(15);
  });

  it.each([-1, 65_536, 1.5, NaN, "9000", undefined])("refuses %s", (value) => {
    expect(() => describeStatusWord(value as number)).toThrow(ScardArgumentError);
  });
});
