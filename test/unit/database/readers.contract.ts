// Readers and groups: items 5 to 7 of the contract.
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { pnpNotification, type CardDatabase, type Context } from "../../../lib/index.js";
import { cardWith, failureOf, type DatabaseWorld, type OpenDatabase } from "./world.js";

const all = "SCard$AllReaders";
const usual = "SCard$DefaultReaders";

export function readersAndGroups(world: DatabaseWorld): void {
  let open: OpenDatabase;
  let context: Context;
  let database: CardDatabase;
  beforeEach(async () => {
    open = await world.open();
    ({ context } = open);
    ({ database } = context);
    open.subsystem.addReader("Left");
    open.subsystem.addReader("Right");
  });
  afterEach(async () => open.close());

  describe("groups", () => {
    it("come with their first reader and go with their last", async () => {
      expect(await context.listReaderGroups()).toEqual([usual]);
      await database.introduceReaderGroup("Desk");
      expect(await context.listReaderGroups()).toEqual([usual]);
      await database.addReaderToGroup("Left", "Desk");
      await database.addReaderToGroup("Left", "Desk");
      expect(await context.listReaderGroups()).toEqual([usual, "Desk"]);
      await database.removeReaderFromGroup("Left", "desk");
      expect(await context.listReaderGroups()).toEqual([usual]);
      await database.removeReaderFromGroup("Left", "Desk");
      await database.addReaderToGroup("Left", "Desk");
      await database.forgetReaderGroup("Desk");
      await database.forgetReaderGroup("Desk");
      expect(await context.listReaderGroups()).toEqual([usual]);
    });

    it("go with their last reader's introduced name", async () => {
      await database.introduceReader("Alias", "Left");
      await database.addReaderToGroup("Alias", "Desk");
      await database.forgetReader("Alias");
      expect(await context.listReaderGroups()).toEqual([usual]);
    });

    it("of PC/SC's own are not edited, but for the default one", async () => {
      const refused = { code: "SCARD_E_INVALID_VALUE" };
      for (const group of [all, "SCard$LocalReaders", "scard$systemreaders"]) {
        expect(await failureOf(database.addReaderToGroup("Left", group))).toMatchObject(refused);
        expect(await failureOf(database.forgetReaderGroup(group))).toMatchObject(refused);
      }
      expect(await failureOf(database.forgetReaderGroup(usual))).toMatchObject(refused);
      await database.removeReaderFromGroup("Left", usual);
      expect(await context.listReaders({ groups: [usual] })).toEqual(["Right"]);
      expect(await context.listReaders()).toEqual(["Left", "Right"]);
      await database.removeReaderFromGroup("Right", usual);
      expect(await context.listReaderGroups()).toEqual([]);
      await database.addReaderToGroup("Left", usual);
      expect(await context.listReaderGroups()).toEqual([usual]);
    });

    it("refuse readers that nobody knows", async () => {
      const unknown = { code: "SCARD_E_UNKNOWN_READER", reader: "Nobody" };
      expect(await failureOf(database.addReaderToGroup("Nobody", "G"))).toMatchObject(unknown);
      expect(await failureOf(database.removeReaderFromGroup("Nobody", "G"))).toMatchObject(unknown);
      expect(await failureOf(database.forgetReader("Nobody"))).toMatchObject(unknown);
    });

    it("list the readers of several, each once, and only attached ones", async () => {
      await database.addReaderToGroup("Left", "One");
      await database.addReaderToGroup("Left", "Two");
      await database.addReaderToGroup("Right", "Two");
      expect(await context.listReaders({ groups: ["One"] })).toEqual(["Left"]);
      expect(await context.listReaders({ groups: ["two", "ONE", "Three"] })).toEqual([
        "Left",
        "Right",
      ]);
      expect(await context.listReaders({ groups: ["Three"] })).toEqual([]);
      expect(await context.listReaders({ groups: ["Three", all] })).toEqual(["Left", "Right"]);
      open.subsystem.readers[0]?.unplug();
      expect(await context.listReaders({ groups: ["One", "Two"] })).toEqual(["Right"]);
      expect(await context.listReaderGroups()).toEqual([usual, "One", "Two"]);
      open.subsystem.readers[0]?.unplug();
      expect(await context.listReaders()).toEqual([]);
    });
  });

  describe("tracking by groups", () => {
    it("shows the readers of the groups, and waits for a card only there", async () => {
      await database.addReaderToGroup("Left", "Desk");
      await using tracker = context.track({ groups: ["Desk", "Nobody"] });
      const [left, right] = open.subsystem.readers;
      const seen: string[] = [];
      for await (const event of tracker) {
        if (event.type === "snapshot") {
          expect(event.readers.map(({ reader }) => reader)).toEqual(["Left"]);
          const card = context.waitForCard({ groups: ["Desk"], timeoutMs: 20_000 });
          right?.insert(cardWith("3B00"));
          left?.insert(cardWith("3B01"));
          expect(await card).toMatchObject({ reader: "Left", present: true });
        } else if ("reader" in event) {
          seen.push(event.reader);
          break;
        }
      }
      expect(seen).toEqual(["Left"]);
    });
  });

  describe("an introduced name", () => {
    it("stands beside the reader's own, joins the default group, and renames it", async () => {
      await database.introduceReader("Desk", "Left");
      expect([...(await context.listReaders())].sort()).toEqual(["Desk", "Left", "Right"]);
      expect(await context.listReaders({ groups: [usual] })).toContain("Desk");
      await database.forgetReader("Left");
      expect([...(await context.listReaders())].sort()).toEqual(["Desk", "Right"]);
      expect(await failureOf(context.connect("Left", { shareMode: "direct" }))).toMatchObject({
        code: "SCARD_E_UNKNOWN_READER",
        reader: "Left",
      });
      const card = await context.connect("Desk", { shareMode: "direct" });
      expect(card.reader).toBe("Desk");
      expect((await card.status()).readers).toEqual(["Desk"]);
      await card.disconnect();
    });

    it("is imported where there is none, or in the place of one", async () => {
      await database.introduceReader("Desk", "Left");
      const text = JSON.stringify({
        version: 1,
        cardTypes: [{ name: "New", atr: "3B00" }],
        readers: [{ name: "desk", device: "Right" }],
        groups: [{ name: "Office", readers: ["desk"] }],
      });
      expect(await failureOf(database.import(text))).toMatchObject({
        code: "SCARD_E_DUPLICATE_READER",
        reader: "desk",
      });
      expect(await database.listCardTypes()).toEqual([]);
      expect(await context.listReaderGroups()).toEqual([usual]);
      await database.import(text, { replace: true });
      expect(await database.listCardTypes()).toEqual(["New"]);
      expect(await context.listReaders({ groups: ["Office"] })).toEqual(["desk"]);
      const card = await context.connect("desk", { shareMode: "direct" });
      expect([...(await card.status()).readers].sort()).toEqual(["Right", "desk"]);
      await card.disconnect();
    });

    it("is refused twice", async () => {
      const duplicate = { code: "SCARD_E_DUPLICATE_READER" };
      await database.introduceReader("Desk", "Left");
      expect(await failureOf(database.introduceReader("desk", "Right"))).toMatchObject(duplicate);
      expect(await failureOf(database.introduceReader("Left", "Left"))).toMatchObject(duplicate);
    });

    it("waits for a device that is not there", async () => {
      await database.introduceReader("Later", "Third");
      expect(await context.listReaders()).toEqual(["Left", "Right"]);
      open.subsystem.addReader("Third");
      expect(await context.listReaders()).toContain("Later");
    });

    it("is connected to, waited for, and named by errors and status", async () => {
      await database.introduceReader("Desk", "Left");
      expect(await failureOf(context.connect("Desk"))).toMatchObject({
        code: "SCARD_E_NO_SMARTCARD",
        reader: "Desk",
      });
      const waiting = context.waitForCard({ reader: "Desk", timeoutMs: 20_000 });
      open.subsystem.readers[0]?.insert(cardWith("3B00"));
      expect(await waiting).toMatchObject({ reader: "Desk", present: true });
      const [own, desk] = await context.getStatusChange(["Left", "DESK"]);
      expect([own?.reader, desk?.reader]).toEqual(["Left", "DESK"]);
      expect(desk?.raw).toBe(own?.raw);
      const card = await context.connect("Desk");
      expect([...(await card.status()).readers].sort()).toEqual(["Desk", "Left"]);
      await card.disconnect();
      const gone = context.waitForRemoval({ reader: "Desk", timeoutMs: 20_000 });
      open.subsystem.readers[0]?.remove();
      expect(await gone).toMatchObject({ reader: "Desk", present: false });
    });

    it("can be cancelled before its wait has begun", async () => {
      await database.introduceReader("Desk", "Left");
      const [state] = await context.getStatusChange(["Desk"]);
      const waiting = failureOf(context.getStatusChange([state ?? "Desk"]));
      context.cancel();
      expect(await waiting).toMatchObject({ code: "SCARD_E_CANCELLED" });
    });

    it("is tracked beside the reader's own name", async () => {
      await database.introduceReader("Desk", "Left");
      await using tracker = context.track();
      const inserted = new Set<string>();
      for await (const event of tracker) {
        if (event.type === "snapshot") {
          expect(event.readers.map(({ reader }) => reader).sort()).toEqual([
            "Desk",
            "Left",
            "Right",
          ]);
          open.subsystem.readers[0]?.insert(cardWith("3B00"));
        } else if (event.type === "card-inserted") {
          inserted.add(event.reader);
        }
        if (inserted.size === 2) break;
      }
      expect([...inserted].sort()).toEqual(["Desk", "Left"]);
    });
  });

  if (!world.winscard) {
    it("tells trackers of readers that join their groups, and leave them", async () => {
      await using tracker = context.track({ groups: ["Desk"] });
      const seen: string[] = [];
      for await (const event of tracker) {
        if (event.type === "snapshot") {
          expect(event.readers).toEqual([]);
          await database.addReaderToGroup("Left", "Desk");
        } else if (event.type === "reader-attached") {
          seen.push(`+${event.reader}`);
          await database.removeReaderFromGroup("Left", "Desk");
        } else if (event.type === "reader-detached") {
          seen.push(`-${event.reader}`);
          break;
        }
      }
      expect(seen).toEqual(["+Left", "-Left"]);
    });

    it("lets a tracker live through 20 introductions at once, and no card of it end", async () => {
      open.subsystem.readers[0]?.insert(cardWith("3B00"));
      await using tracker = context.track();
      const names = Array.from({ length: 20 }, (_, index) => `Desk ${String(index)}`);
      const missing = new Set(names);
      const others = new Set<string>();
      await using card = await context.connect("Left");
      for await (const event of tracker) {
        if (event.type === "snapshot") {
          await Promise.all(names.map(async (name) => database.introduceReader(name, "Left")));
        } else if (event.type === "reader-attached") {
          missing.delete(event.reader);
        } else if (event.type !== "card-inserted" && event.type !== "state-changed") {
          others.add(event.type);
        }
        if (missing.size === 0) break;
      }
      expect([...others]).toEqual([]);
      expect(await card.transmit("00A40000")).toEqual(Uint8Array.of(0x90, 0x00));
    });

    it("tells trackers of names introduced meanwhile, and of a rename", async () => {
      await using tracker = context.track();
      const seen: string[] = [];
      for await (const event of tracker) {
        if (event.type === "snapshot") {
          await database.introduceReader("Desk", "Left");
        } else if (event.type === "reader-attached") {
          seen.push(`+${event.reader}`);
          await database.forgetReader("Left");
        } else if (event.type === "reader-detached") {
          seen.push(`-${event.reader}`);
          break;
        }
      }
      expect(seen).toEqual(["+Desk", "-Left"]);
    });

    it("gives the reader its own name back with the last other one", async () => {
      await database.introduceReader("Desk", "Left");
      await database.forgetReader("Left");
      await database.forgetReader("Desk");
      expect(await context.listReaders()).toEqual(["Left", "Right"]);
      const states = await context.getStatusChange(["Left", pnpNotification]);
      expect(states[0]).toMatchObject({ reader: "Left", empty: true });
    });

    it("gives a reader its own name back with its last other one, whatever others are called", async () => {
      await database.introduceReader("Desk", "Left");
      await database.introduceReader("Door", "Right");
      await database.forgetReader("Left");
      await database.forgetReader("Desk");
      await database.introduceReader("Counter", "Left");
      expect([...(await context.listReaders())].sort()).toEqual([
        "Counter",
        "Door",
        "Left",
        "Right",
      ]);
    });

    it("takes a forgotten name of a reader's own back that is known by its serial number", async () => {
      open.subsystem.addReader({ name: "Third", serialNumber: "0007" });
      await database.introduceReader("Desk", "serial:0007");
      await database.forgetReader("Third");
      expect([...(await context.listReaders())].sort()).toEqual(["Desk", "Left", "Right"]);
      await database.introduceReader("Third", "Third");
      expect([...(await context.listReaders())].sort()).toEqual(["Desk", "Left", "Right", "Third"]);
    });

    it("follows a reader that comes back under another name", async () => {
      const bySerial = open.subsystem.addReader({ name: "Vendor 00 00", serialNumber: "0042" });
      open.subsystem.addReader({ name: "Vendor 01 00", serialNumber: "0043" });
      await database.introduceReader("By serial", "serial:0042");
      await database.introduceReader("By device", "instance:ROOT\\SMARTCARDREADER\\0042");
      for (const name of ["By serial", "By device"]) {
        const card = await context.connect(name, { shareMode: "direct" });
        expect((await card.status()).readers).toContain("Vendor 00 00");
        await card.disconnect();
      }
      // As pcsclite counts: the one that stayed has its number, the one that comes back the next.
      bySerial.unplug();
      expect(await context.listReaders()).not.toContain("By serial");
      expect(await failureOf(context.connect("By serial"))).toMatchObject({
        code: "SCARD_E_UNKNOWN_READER",
        reader: "By serial",
      });
      const back = open.subsystem.addReader({ name: "Vendor 02 00", serialNumber: "0042" });
      back.insert(cardWith("3B00"));
      for (const name of ["By serial", "By device"]) {
        const state = await context.waitForCard({ reader: name, timeoutMs: 20_000 });
        expect(state.reader).toBe(name);
        const card = await context.connect(name);
        expect((await card.status()).readers).toContain("Vendor 02 00");
        await card.disconnect();
      }
    });
  }
}
