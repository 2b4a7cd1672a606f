// card.iso over the virtual ISO/IEC 7816-4 card: every call, and what comes back of it.
import { inspect } from "node:util";
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";

import { type Card, type CommandApdu, IsoCalls, ResponseApdu, StatusWordError } from "scard";
import { IsoCard, type IsoCardDescription } from "scard/virtual";
import { bench, expectNothingLeft, failure, hex } from "./support.js";

const key = "00112233445566778899AABBCCDDEEFF";

const description: IsoCardDescription = {
  pins: [{ reference: 0x81, value: "1234", tries: 3, unblockingCode: "87654321" }],
  keys: [{ reference: 2, value: key }],
  objects: [
    { tag: 0x5f50, value: "AABB" },
    { tag: 0x5e, value: "01" },
  ],
  files: [
    {
      type: "df",
      id: 0x5000,
      aid: "A0 00 00 00 01",
      files: [
        { type: "transparent", id: 0x5001, sfi: 1, content: "0102030405", size: 10 },
        { type: "linear-fixed", id: 0x5002, sfi: 2, records: ["1111", "2222"], maxRecords: 3 },
        { type: "linear-variable", id: 0x5003, sfi: 3, records: ["5A0111", "5B0122"], tlv: true },
        { type: "cyclic", id: 0x5004, sfi: 4, records: ["AA", "BB"] },
        { type: "transparent", id: 0x5005, sfi: 5, content: "77", read: { pin: 0x81 } },
        { type: "transparent", id: 0x5006, content: new Uint8Array(40_000).fill(7) },
      ],
    },
    { type: "df", id: 0x6000, aid: "A0 00 00 00 01 02" },
  ],
};

const app = { by: "aid", name: "A000000001" } as const;

describe.each(["t1", "t0"] as const)("card.iso over %s", (protocol) => {
  expectNothingLeft();

  async function withCard(use: (card: Card) => Promise<void>): Promise<void> {
    const { reader, context } = await bench();
    reader.insert(new IsoCard(description));
    try {
      await use(await context.connect(reader.name, { protocols: [protocol] }));
    } finally {
      await context.close();
    }
  }

  test("selects by name, identifier, path and place", async () => {
    await withCard(async ({ iso }) => {
      const first = await iso.selectFile(app);
      expect(first).toMatchObject({ template: "fci", type: "df", id: 0x5000 });
      expect(hex(first.name ?? new Uint8Array())).toBe("A000000001");
      expect(await iso.selectFile({ ...app, occurrence: "next" })).toMatchObject({ id: 0x6000 });
      expect(await iso.selectFile({ by: "mf" })).toMatchObject({ id: 0x3f00, type: "df" });
      const records = await iso.selectFile({ by: "path", path: [0x5000, 0x5002], answer: "fcp" });
      expect(records).toMatchObject({
        template: "fcp",
        structure: "linear-fixed",
        recordSize: 2,
        sfi: 2,
      });
      expect(await iso.selectFile({ by: "id", file: 0x5001, kind: "ef" })).toMatchObject({
        size: 10,
        structure: "transparent",
      });
      expect(await iso.selectFile({ by: "parent", answer: "none" })).toMatchObject({
        template: "none",
      });
      await iso.selectFile(app);
      expect(await iso.selectFile({ by: "parent" })).toMatchObject({ template: "fci", id: 0x3f00 });
      const error = await failure(iso.selectFile({ by: "aid", name: "FFFF" }));
      expect(error).toBeInstanceOf(StatusWordError);
      expect(error).toMatchObject({
        code: "ERR_SCARD_STATUS_WORD",
        command: "SELECT",
        sw: 0x6a82,
        notFound: true,
        message: "The card refused SELECT with 6A82: File or application not found.",
      });
    });
  });

  test("reads, writes, updates and erases bytes with even and odd instructions", async () => {
    await withCard(async ({ iso }) => {
      await iso.selectFile(app);
      expect(hex(await iso.readBinary({ sfi: 1 }))).toBe("0102030405");
      expect(hex(await iso.readBinary({ offset: 3, length: 9 }))).toBe("0405");
      await iso.updateBinary({ offset: 4, data: "FFEE" });
      await iso.writeBinary({ file: 0x5001, data: "F0" });
      expect(hex(await iso.readBinary({ file: 0x5001 }))).toBe("F102030" + "4FFEE");
      await iso.eraseBinary({ sfi: 1, offset: 1, end: 3 });
      expect(hex(await iso.readBinary())).toBe("F1000004FFEE");
      await iso.eraseBinary({ offset: 3, instruction: "odd" });
      expect(hex(await iso.readBinary())).toBe("F10000000000");
      expect(await iso.readBinary({ file: 0x5006, offset: 39_999 })).toEqual(Uint8Array.of(7));
      // T=0 carries 256 bytes at a time: a data object with its header.
      const most = protocol === "t1" ? 40_000 : 253;
      expect(await iso.readBinary({ file: 0x5006, length: 40_000 })).toHaveLength(most);
      expect(await iso.readBinary({ file: 0x5006, length: 200 })).toHaveLength(200);
      expect(await failure(iso.readBinary({ sfi: 5 }))).toMatchObject({
        sw: 0x6982,
        needsAuthentication: true,
      });
      expect(await failure(iso.readBinary({ sfi: 2 }))).toMatchObject({ sw: 0x6981 });
    });
  });

  test("reads, updates, writes, appends and erases records", async () => {
    await withCard(async ({ iso }) => {
      await iso.selectFile(app);
      expect(hex(await iso.readRecord({ sfi: 2, record: 2 }))).toBe("2222");
      expect(hex(await iso.readRecord({ from: 1, to: "last" }))).toBe("11112222");
      expect(hex(await iso.readRecord({ from: "last", to: 1 }))).toBe("22221111");
      await iso.appendRecord({ sfi: 2, data: "3333" });
      await iso.updateRecord({ record: 1, data: "ABCD" });
      await iso.writeRecord({ record: 2, data: "0F0F" });
      expect((await iso.readRecords({ sfi: 2 })).map(hex)).toEqual(["ABCD", "2F2F", "3333"]);
      await iso.eraseRecord({ record: 3 });
      expect(hex(await iso.readRecord({ occurrence: "last" }))).toBe("0000");
      expect(hex(await iso.readRecord({ occurrence: "previous" }))).toBe("2F2F");
      const tlv = { sfi: 3, occurrence: "first", identifier: 0x5b } as const;
      expect(hex(await iso.readRecord(tlv))).toBe("5B0122");
      await iso.updateRecord({ sfi: 4, occurrence: "previous", data: "CC" });
      expect((await iso.readRecords({ sfi: 4 })).map(hex)).toEqual(["CC", "AA"]);
      expect(await failure(iso.readRecord({ sfi: 2, record: 9 }))).toMatchObject({ sw: 0x6a83 });
      expect(await failure(iso.appendRecord({ sfi: 2, data: "4444" }))).toMatchObject({
        command: "APPEND RECORD",
        sw: 0x6a84,
      });
    });
  });

  test("gets and puts data objects", async () => {
    await withCard(async ({ iso }) => {
      expect(hex(await iso.getData({ tag: 0x5f50 }))).toBe("AABB");
      expect(hex(await iso.getData({ tags: [0x5f50] }))).toBe("5F5002AABB");
      await iso.putData({ tag: 0x5f50, data: "CC" });
      await iso.putData({ objects: { tag: 0x5e, value: "0202" } });
      expect(hex(await iso.getData({ tag: 0x5f50 }))).toBe("CC");
      expect(hex(await iso.getData({ tag: 0x5e }))).toBe("0202");
      expect(await failure(iso.getData({ tag: 0x4f }))).toMatchObject({
        command: "GET DATA",
        notFound: true,
      });
    });
  });

  test("says how a PIN was taken and how many tries are left", async () => {
    await withCard(async ({ iso }) => {
      const reference = { scope: "specific", number: 1 } as const;
      expect(await iso.verify({ reference })).toMatchObject({ ok: false, triesLeft: 3 });
      const wrong = await iso.verify({ reference, pin: "9999" });
      expect(wrong).toEqual({
        ok: false,
        triesLeft: 2,
        blocked: false,
        sw: 0x63c2,
        meaning: "Counter is 2: further tries after a failed verification",
      });
      expect(await iso.verify({ reference, pin: "1234" })).toMatchObject({ ok: true, sw: 0x9000 });
      expect(await iso.verify({ reference })).toMatchObject({ ok: true, triesLeft: null });
      await iso.verify({ reference, forget: true });
      expect(await iso.verify({ reference })).toMatchObject({ ok: false, triesLeft: 3 });
      const change = { reference, oldPin: "1234", newPin: "56789" };
      expect(await iso.changeReferenceData(change)).toMatchObject({ ok: true });
      for (const triesLeft of [2, 1, 0]) {
        const blocked = triesLeft === 0;
        expect(await iso.verify({ reference, pin: "1234" })).toMatchObject({ triesLeft, blocked });
      }
      expect(await iso.verify({ reference, pin: "56789" })).toMatchObject({
        ok: false,
        blocked: true,
        triesLeft: 0,
        sw: 0x6983,
      });
      const unblock = { reference, unblockingCode: "87654321", newPin: "4321" };
      expect(await iso.resetRetryCounter(unblock)).toMatchObject({ ok: true });
      expect(await iso.verify({ reference, pin: "4321" })).toMatchObject({ ok: true });
      expect(await failure(iso.verify({ reference: 5, pin: "4321" }))).toMatchObject({
        command: "VERIFY",
        sw: 0x6a88,
      });
    });
  });

  test("authenticates both ways", async () => {
    await withCard(async ({ iso }) => {
      const answerTo = (challenge: Uint8Array): Buffer =>
        createHmac("sha256", Buffer.from(key, "hex")).update(challenge).digest().subarray(0, 8);
      const challenge = Uint8Array.of(1, 2, 3, 4);
      const proof = await iso.internalAuthenticate({ reference: 2, challenge });
      expect(hex(proof)).toBe(hex(answerTo(challenge)));
      const theirs = await iso.getChallenge({ length: 16 });
      expect(theirs).toHaveLength(16);
      expect(await iso.externalAuthenticate({ reference: 2, response: answerTo(theirs) })).toEqual({
        ok: true,
        triesLeft: null,
        blocked: false,
        sw: 0x9000,
        meaning: "Normal processing; no further qualification",
        data: new Uint8Array(),
      });
      await iso.getChallenge();
      const wrong = await iso.externalAuthenticate({ reference: 2, response: new Uint8Array(8) });
      expect(wrong).toMatchObject({ ok: false, triesLeft: null, sw: 0x6300 });
      expect(
        await failure(iso.externalAuthenticate({ reference: 2, response: new Uint8Array(8) })),
      ).toMatchObject({ command: "EXTERNAL AUTHENTICATE", sw: 0x6985 });
    });
  });

  test("opens a channel with a selection of its own and closes it", async () => {
    await withCard(async ({ iso }) => {
      await iso.selectFile(app);
      {
        await using channel = await iso.openChannel();
        expect(channel.number).toBe(1);
        await channel.selectFile({ by: "path", path: [0x5000, 0x5001], answer: "none" });
        expect(hex(await channel.readBinary())).toBe("0102030405");
        expect(await failure(iso.readBinary())).toMatchObject({ sw: 0x6986 });
        expect((await iso.openChannel(3)).number).toBe(3);
        expect(await failure(iso.openChannel(3))).toMatchObject({ command: "MANAGE CHANNEL" });
      }
      const closed = iso.withDefaults({ channel: 1 });
      expect(await failure(closed.readBinary({ sfi: 1 }))).toMatchObject({ sw: 0x6881 });
    });
  });

  test("works in a transaction, with time limits and after the end", async () => {
    await withCard(async (card) => {
      await card.transaction(async ({ iso }) => {
        await iso.selectFile(app);
        expect(await failure(card.iso.readBinary({ sfi: 1 }))).toMatchObject({
          code: "ERR_SCARD_TRANSACTION_NESTED",
        });
        expect(hex(await iso.readBinary({ sfi: 1 }))).toBe("0102030405");
      });
      expect(await failure(card.iso.readBinary({}, { timeoutMs: 0 }))).toMatchObject({
        code: "SCARD_E_TIMEOUT",
      });
      const { iso } = card;
      expect(card.iso).toBe(iso);
      await card.disconnect();
      expect(await failure(iso.readBinary())).toMatchObject({ code: "ERR_SCARD_CLOSED" });
    });
  });
});

/** A card that gives these answers, and keeps the commands it was sent. */
function scripted(...answers: readonly string[]): { iso: IsoCalls; sent: CommandApdu[] } {
  const sent: CommandApdu[] = [];
  const iso = new IsoCalls({
    send: async (command) => {
      const answer = answers[sent.length] ?? "6F00";
      sent.push(command);
      return Promise.resolve(ResponseApdu.from(answer, { secret: command.secret }));
    },
  });
  return { iso, sent };
}

describe("answers that the virtual card does not give", () => {
  test("a warning that a file is deactivated selects it; a malformed answer too", async () => {
    const { iso } = scripted("6F0283005F6283", "6F09840200009000", "6285");
    expect(await iso.selectFile(app)).toMatchObject({ template: "proprietary" });
    const control = await iso.selectFile(app);
    expect([control.template, hex(control.bytes)]).toEqual(["proprietary", "6F0984020000"]);
    expect(await iso.selectFile(app)).toMatchObject({ template: "none" });
  });

  test("the end of the file is no failure of a read; other warnings are", async () => {
    const { iso } = scripted(
      "01026282",
      "01026281",
      "73038101029000",
      "53009000",
      "AA9000",
      "53820100AABB9000",
    );
    expect(hex(await iso.readBinary())).toBe("0102");
    expect(await failure(iso.readBinary())).toMatchObject({ sw: 0x6281 });
    expect(hex(await iso.readBinary({ file: 1 }))).toBe("810102");
    expect(await iso.readBinary({ file: 1 })).toEqual(new Uint8Array());
    // Without its object, or with one that was cut, the bytes that came count.
    expect(hex(await iso.readRecord({ record: 1, offset: 0 }))).toBe("AA");
    expect(hex(await iso.readBinary({ file: 1 }))).toBe("AABB");
  });

  test("a write that needed several attempts is done; with none left it is not", async () => {
    const { iso } = scripted("63C2", "6381", "63C0");
    await iso.updateBinary({ data: "00" });
    await iso.appendRecord({ data: "00" });
    expect(await failure(iso.updateRecord({ record: 1, data: "00" }))).toMatchObject({
      sw: 0x63c0,
    });
  });

  test("general and mutual authentication give what the card answered", async () => {
    const { iso, sent } = scripted("7C0482020102" + "9000", "AABB9000", "9000", "6D00");
    expect(hex(await iso.generalAuthenticate({ objects: [{ tag: 0x81 }] }))).toBe("82020102");
    expect(await iso.externalAuthenticate({ response: "01", length: 2 })).toMatchObject({
      ok: true,
      data: Uint8Array.of(0xaa, 0xbb),
    });
    await iso.disableVerification({ pin: "1234" });
    const error = await failure(iso.enableVerification({ pin: "1234" }));
    expect(error).toMatchObject({ unsupported: true, command: "ENABLE VERIFICATION REQUIREMENT" });
    expect(inspect([error, sent])).not.toMatch(/1234|31 ?32 ?33/);
  });

  test("files are made, deleted and blocked", async () => {
    const { iso, sent } = scripted("9000", "9000", "9000", "9000", "AA9000");
    await iso.createFile({ parameters: [{ tag: 0x83, value: "5001" }] });
    await iso.deleteFile({ file: 0x5001 });
    await iso.deactivateFile();
    await iso.activateFile();
    expect(hex(await iso.getResponse(1))).toBe("AA");
    expect(sent.map((command) => command.ins)).toEqual([0xe0, 0xe4, 0x04, 0x44, 0xc0]);
  });

  test("nothing is sent for a wrong argument", async () => {
    const { iso, sent } = scripted();
    for (const call of [
      iso.readBinary({ sfi: 31 }),
      iso.verify({ pin: "" }),
      iso.selectFile({ by: "aid", name: "" }),
      iso.openChannel(20),
    ]) {
      expect(await failure(call)).toMatchObject({ code: "ERR_SCARD_ARGUMENT" });
    }
    expect(sent).toEqual([]);
  });

  test("a channel keeps the class id it was opened with, and is closed once", async () => {
    const { iso, sent } = scripted("019000", "9000", "9000");
    const channel = await iso.withDefaults({ classId: 0x80 }).openChannel();
    await channel.getChallenge();
    await channel.close();
    await channel.close();
    expect(sent.map((command) => command.toHex())).toEqual([
      "8070000001",
      "8184000008",
      "80708001",
    ]);
  });
});
