// The builders: every method of ISCardISO7816 in words, compared with the bytes of the standard.
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";

import { ScardArgumentError } from "../../../lib/errors/argument-error.js";
import { isoCommands as iso } from "../../../lib/iso7816/commands/builders.js";
import type { CommandApdu } from "../../../lib/iso7816/command-apdu.js";
import { thrownBy } from "./random.js";

type Case = readonly [what: string, command: () => CommandApdu, hex: string];

function bytesOf(cases: readonly Case[]): void {
  it.each(cases)("%s", (_, command, hex) => {
    expect(command().toHex()).toBe(hex.replaceAll(" ", ""));
  });
}

const aid = "A000000308";

describe("SELECT", () => {
  bytesOf([
    ["AID", () => iso.selectFile({ by: "aid", name: aid }), "00A40400 05 A000000308 00"],
    [
      "next with this name",
      () => iso.selectFile({ by: "aid", name: aid, occurrence: "next" }),
      "00A40402 05 A000000308 00",
    ],
    [
      "last, parameters only",
      () => iso.selectFile({ by: "aid", name: aid, occurrence: "last", answer: "fcp" }),
      "00A40405 05 A000000308 00",
    ],
    [
      "previous, nothing back",
      () => iso.selectFile({ by: "aid", name: aid, occurrence: "previous", answer: "none" }),
      "00A4040F 05 A000000308",
    ],
    ["file", () => iso.selectFile({ by: "id", file: 0x2f00 }), "00A40000 02 2F00 00"],
    [
      "child DF",
      () => iso.selectFile({ by: "id", file: 0x5000, kind: "child-df" }),
      "00A40100 02 5000 00",
    ],
    [
      "EF, management data",
      () => iso.selectFile({ by: "id", file: 0x5001, kind: "ef", answer: "fmd", length: 64 }),
      "00A40208 02 5001 40",
    ],
    ["parent", () => iso.selectFile({ by: "parent" }), "00A4030000"],
    ["MF", () => iso.selectFile({ by: "mf", answer: "none" }), "00A4000C 02 3F00"],
    [
      "path",
      () => iso.selectFile({ by: "path", path: [0x5000, 0x5001] }),
      "00A40800 04 50005001 00",
    ],
    [
      "path from here",
      () => iso.selectFile({ by: "path", path: "5001", from: "current-df", answer: "none" }),
      "00A4090C 02 5001",
    ],
  ]);
});

describe("BINARY", () => {
  bytesOf([
    ["read to the end", () => iso.readBinary(), "00B0000000"],
    ["read at an offset", () => iso.readBinary({ offset: 0x7fff, length: 16 }), "00B07FFF10"],
    ["read by short id", () => iso.readBinary({ sfi: 30, offset: 255 }), "00B09EFF00"],
    [
      "read with room for the object's header",
      () => iso.readBinary({ file: 0x5001, length: 200 }),
      "00B15001 03 540100 CB",
    ],
    [
      "read as much as there can be",
      () => iso.readBinary({ instruction: "odd", length: 65_535 }),
      "00B10000 000003 540100 0000",
    ],
    ["read far", () => iso.readBinary({ offset: 0x8000 }), "00B10000 04 54028000 00"],
    [
      "read far by short id",
      () => iso.readBinary({ sfi: 1, offset: 256 }),
      "00B10001 04 54020100 00",
    ],
    ["read by file id", () => iso.readBinary({ file: 0x5001 }), "00B15001 03 540100 00"],
    ["read, odd", () => iso.readBinary({ instruction: "odd", offset: 5 }), "00B10000 03 540105 00"],
    ["read, extended", () => iso.readBinary({ form: "extended" }), "00B00000 000000"],
    ["update", () => iso.updateBinary({ offset: 2, data: "AABB" }), "00D60002 02 AABB"],
    [
      "update, odd",
      () => iso.updateBinary({ file: 0x5001, data: "AABB" }),
      "00D75001 07 540100 5302AABB",
    ],
    ["write", () => iso.writeBinary({ sfi: 2, data: "01" }), "00D08200 01 01"],
    [
      "write, odd",
      () => iso.writeBinary({ offset: 0x123456, data: "01" }),
      "00D10000 08 5403123456 530101",
    ],
    ["erase to the end", () => iso.eraseBinary({ offset: 4 }), "000E0004"],
    ["erase up to", () => iso.eraseBinary({ offset: 4, end: 8 }), "000E0004 02 0008"],
    ["erase by short id", () => iso.eraseBinary({ sfi: 3, offset: 1 }), "000E8301"],
    [
      "erase, odd",
      () => iso.eraseBinary({ file: 0x5001, offset: 1, end: 0x9000 }),
      "000F5001 07 540101 54029000",
    ],
  ]);
});

describe("RECORD", () => {
  bytesOf([
    ["read by number", () => iso.readRecord({ record: 3 }), "00B2030400"],
    ["read the current one", () => iso.readRecord({ record: "current", length: 4 }), "00B2000404"],
    ["read in a file", () => iso.readRecord({ sfi: 2, record: 1 }), "00B2011400"],
    ["read from", () => iso.readRecord({ from: 2, to: "last" }), "00B2020500"],
    ["read back to", () => iso.readRecord({ from: "last", to: 2 }), "00B2020600"],
    ["read the first", () => iso.readRecord({ occurrence: "first" }), "00B2000000"],
    ["read the previous", () => iso.readRecord({ occurrence: "previous", sfi: 30 }), "00B200F300"],
    [
      "read the next with an identifier",
      () => iso.readRecord({ occurrence: "next", identifier: 0x5a }),
      "00B25A0200",
    ],
    ["read a part", () => iso.readRecord({ record: 1, offset: 16 }), "00B30104 03 540110 00"],
    ["update by number", () => iso.updateRecord({ record: 2, data: "AA" }), "00DC0204 01 AA"],
    [
      "update the current one",
      () => iso.updateRecord({ record: "current", data: "AA" }),
      "00DC0004 01 AA",
    ],
    [
      "update the previous",
      () => iso.updateRecord({ occurrence: "previous", data: "AA" }),
      "00DC0003 01 AA",
    ],
    [
      "write the last",
      () => iso.writeRecord({ occurrence: "last", sfi: 1, data: "AA" }),
      "00D20009 01 AA",
    ],
    ["append", () => iso.appendRecord({ data: "AABB" }), "00E20000 02 AABB"],
    ["append in a file", () => iso.appendRecord({ sfi: 4, data: "AA" }), "00E20020 01 AA"],
    ["erase one", () => iso.eraseRecord({ record: 2 }), "000C0204"],
    ["erase from", () => iso.eraseRecord({ from: 2, to: "last" }), "000C0205"],
  ]);
});

describe("data objects", () => {
  bytesOf([
    ["get, one byte", () => iso.getData({ tag: 0x5e }), "00CA005E00"],
    ["get, two bytes", () => iso.getData({ tag: 0x5f50, length: 8 }), "00CA5F5008"],
    ["get, three bytes", () => iso.getData({ tag: 0x9f8101 }), "00CB3FFF 05 5C039F8101 00"],
    ["get, SIMPLE-TLV", () => iso.getData({ simpleTag: 0x12 }), "00CA021200"],
    ["get, proprietary", () => iso.getData({ proprietary: 0x34 }), "00CA013400"],
    ["get several", () => iso.getData({ tags: [0x4f, 0x5f50] }), "00CB3FFF 05 5C034F5F50 00"],
    ["get in a file", () => iso.getData({ tags: [0x4f], file: 0 }), "00CB0000 03 5C014F 00"],
    ["get all", () => iso.getData({ all: "ber-tlv" }), "00CA00FF00"],
    ["get all, simple", () => iso.getData({ all: "simple-tlv" }), "00CA02FF00"],
    ["put", () => iso.putData({ tag: 0x5e, data: "AA" }), "00DA005E 01 AA"],
    [
      "put, three bytes",
      () => iso.putData({ tag: 0x9f8101, data: "AA" }),
      "00DB3FFF 05 9F810101AA",
    ],
    ["put, SIMPLE-TLV", () => iso.putData({ simpleTag: 1, data: "AA" }), "00DA0201 01 AA"],
    ["put, proprietary", () => iso.putData({ proprietary: 1, data: "AA" }), "00DA0101 01 AA"],
    [
      "put objects",
      () => iso.putData({ objects: { tag: 0x5c, value: "01" } }),
      "00DB3FFF 03 5C0101",
    ],
    [
      "put simple objects",
      () => iso.putData({ simpleObjects: { tag: 1, value: "02" } }),
      "00DA02FF 03 010102",
    ],
  ]);
});

describe("authentication", () => {
  bytesOf([
    ["challenge", () => iso.getChallenge(), "0084000008"],
    [
      "challenge of an algorithm",
      () => iso.getChallenge({ algorithm: 3, length: 16 }),
      "0084030010",
    ],
    [
      "internal",
      () => iso.internalAuthenticate({ reference: 2, challenge: "0102", length: 8 }),
      "00880002 02 0102 08",
    ],
    [
      "external",
      () => iso.externalAuthenticate({ algorithm: 1, reference: 0x81, response: "0304" }),
      "00820181 02 0304",
    ],
    ["external, asking", () => iso.externalAuthenticate({ reference: 1 }), "00820001"],
    [
      "mutual",
      () => iso.externalAuthenticate({ response: "0304", length: 40 }),
      "00820000 02 0304 28",
    ],
    [
      "general",
      () => iso.generalAuthenticate({ algorithm: 3, reference: 0x9b, objects: [{ tag: 0x81 }] }),
      "0087039B 04 7C028100 00",
    ],
  ]);
});

describe("PINs", () => {
  bytesOf([
    ["verify", () => iso.verify({ reference: 0x81, pin: "1234" }), "00200081 04 31323334"],
    [
      "verify, specific 5",
      () => iso.verify({ reference: { scope: "specific", number: 5 }, pin: Uint8Array.of(1, 2) }),
      "00200085 02 0102",
    ],
    ["verify, global 31", () => iso.verify({ reference: { number: 31 } }), "0020001F"],
    ["ask for tries", () => iso.verify(), "00200000"],
    ["forget", () => iso.verify({ reference: 1, forget: true }), "0020FF01"],
    [
      "filled up",
      () => iso.verify({ reference: 0x80, pin: { text: "1234", length: 8 } }),
      "00200080 08 31323334FFFFFFFF",
    ],
    [
      "filled up with zeros, BCD",
      () => iso.verify({ pin: { text: "12345", encoding: "bcd", length: 4, padding: 0 } }),
      "00200000 04 12345F00",
    ],
    [
      "format 2",
      () => iso.verify({ pin: { text: "123456", encoding: "format-2" } }),
      "00200000 08 26123456FFFFFFFF",
    ],
    [
      "change",
      () => iso.changeReferenceData({ oldPin: "12", newPin: "34" }),
      "00240000 04 31323334",
    ],
    ["set", () => iso.changeReferenceData({ reference: 1, newPin: "34" }), "00240101 02 3334"],
    [
      "unblock with a new PIN",
      () => iso.resetRetryCounter({ unblockingCode: "12", newPin: "34" }),
      "002C0000 04 31323334",
    ],
    ["unblock", () => iso.resetRetryCounter({ unblockingCode: "12" }), "002C0100 02 3132"],
    ["new PIN alone", () => iso.resetRetryCounter({ newPin: "34" }), "002C0200 02 3334"],
    ["unblock without anything", () => iso.resetRetryCounter({ reference: 1 }), "002C0301"],
    ["enable", () => iso.enableVerification({ pin: "12" }), "00280000 02 3132"],
    ["disable", () => iso.disableVerification({ reference: 1 }), "00260101"],
  ]);

  it("never shows a PIN, in commands or errors", () => {
    const texts = [
      inspect(iso.verify({ pin: "1234", secret: false })),
      JSON.stringify(iso.changeReferenceData({ oldPin: "1234", newPin: "1234" })),
      String(iso.resetRetryCounter({ unblockingCode: "1234", newPin: "1234" })),
      inspect(iso.envelope({ data: "31323334" })),
      ...[
        () => iso.verify({ pin: { text: "1234", length: 3 } }),
        () => iso.verify({ pin: { text: "1234x", encoding: "bcd" } }),
        () => iso.verify({ pin: { text: "1234", encoding: "format-2", length: 9 } }),
        () => iso.verify({ pin: "1234", forget: true }),
        () => iso.verify({ pin: ["1234"] as never }),
        () => iso.verify({ pin: 1234 as never }),
        () => iso.changeReferenceData({ newPin: "" }),
        () => iso.changeReferenceData({ oldPin: "1234".repeat(99), newPin: "1234" }),
      ].map((call) => {
        const error = thrownBy(call);
        expect(error).toBeInstanceOf(ScardArgumentError);
        return inspect(error).replace(/\n\s+at .*/g, "");
      }),
    ];
    for (const text of texts) {
      expect(text).not.toMatch(/1234|31 ?32 ?33 ?34|49, ?50/);
    }
  });
});

describe("channels and transport", () => {
  bytesOf([
    ["open", () => iso.manageChannel({ action: "open" }), "0070000001"],
    ["open this one", () => iso.manageChannel({ action: "open", number: 3 }), "00700003"],
    ["close", () => iso.manageChannel({ action: "close", channel: 2 }), "02708000"],
    ["close that one", () => iso.manageChannel({ action: "close", number: 19 }), "00708013"],
    ["get response", () => iso.getResponse({ length: 16 }), "00C0000010"],
    [
      "envelope",
      () => iso.envelope({ data: "00B0000000", length: 256 }),
      "00C20000 05 00B0000000 00",
    ],
    ["end of envelopes", () => iso.envelope({}), "00C20000"],
  ]);
});

describe("files of 7816-9", () => {
  bytesOf([
    [
      "create",
      () => iso.createFile({ parameters: [{ tag: 0x83, value: "5001" }] }),
      "00E00000 06 620483025001",
    ],
    ["delete", () => iso.deleteFile({ file: 0x5001 }), "00E40000 02 5001"],
    ["activate by name", () => iso.activateFile({ name: aid }), "00440400 05 A000000308"],
    ["deactivate the current one", () => iso.deactivateFile(), "00040000"],
  ]);
});

describe("class byte", () => {
  it.each([
    [0x00, 0, 0x00],
    [0x00, 3, 0x03],
    [0x00, 4, 0x40],
    [0x00, 19, 0x4f],
    [0x0c, 1, 0x0d],
    [0x0c, 5, 0x61],
    [0x10, 2, 0x12],
    [0x10, 4, 0x50],
    [0x45, 1, 0x01],
    [0x65, 1, 0x09],
    [0x80, 1, 0x81],
    [0x84, 4, 0xe0],
    [0x80, 7, 0xc3],
    [0xc3, 2, 0x82],
    [0xa0, 0, 0xa0],
  ])("class id %i on channel %i is %i", (classId, channel, cla) => {
    expect(iso.readBinary({ classId, channel }).cla).toBe(cla);
  });

  it("stays what it is without a channel", () => {
    expect(iso.readBinary({ classId: 0x83 }).cla).toBe(0x83);
    expect(iso.readBinary().cla).toBe(0x00);
  });

  it("is a default that every builder takes and a call can change", () => {
    const gsm = iso.withDefaults({ classId: 0xa0 });
    expect(gsm.selectFile({ by: "mf", answer: "none" }).toHex()).toBe("A0A4000C023F00");
    expect(gsm.getChallenge().cla).toBe(0xa0);
    expect(gsm.readBinary({ classId: 0x00 }).cla).toBe(0x00);
    expect(gsm.readBinary({ classId: undefined }).cla).toBe(0xa0);
    const second = iso.withDefaults({ channel: 2 }).withDefaults({ form: "extended" });
    expect(second.readBinary().toHex()).toBe("02B00000000000");
    expect(iso.readBinary().cla).toBe(0x00);
  });
});

describe("wrong arguments", () => {
  it.each<readonly [argument: string, call: () => unknown]>([
    ["by", () => iso.selectFile({ by: "name" } as never)],
    ["by", () => iso.selectFile(undefined as never)],
    ["name", () => iso.selectFile({ by: "aid", name: "00".repeat(17) })],
    ["name", () => iso.selectFile({ by: "aid", name: "" })],
    ["options", () => iso.selectFile({ by: "mf", file: 1 } as never)],
    ["file", () => iso.selectFile({ by: "id", file: 0x10000 })],
    ["occurrence", () => iso.selectFile({ by: "aid", name: aid, occurrence: "second" as never })],
    ["length", () => iso.selectFile({ by: "mf", answer: "none", length: 1 })],
    ["path", () => iso.selectFile({ by: "path", path: [] })],
    ["path", () => iso.selectFile({ by: "path", path: "500050" })],
    ["offset", () => iso.readBinary({ offset: -1 })],
    ["offset", () => iso.readBinary({ offset: 0x1000000 })],
    ["sfi", () => iso.readBinary({ sfi: 31 })],
    ["sfi", () => iso.readBinary({ sfi: 0 })],
    ["file", () => iso.readBinary({ sfi: 1, file: 2 })],
    ["instruction", () => iso.readBinary({ instruction: "even", file: 2 })],
    ["instruction", () => iso.readBinary({ instruction: "even", offset: 0x8000 })],
    ["length", () => iso.readBinary({ length: 0 })],
    ["length", () => iso.readBinary({ length: 65_537 })],
    ["le", () => iso.readBinary({ length: 257, form: "short" })],
    ["data", () => iso.updateBinary({ data: "" })],
    ["end", () => iso.eraseBinary({ offset: 4, end: 4 })],
    ["record", () => iso.readRecord({ record: 0 })],
    ["record", () => iso.readRecord({ record: 255 })],
    ["record", () => iso.readRecord({} as never)],
    ["record", () => iso.readRecord({ record: 1, occurrence: "next" } as never)],
    ["identifier", () => iso.readRecord({ record: 1, identifier: 1 })],
    ["from", () => iso.readRecord({ from: 1, to: 2 } as never)],
    ["options", () => iso.updateRecord({ from: 1, to: "last", data: "00" } as never)],
    ["record", () => iso.eraseRecord({ record: "current" } as never)],
    ["options", () => iso.getData({ tag: 0x5e, simpleTag: 1 })],
    ["options", () => iso.getData({} as never)],
    ["tag", () => iso.getData({ tag: 0x7f })],
    ["all", () => iso.getData({ all: "tlv" as never })],
    ["file", () => iso.getData({ tag: 0x5e, file: 0 })],
    ["tags", () => iso.getData({ tags: [] })],
    ["data", () => iso.putData({ objects: [], data: "00" })],
    ["reference", () => iso.verify({ reference: 256 })],
    ["reference.number", () => iso.verify({ reference: { number: 32 } })],
    ["challenge", () => iso.internalAuthenticate({ challenge: "" })],
    ["number", () => iso.manageChannel({ action: "open", number: 20 })],
    ["action", () => iso.manageChannel({ action: "shut" as never })],
    ["channel", () => iso.readBinary({ channel: 20 })],
    ["channel", () => iso.readBinary({ classId: 0xa0, channel: 1 })],
    ["classId", () => iso.readBinary({ classId: 0xff })],
    ["classId", () => iso.withDefaults({ classId: 0xff })],
    ["options", () => iso.readBinary({ ofset: 1 } as never)],
    ["options", () => iso.readBinary([] as never)],
    ["options", () => iso.withDefaults({ cla: 1 } as never)],
  ])("%s", (argument, call) => {
    const error = thrownBy(call);
    expect(error).toBeInstanceOf(ScardArgumentError);
    expect(error).toMatchObject({ argument });
  });
});
