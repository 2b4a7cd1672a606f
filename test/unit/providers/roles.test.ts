// The vendor pattern's roles over the virtual ISO/IEC 7816-4 card.
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";

import {
  type Card,
  type CommandApdu,
  IsoCardManagement,
  type OpenBinaryFile,
  type OpenRecordFile,
} from "scard";
import { type CardHandler, IsoCard, type IsoCardDescription, VirtualCard } from "scard/virtual";
import { bench, expectNothingLeft, failure, hex } from "../virtual/support.js";

const key = "00112233445566778899AABBCCDDEEFF";
const long = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

const description: IsoCardDescription = {
  pins: [{ reference: 0x81, value: "1234", tries: 3, unblockingCode: "87654321" }],
  keys: [{ reference: 2, value: key }],
  files: [
    { type: "transparent", id: 0x2f01, content: "AA" },
    {
      type: "df",
      id: 0x5000,
      aid: "A0 00 00 00 01",
      files: [
        { type: "transparent", id: 0x5001, sfi: 1, content: long, size: 1200 },
        { type: "linear-fixed", id: 0x5002, sfi: 2, records: ["1111", "2222"], maxRecords: 4 },
        { type: "transparent", id: 0x5005, content: "77", read: { pin: 0x81 } },
        { type: "df", id: 0x5100, files: [{ type: "transparent", id: 0x5101, content: "BB" }] },
      ],
    },
  ],
};

const aid = { name: "A000000001" };

async function withCard(
  use: (management: IsoCardManagement, card: Card, other: () => Promise<Card>) => Promise<void>,
): Promise<void> {
  const { reader, context } = await bench();
  reader.insert(new IsoCard(description));
  const connect = async (): Promise<Card> => context.connect(reader.name, { protocols: ["t1"] });
  try {
    const card = await connect();
    await use(new IsoCardManagement(card), card, connect);
  } finally {
    await context.close();
  }
}

async function openBytes(
  { files }: IsoCardManagement,
  ...reference: Parameters<IsoCardManagement["files"]["open"]>
): Promise<OpenBinaryFile> {
  const file = await files.open(...reference);
  if (file.kind !== "transparent") throw new Error("not a transparent file");
  return file;
}

async function openRecords(
  { files }: IsoCardManagement,
  ...reference: Parameters<IsoCardManagement["files"]["open"]>
): Promise<OpenRecordFile> {
  const file = await files.open(...reference);
  if (file.kind !== "records") throw new Error("not a file of records");
  return file;
}

describe("file access", () => {
  expectNothingLeft();

  test("changes directories and knows where it is", async () => {
    await withCard(async ({ files }) => {
      expect(files.currentDirectory).toEqual({});
      await files.changeDirectory("mf");
      expect(files.currentDirectory).toEqual({ path: [] });
      await files.changeDirectory({ id: 0x5000 });
      expect(await files.changeDirectory({ id: 0x5100 })).toMatchObject({ type: "df" });
      expect(files.currentDirectory).toEqual({ path: [0x5000, 0x5100] });
      await files.changeDirectory("parent");
      expect(files.currentDirectory).toEqual({ path: [0x5000] });
      await files.changeDirectory({ path: [0x5000, 0x5100] });
      expect(files.currentDirectory).toEqual({ path: [0x5000, 0x5100] });
      await files.changeDirectory(aid);
      expect(hex(files.currentDirectory.name ?? new Uint8Array())).toBe("A000000001");
      expect(await failure(files.changeDirectory({ id: 0x7777 }))).toMatchObject({ sw: 0x6a82 });
      expect(files.currentDirectory).toHaveProperty("name");
    });
  });

  test("reads and writes bytes of any length at a position", async () => {
    await withCard(async (management) => {
      await management.files.changeDirectory(aid);
      await using file = await openBytes(management, { id: 0x5001 });
      expect(file.control).toMatchObject({ size: 1200, id: 0x5001 });
      expect(await file.read(300)).toEqual(long.subarray(0, 300));
      expect(file.position).toBe(300);
      expect(await file.read()).toEqual(long.subarray(300));
      expect(await file.read()).toEqual(new Uint8Array());
      file.seek(100);
      await file.write(new Uint8Array(500).fill(0xee));
      expect(file.position).toBe(600);
      file.seek(-500, "current");
      const expected = Uint8Array.from(long);
      expected.fill(0xee, 100, 600);
      file.seek(0);
      expect(await file.read()).toEqual(expected);
      expect(file.seek(-1, "end")).toBe(1199);
      expect(() => file.seek(-2000, "end")).toThrow(/"offset"/);
    });
  });

  test("takes files by short identifier, and tells what kind they are", async () => {
    await withCard(async (management) => {
      await management.files.changeDirectory(aid);
      const file = await openBytes(management, { sfi: 1 });
      file.seek(300);
      expect(await file.read(4)).toEqual(long.subarray(300, 304));
      const records = await openRecords(management, { sfi: 2 });
      expect((await records.read()).map(hex)).toEqual(["1111", "2222"]);
      expect(() => file.seek(0, "end")).toThrow(/tells no size/);
      expect(await failure(management.files.open({ sfi: 9 }))).toMatchObject({ sw: 0x6a82 });
    });
  });

  test("reaches beyond 255 by short identifier on cards without the odd instructions", async () => {
    const content = Uint8Array.from({ length: 700 }, (_, index) => index % 249);
    const other = new Uint8Array(700).fill(0xee);
    let current = other;
    const log: string[] = [];
    const handler: CardHandler<CommandApdu> = ({ ins, p1, p2, le = 0, data }) => {
      log.push(hex(Uint8Array.of(ins, p1, p2)));
      if (ins !== 0xb0 && ins !== 0xd6) return 0x6d00;
      const short = (p1 & 0x80) !== 0;
      if (short) current = (p1 & 0x1f) === 1 ? content : other;
      const offset = short ? p2 : p1 * 256 + p2;
      if (offset > 700) return 0x6b00;
      if (ins === 0xd6) {
        current.set(data, offset);
        return 0x9000;
      }
      const end = Math.min(700, offset + le);
      return { data: current.slice(offset, end), sw: end < offset + le ? 0x6282 : 0x9000 };
    };
    const { reader, context } = await bench();
    reader.insert(new VirtualCard({ atr: "3B 80 80 01 01", handler }));
    const management = new IsoCardManagement(await context.connect(reader.name));
    const one = await openBytes(management, { sfi: 1 });
    const two = await openBytes(management, { sfi: 2 });
    log.length = 0;
    expect(await one.read()).toEqual(content);
    // The first part, the odd instruction once, and the file made current once.
    expect(log.slice(0, 4)).toEqual(["B08100", "B10001", "B08100", "B00100"]);
    two.seek(300);
    one.seek(298);
    expect(await Promise.all([two.read(2), one.read(2)])).toEqual([
      Uint8Array.of(0xee, 0xee),
      content.slice(298, 300),
    ]);
    await one.write("AABB");
    expect(hex(content.subarray(299, 303))).toBe("32AABB35");
    expect(other.every((byte) => byte === 0xee)).toBe(true);
    await context.close();
  });

  test("reads, replaces and appends records", async () => {
    await withCard(async (management) => {
      await management.files.changeDirectory(aid);
      const file = await openRecords(management, { path: [0x5000, 0x5002] });
      expect((await file.read(1)).map(hex)).toEqual(["1111"]);
      await file.write("ABCD");
      await file.write("EF01");
      expect(file.position).toBe(3);
      file.seek(0);
      expect((await file.read()).map(hex)).toEqual(["1111", "ABCD", "EF01"]);
      file.close();
      expect(await failure(file.read())).toMatchObject({ code: "ERR_SCARD_CLOSED" });
      expect(() => file.seek(0)).toThrow(/closed/);
    });
  });

  test("keeps files apart: each is selected again when another was", async () => {
    await withCard(async (management) => {
      await management.files.changeDirectory(aid);
      const bytes = await openBytes(management, { id: 0x5001 });
      const records = await openRecords(management, { id: 0x5002 });
      const all = await Promise.all([
        bytes.read(2),
        records.read(1),
        bytes.read(2),
        records.read(),
      ]);
      expect(all.flat().map((part) => (typeof part === "number" ? part : hex(part)))).toEqual([
        "0001",
        "1111",
        "0203",
        "2222",
      ]);
    });
  });

  test("says what cards refuse, and wrong references", async () => {
    await withCard(async (management) => {
      const { files } = management;
      await files.changeDirectory(aid);
      const file = await openBytes(management, { id: 0x5005 });
      expect(await failure(file.read())).toMatchObject({ needsAuthentication: true });
      expect(file.position).toBe(0);
      expect(await files.properties({ id: 0x5001 })).toMatchObject({ structure: "transparent" });
      expect(await failure(files.create([{ tag: 0x83, value: "5009" }]))).toMatchObject({
        command: "CREATE FILE",
        unsupported: true,
      });
      expect(await failure(files.delete({ id: 0x5001 }))).toMatchObject({ command: "DELETE FILE" });
      expect(await failure(files.open({} as never))).toMatchObject({ argument: "file" });
      expect(await failure(files.open({ sfi: 31 }))).toMatchObject({ argument: "sfi" });
    });
  });
});

describe("management", () => {
  expectNothingLeft();

  test("locks the card for its roles and unlocks it", async () => {
    await withCard(async (management, card, connect) => {
      const other = await connect();
      {
        await using _ = await management.lock();
        const waiting = failure(other.transmit("00B0000000", { timeoutMs: 50 }));
        expect(await management.verification.tries({ reference: 0x81 })).toMatchObject({
          triesLeft: 3,
        });
        expect(await waiting).toMatchObject({ code: "SCARD_E_TIMEOUT" });
        expect(await failure(card.transmit("00B0000000"))).toMatchObject({
          code: "ERR_SCARD_TRANSACTION_OPEN",
        });
      }
      await management.lock();
      await management.unlock("reset");
      await management.unlock();
      expect(await failure(other.status())).toMatchObject({ code: "SCARD_W_RESET_CARD" });
      expect(management.protocol).toBe("t1");
    });
  });

  test("forgets directory and selection with a reset", async () => {
    await withCard(async (management) => {
      await management.files.changeDirectory(aid);
      const file = await openBytes(management, { path: [0x5000, 0x5001] });
      await management.reconnect({ initialization: "reset" });
      expect(management.files.currentDirectory).toEqual({});
      expect(await file.read(2)).toEqual(long.subarray(0, 2));
      expect(await management.status()).toMatchObject({ reader: management.reader });
    });
  });
});

describe("verification", () => {
  expectNothingLeft();

  test("verifies, changes, unblocks and forgets", async () => {
    await withCard(async ({ verification, files }) => {
      const which = { reference: 0x81 };
      expect(await verification.verify("0000", which)).toMatchObject({ ok: false, triesLeft: 2 });
      expect(await verification.change("1234", "4321", which)).toMatchObject({ ok: true });
      for (const triesLeft of [2, 1, 0]) {
        expect(await verification.verify("1234", which)).toMatchObject({ triesLeft });
      }
      expect(await verification.unblock("00000000", undefined, which)).toMatchObject({ ok: false });
      expect(await verification.unblock("87654321", "9999", which)).toMatchObject({ ok: true });
      expect(await verification.verify("9999", which)).toMatchObject({ ok: true });
      expect(await verification.tries(which)).toMatchObject({ ok: true });
      await verification.resetSecurityState(which);
      expect(await verification.tries(which)).toMatchObject({ ok: false, triesLeft: 3 });
      await files.changeDirectory(aid);
      await verification.resetSecurityState();
      expect(files.currentDirectory).toEqual({});
      expect(await failure(verification.enable("9999", which))).toMatchObject({ sw: 0x6d00 });
      expect(await failure(verification.disable("9999", which))).toMatchObject({ sw: 0x6d00 });
    });
  });
});

describe("authentication", () => {
  expectNothingLeft();
  const answerTo = (challenge: Uint8Array): Buffer =>
    createHmac("sha256", Buffer.from(key, "hex")).update(challenge).digest().subarray(0, 8);

  test("proves the card to the program and the program to the card", async () => {
    await withCard(async ({ authentication }) => {
      const which = { reference: 2 };
      const challenges: string[] = [];
      const check = (challenge: Uint8Array, answer: Uint8Array): boolean => {
        challenges.push(hex(challenge));
        return answerTo(challenge).equals(answer);
      };
      expect(await authentication.authenticateCard(check, { ...which, length: 16 })).toBe(true);
      expect(await authentication.authenticateCard(() => false, which)).toBe(false);
      expect(challenges[0]).toHaveLength(32);
      expect(await authentication.authenticateProgram(answerTo, which)).toMatchObject({ ok: true });
      const wrong = await authentication.authenticateProgram(
        () => Promise.resolve(new Uint8Array(8)),
        which,
      );
      expect(wrong).toMatchObject({ ok: false });
      expect(await authentication.challenge(4)).toHaveLength(4);
    });
  });

  test("lets no other program come between challenge and answer", async () => {
    const { reader, context } = await bench();
    const seen: number[] = [];
    const handler = ({ ins }: { ins: number }): string => {
      seen.push(ins);
      return ins === 0x84 ? "01020304050607089000" : "9000";
    };
    reader.insert(new VirtualCard({ atr: "3B 80 80 01 01", handler }));
    const card = await context.connect(reader.name);
    const other = await context.connect(reader.name);
    const { authentication } = new IsoCardManagement(card);
    let between: Promise<unknown> = Promise.resolve();
    await authentication.authenticateProgram((challenge) => {
      between = other.transmit("00A40000");
      return challenge;
    });
    await between;
    expect(seen).toEqual([0x84, 0x82, 0xa4]);
    await context.close();
  });
});
