// What cards say about files when they are selected.
import { describe, expect, it } from "vitest";

import { parseFileControl } from "../../../lib/iso7816/commands/file-control.js";
import { TlvError } from "../../../lib/iso7816/format-error.js";
import { thrownBy } from "./random.js";

describe("parseFileControl", () => {
  it.each([
    [
      "a linear-fixed EF",
      "62 1A 8206 42 21 0020 0005 8302 5002 8801 10 8A01 05 8002 00A0 8500",
      {
        template: "fcp",
        type: "ef",
        structure: "linear-fixed",
        tlvRecords: false,
        shareable: true,
        recordSize: 32,
        recordCount: 5,
        id: 0x5002,
        sfi: 2,
        life: "activated",
        size: 160,
      },
    ],
    [
      "a transparent EF without a short identifier",
      "62 0E 8201 01 8002 0100 8102 0108 8800",
      {
        type: "ef",
        structure: "transparent",
        shareable: false,
        size: 256,
        totalSize: 264,
        sfi: null,
      },
    ],
    [
      "a cyclic EF of TLV records, longest record in one byte",
      "62 07 8203 07 21 10 8A00",
      { structure: "cyclic", tlvRecords: true, recordSize: 16, recordCount: undefined },
    ],
    [
      "an application in full",
      "6F 1C 8405 A000000308 50 04 50495620 A5 05 8801 01 9A00 8A01 04 8B00",
      { template: "fci", label: "PIV ", life: "deactivated", structure: undefined },
    ],
    [
      "a DF with parameters in a template of their own",
      "6F 0B 6209 8201 38 8302 5000 8A00",
      { template: "fci", type: "df", id: 0x5000, structure: undefined, shareable: false },
    ],
    ["a BER-TLV EF", "62 03 8201 39", { type: "ef", structure: "ber-tlv" }],
    ["management data", "64 00", { template: "fmd", id: undefined }],
    ["something of its own", "C0 01 02", { template: "proprietary", elements: [] }],
    ["nothing", "", { template: "none", elements: [] }],
    ["a terminated file", "62 03 8A01 0D", { life: "terminated" }],
    ["a proprietary life", "62 03 8A01 80", { life: "proprietary" }],
  ])("%s", (_, hex, expected) => {
    const bytes = lengthsRight(hex);
    expect(parseFileControl(bytes)).toMatchObject(expected);
  });

  it("gives copies, and names what is malformed", () => {
    const bytes = Uint8Array.from([0x6f, 0x04, 0x84, 0x02, 0xaa, 0xbb]);
    const control = parseFileControl(bytes);
    bytes.fill(0);
    expect(control.name).toEqual(Uint8Array.of(0xaa, 0xbb));
    expect(control.bytes).toEqual(Uint8Array.of(0x6f, 0x04, 0x84, 0x02, 0xaa, 0xbb));
    expect(thrownBy(() => parseFileControl("6F048405AABB"))).toBeInstanceOf(TlvError);
  });
});

/** The outer length of a written-out template, so that the examples need no counting. */
function lengthsRight(hex: string): Uint8Array {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  if (bytes.length > 1 && [0x62, 0x64, 0x6f].includes(bytes[0] ?? 0)) {
    bytes[1] = bytes.length - 2;
  }
  return bytes;
}
