import { describe, expect, it } from "vitest";

import { TlvError, extendedLengthInfo } from "../../../lib/index.js";

describe("extendedLengthInfo", () => {
  it("finds both lengths among other objects", () => {
    const efAtr = "4301807F66080202040202020800460101";
    expect(extendedLengthInfo(efAtr)).toEqual({ maxCommandLength: 1026, maxResponseLength: 2048 });
    expect(extendedLengthInfo("7F660A020300FFFF0203010000")).toEqual({
      maxCommandLength: 65_535,
      maxResponseLength: 65_536,
    });
  });

  it("says nothing where there is none", () => {
    expect(extendedLengthInfo("")).toBeUndefined();
    expect(extendedLengthInfo("430180")).toBeUndefined();
  });

  it.each([
    ["one integer", "7F660402020402"],
    ["three integers", "7F6609020110020110020110"],
    ["a zero", "7F6606020100020110"],
    ["too large an integer", "7F660A02050100000000020110"],
    ["an empty integer", "7F66050200020110"],
    ["broken TLV", "7F66080202"],
  ])("refuses %s", (_name, bytes) => {
    expect(() => extendedLengthInfo(bytes)).toThrow(TlvError);
  });
});
