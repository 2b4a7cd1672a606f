// The cache, readers as devices, audit and the started event, over winscard's own calls (profile
// windows) and without them. Section 11, items 10 and 13.
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";

import { type AuditEvent, CardCache, auditEvents, statistics, whenServiceAvailable } from "scard";
import { createVirtualSubsystem } from "scard/virtual";
import {
  bench,
  contextOf,
  echoCard,
  expectNothingLeft,
  failure,
  watched,
  places,
} from "./support.js";

const one = "{00000000-0000-0000-0000-00000000000A}";
const two = "{00000000-0000-0000-0000-00000000000B}";

describe.each(places)("the card cache, %s", (profile) => {
  expectNothingLeft();

  test("miss, hit, stale, newer, replaced, two cards with one name", async () => {
    const { context } = await bench(profile);
    const name = `Item of ${profile}`;
    const read = async (freshness: number, card = one): Promise<unknown> =>
      context.readCache({ card, freshness, name }).then(
        (data) => Buffer.from(data).toString("hex"),
        (error: unknown) => (error as { code: string }).code,
      );
    const write = async (freshness: number, data: string, card = one): Promise<void> =>
      context.writeCache({ card, freshness, name, data });
    expect(await read(1)).toBe("SCARD_W_CACHE_ITEM_NOT_FOUND");
    await write(3, "AABB");
    expect(await read(3)).toBe("aabb");
    expect(await read(3, one.toLowerCase())).toBe("aabb");
    expect(await read(3, two)).toBe("SCARD_W_CACHE_ITEM_NOT_FOUND");
    await write(3, "CC", two);
    expect([await read(3), await read(3, two)]).toEqual(["aabb", "cc"]);
    // Newer than asked for: stale, and kept.
    expect(await read(2)).toBe("SCARD_W_CACHE_ITEM_STALE");
    expect(await read(3)).toBe("aabb");
    // Older than asked for: stale, and deleted.
    expect(await read(4)).toBe("SCARD_W_CACHE_ITEM_STALE");
    expect(await read(3)).toBe("SCARD_W_CACHE_ITEM_NOT_FOUND");
    await write(0xffff_ffff, "");
    expect(await read(0xffff_ffff)).toBe("");
    await write(1, "01");
    expect(await read(1)).toBe("01");
    await context.close();
  });

  test("too big, and what is no item", async () => {
    const { context } = await bench(profile);
    const key = { card: one, freshness: 1, name: "Big" };
    const data = new Uint8Array(65_537);
    expect(await failure(context.writeCache({ ...key, data }))).toMatchObject({
      code: "SCARD_W_CACHE_ITEM_TOO_BIG",
    });
    await context.writeCache({ ...key, data: data.subarray(1) });
    expect(await context.readCache(key)).toHaveLength(65_536);
    for (const wrong of [{ card: "one" }, { freshness: -1 }, { name: "" }, { name: "a\0b" }]) {
      expect(await failure(context.readCache({ ...key, ...wrong }))).toMatchObject({
        argument: Object.keys(wrong)[0],
      });
    }
    expect(await failure(context.writeCache({ ...key, data: "", timeoutMs: 0 }))).toMatchObject({
      code: "SCARD_E_TIMEOUT",
    });
    await context.close();
  });

  test("is shared by contexts, and a cache of one's own is not", async () => {
    const { subsystem, context } = await bench(profile);
    const cache = new CardCache({ maxItemBytes: 8 });
    const other = await contextOf(subsystem);
    const apart = await contextOf(subsystem, { cache });
    const key = { card: two, freshness: 1, name: `Shared ${profile}` };
    await context.writeCache({ ...key, data: "0102" });
    expect(await other.readCache(key)).toEqual(Uint8Array.of(1, 2));
    expect(await failure(apart.readCache(key))).toMatchObject({
      code: "SCARD_W_CACHE_ITEM_NOT_FOUND",
    });
    await apart.writeCache({ ...key, data: "03" });
    expect(cache.size).toBe(1);
    expect(await failure(contextOf(subsystem, { cache: {} as never }))).toMatchObject({
      argument: "cache",
    });
    await Promise.all([context, other, apart].map(async (each) => each.close()));
  });
});

describe.each(places)("readers as devices, %s", (profile) => {
  expectNothingLeft();

  test("kind of bus, device instance id, and the readers of a device", async () => {
    const { subsystem, context } = await bench(profile);
    subsystem.addReader({ name: "Slot B", serialNumber: "0001" });
    subsystem.addReader({ name: "Elsewhere", serialNumber: "0077" });
    expect(await context.deviceType("Reader 1")).toBe("usb");
    const id = await context.deviceInstanceId("Reader 1");
    expect(id).toBe("ROOT\\SMARTCARDREADER\\0001");
    expect(await context.listReadersWithDeviceInstanceId(id)).toEqual(["Reader 1", "Slot B"]);
    expect(await context.listReadersWithDeviceInstanceId("USB\\NONE")).toEqual([]);
    const unknown = { code: "SCARD_E_UNKNOWN_READER" };
    expect(await failure(context.deviceType("Nobody"))).toMatchObject(unknown);
    expect(await failure(context.deviceInstanceId("Nobody"))).toMatchObject(unknown);
    await context.close();
  });

  test("an icon is what was registered under the name, of any context", async () => {
    const { subsystem, context } = await bench(profile);
    const icon = Uint8Array.of(0x89, 0x50);
    context.setReaderIcon("Reader 1", icon);
    icon[0] = 0;
    const other = await contextOf(subsystem);
    expect(await other.readerIcon("Reader 1")).toEqual(Uint8Array.of(0x89, 0x50));
    context.setReaderIcon("Reader 1", undefined);
    expect(await other.readerIcon("Reader 1")).not.toEqual(Uint8Array.of(0x89, 0x50));
    await context.close();
    await other.close();
  });

  test("an icon that nobody has is a neutral one, of a reader that is there", async () => {
    const { context } = await bench(profile);
    const icon = await context.readerIcon("Reader 1");
    const png = Buffer.from(icon);
    expect(png.subarray(0, 8).toString("hex")).toBe("89504e470d0a1a0a");
    // IHDR: 256 by 256, 8 bits, grey without alpha.
    expect(png.subarray(8, 29).toString("hex")).toBe("0000000d4948445200000100000001000800000000");
    const dataLength = png.readUInt32BE(33);
    expect(png.subarray(37, 41).toString("latin1")).toBe("IDAT");
    const points = inflateSync(png.subarray(41, 41 + dataLength));
    expect(points.length).toBe(257 * 256);
    expect(new Set(points).size).toBeGreaterThan(4);
    icon.fill(0);
    expect(await context.readerIcon("Reader 1")).toEqual(new Uint8Array(png));
    expect(await failure(context.readerIcon("Nobody"))).toMatchObject({
      code: "SCARD_E_UNKNOWN_READER",
    });
    await context.close();
  });

  test("exchanges are counted for the reader, over connections, until it is unplugged", async () => {
    const { subsystem, reader, context } = await bench(profile);
    reader.insert(echoCard());
    const first = await context.connect("Reader 1");
    const before = await first.transmitCount();
    await first.transmit("0084000008");
    await first.transaction(async (tx) => tx.transmit("0084000008"));
    expect((await first.transmitCount()) - before).toBe(2);
    await first.disconnect();
    const second = await context.connect("Reader 1");
    await second.transmit("0084000008");
    expect((await second.transmitCount()) - before).toBe(3);
    await second.send("0084000008");
    expect((await second.transmitCount()) - before).toBe(4);
    await second.disconnect();
    reader.unplug();
    expect(await context.listReaders()).toEqual([]);
    subsystem.addReader("Reader 1").insert(echoCard());
    const third = await context.connect("Reader 1");
    expect(await third.transmitCount()).toBe(0);
    await context.close();
  });
});

// Windows' own database takes device names alone.
describe("readers introduced by what outlasts their names, pcsclite", () => {
  expectNothingLeft();

  test("are found by it while their card is held exclusively", async () => {
    const { subsystem, reader, context } = await bench("pcsclite");
    await context.database.introduceReader("Front desk", "serial:0001");
    reader.insert(echoCard());
    const card = await context.connect("Front desk", { shareMode: "exclusive" });
    // The list is another now, so that the readers are looked at again.
    subsystem.addReader({ name: "Elsewhere", serialNumber: "0077" });
    expect(await context.listReaders()).toContain("Front desk");
    expect(await failure(context.connect("Front desk"))).toMatchObject({
      code: "SCARD_E_SHARING_VIOLATION",
    });
    await card.disconnect();
    await context.close();
  });

  test("are found by it", async () => {
    const { subsystem, reader, context } = await bench("pcsclite");
    subsystem.addReader({ name: "Slot B", serialNumber: "0001" });
    const { database } = context;
    await database.introduceReader("Front desk", "serial:0001");
    await database.introduceReader("Second slot", "instance:root\\smartcardreader\\0001#1");
    await database.introduceReader("Nowhere", "usb:9-9");
    reader.insert(echoCard());
    const card = await context.connect("Front desk");
    expect(await card.transmit("00CA00000412345678")).toHaveLength(6);
    expect(await context.deviceInstanceId("Second slot")).toBe("ROOT\\SMARTCARDREADER\\0001");
    expect(await failure(context.connect("Nowhere"))).toMatchObject({
      code: "SCARD_E_UNKNOWN_READER",
    });
    await context.close();
  });
});

describe.each(places)("audit, %s", (profile) => {
  expectNothingLeft();

  test("tells what happened, when and where, and nothing else", async () => {
    const { context } = await bench(profile);
    const heard: AuditEvent[] = [];
    const listener = (event: AuditEvent): void => void heard.push(event);
    auditEvents.on("audit", listener);
    const start = Date.now();
    await context.audit("verification-failed", { reader: "Reader 1" });
    await context.audit("verification-succeeded");
    auditEvents.off("audit", listener);
    expect(heard.map(({ result, reader }) => [result, reader])).toEqual([
      ["verification-failed", "Reader 1"],
      ["verification-succeeded", undefined],
    ]);
    expect(Object.keys(heard[0] ?? {})).toEqual(["time", "result", "reader"]);
    expect(heard[0]?.time.getTime()).toBeGreaterThanOrEqual(start);
    expect(await failure(context.audit("pin 1234" as never))).toMatchObject({ argument: "result" });
    await context.close();
    expect(await failure(context.audit("verification-failed"))).toMatchObject({
      code: "ERR_SCARD_CLOSED",
    });
  });
});

describe("whenServiceAvailable, windows", () => {
  expectNothingLeft();

  test("waits on the started event, and lets go of it", async () => {
    const subsystem = watched(createVirtualSubsystem({ profile: "windows" }));
    subsystem.stop();
    const wait = whenServiceAvailable({ subsystem });
    await expect.poll(() => statistics().waits).toBe(1);
    subsystem.start();
    await wait;
    // Its thread leaves a moment after it has told.
    await expect.poll(() => statistics().waits).toBe(0);
  });

  test("gives the wait up with its signal", async () => {
    const subsystem = watched(createVirtualSubsystem({ profile: "windows" }));
    subsystem.stop();
    const wait = whenServiceAvailable({ subsystem, timeoutMs: 50 });
    expect(await failure(wait)).toMatchObject({ code: "SCARD_E_TIMEOUT" });
    await expect.poll(() => statistics().waits).toBe(0);
  });
});
