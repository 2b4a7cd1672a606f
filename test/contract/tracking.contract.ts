import { describe, expect, test } from "vitest";

import { ClosedError, establishContext, pnpNotification } from "../../lib/index.js";
import { atrs } from "../harness/card-program.js";
import {
  bytes,
  cardIn,
  duration,
  expectOnTime,
  failure,
  freshCardIn,
  noCardIn,
  pcscFailure,
  readerState,
} from "./support.js";
import type { WorldSource } from "./world.js";

export function tracking(world: WorldSource): void {
  describe("tracking readers and cards", () => {
    describeStates(world);
    describeEndings(world);
    describeWaitForCard(world);
    describeTracker(world);
  });
}

function describeStates(world: WorldSource): void {
  test("reports the current state at once when given a name", async () => {
    await using context = await establishContext(world().options);
    const empty = await noCardIn(world(), context, 0);
    const full = await cardIn(world(), context, 1);
    const [first, second] = await context.getStatusChange([empty, full], { timeoutMs: 5000 });
    expect(first).toMatchObject({ reader: empty, changed: true, empty: true, present: false });
    expect(first?.atr).toBeNull();
    expect(second).toMatchObject({ reader: full, changed: true, empty: false, present: true });
    expect(second?.atr).toEqual(bytes(atrs.both));
    expect(second?.unknown).toBe(false);
    expect(Object.isFrozen(second)).toBe(true);
  });

  test("sees a card come and go, and counts both", async () => {
    await using context = await establishContext(world().options);
    const reader = await noCardIn(world(), context, 0);
    const before = await readerState(context, reader, (state) => state.empty);

    const insertion = context.getStatusChange([before], { timeoutMs: 20_000 });
    await world().card(0).insert();
    const [inserted] = await insertion;
    expect(inserted).toMatchObject({ reader, changed: true, present: true, empty: false });
    expect(inserted?.atr).toEqual(bytes(atrs.both));

    const removal = readerState(context, reader, (state) => state.empty);
    await world().card(0).remove();
    const removed = await removal;
    expect(removed).toMatchObject({ present: false, atr: null });
    expect(inserted?.eventCount).toBe(before.eventCount + 1);
    expect(removed.eventCount).toBe(before.eventCount + 2);
  });

  test("tells who uses the card", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 1);
    await using shared = await context.connect(reader);
    await readerState(context, reader, (state) => state.inUse && !state.exclusive);
    await shared.disconnect();
    await using owner = await context.connect(reader, { shareMode: "exclusive" });
    await readerState(context, reader, (state) => state.exclusive);
    await owner.disconnect();
    await readerState(context, reader, (state) => !state.inUse && !state.exclusive);
  });

  test("accepts the entry for readers that come and go", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 1);
    const states = await context.getStatusChange([pnpNotification, reader], { timeoutMs: 5000 });
    expect(states.map((state) => state.reader)).toEqual([pnpNotification, reader]);
    expect(states[1]?.present).toBe(true);
    await pcscFailure(
      context.getStatusChange([pnpNotification, ...states.slice(1)], { timeoutMs: 100 }),
      "SCARD_E_TIMEOUT",
    );
  });
}

function describeEndings(world: WorldSource): void {
  test("ends a wait on time, with a timeout", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 1);
    const states = await context.getStatusChange([reader]);
    for (const timeoutMs of [0, 1, 250]) {
      const took = await duration(async () => {
        const wait = context.getStatusChange(states, { timeoutMs });
        const error = await pcscFailure(wait, "SCARD_E_TIMEOUT");
        expect(error.call).toBe("SCardGetStatusChange");
      });
      expectOnTime(took, timeoutMs);
    }
  });

  test("does not start when it is aborted already", async () => {
    await using context = await establishContext(world().options);
    const reason = new Error("not wanted");
    const signal = AbortSignal.abort(reason);
    const wait = context.getStatusChange([world().readers[0] ?? ""], { signal });
    expect(await failure(wait)).toBe(reason);
  });

  test("ends when it is aborted, with the signal's reason", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 1);
    const states = await context.getStatusChange([reader]);
    const controller = new AbortController();
    const reason = new Error("enough");
    const wait = failure(context.getStatusChange(states, { signal: controller.signal }));
    // The wait is under way in the background once other calls of the context come back.
    await context.listReaders();
    controller.abort(reason);
    expect(await wait).toBe(reason);
    expect(await context.getStatusChange([reader])).toHaveLength(1);
  });

  test("never loses an abort that races the start of the wait", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 1);
    const states = await context.getStatusChange([reader]);
    for (let round = 0; round < 50; ++round) {
      const controller = new AbortController();
      const wait = failure(context.getStatusChange(states, { signal: controller.signal }));
      await turns(round % 10);
      controller.abort(round);
      expect(await wait).toBe(round);
    }
    expect(await context.getStatusChange([reader])).toHaveLength(1);
  });

  test("never loses a cancel that races the start of the wait", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 1);
    const states = await context.getStatusChange([reader]);
    for (let round = 0; round < 50; ++round) {
      const wait = pcscFailure(context.getStatusChange(states), "SCARD_E_CANCELLED");
      await turns(round % 10);
      context.cancel();
      await wait;
    }
  });

  test("cancels every wait of its own context, and no later one", async () => {
    await using context = await establishContext(world().options);
    await using other = await establishContext(world().options);
    const reader = await cardIn(world(), context, 1);
    const states = await context.getStatusChange([reader]);
    const waits = [1, 2, 3, 4].map(async () =>
      pcscFailure(context.getStatusChange(states), "SCARD_E_CANCELLED"),
    );
    const elsewhere = pcscFailure(
      other.getStatusChange(states, { timeoutMs: 300 }),
      "SCARD_E_TIMEOUT",
    );
    context.cancel();
    await Promise.all(waits);
    await elsewhere;
    await pcscFailure(context.getStatusChange(states, { timeoutMs: 50 }), "SCARD_E_TIMEOUT");
  });

  test("does not hold up other calls of the context", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 1);
    const states = await context.getStatusChange([reader]);
    const wait = pcscFailure(context.getStatusChange(states), "SCARD_E_CANCELLED");
    expect(await context.listReaders()).toEqual(world().readers);
    await using card = await context.connect(reader);
    expect(card.reader).toBe(reader);
    context.cancel();
    await wait;
  });

  test("ends with the context", async () => {
    const context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 1);
    const states = await context.getStatusChange([reader]);
    const wait = failure(context.getStatusChange(states));
    await context.close();
    expect(await wait).toBeInstanceOf(ClosedError);
  });
}

function describeWaitForCard(world: WorldSource): void {
  test("waits for a card in one reader", async () => {
    await using context = await establishContext(world().options);
    const reader = await noCardIn(world(), context, 0);
    await cardIn(world(), context, 1);
    const wait = context.waitForCard({ reader, timeoutMs: 20_000 });
    await world().card(0).insert();
    expect(await wait).toMatchObject({ reader, present: true });
    expect(await context.reader(reader).waitForCard()).toMatchObject({ reader, present: true });
  });

  test("waits for a card in any reader, and takes one that is there", async () => {
    await using context = await establishContext(world().options);
    for (const index of world().readers.keys()) {
      if (world().card(index).inserted !== undefined) await noCardIn(world(), context, index);
    }
    const reader = world().readers[2];
    const wait = context.waitForCard({ timeoutMs: 20_000 });
    await world().card(2).insert();
    expect(await wait).toMatchObject({ reader, present: true });
    expect(await context.waitForCard()).toMatchObject({ reader, present: true });
  });

  test("stops waiting for a card on time, or when told to", async () => {
    await using context = await establishContext(world().options);
    const reader = await noCardIn(world(), context, 0);
    const took = await duration(async () =>
      pcscFailure(context.waitForCard({ reader, timeoutMs: 200 }), "SCARD_E_TIMEOUT"),
    );
    expectOnTime(took, 200);
    const signal = AbortSignal.timeout(50);
    expect(await failure(context.waitForCard({ reader, signal }))).toBe(signal.reason);
  });

  test("sees a card that replaced another", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0, atrs.t1);
    await freshCardIn(world(), context, 0, atrs.t0);
    expect((await context.waitForCard({ reader })).atr).toEqual(bytes(atrs.t0));
  });
}

function describeTracker(world: WorldSource): void {
  test("a tracker begins with a snapshot and tells of a card that comes and goes", async () => {
    await using context = await establishContext(world().options);
    const reader = await noCardIn(world(), context, 0);
    await cardIn(world(), context, 1);
    const told: string[] = [];
    for await (const event of context.track({ signal: AbortSignal.timeout(20_000) })) {
      if (event.type === "snapshot") {
        expect(event.readers.map((state) => state.reader)).toEqual(world().readers);
        expect(event.readers.slice(0, 2).map(({ present }) => present)).toEqual([false, true]);
        await world().card(0).insert();
      } else if ("reader" in event && event.reader === reader && event.type !== "state-changed") {
        told.push(event.type);
        if (event.type === "card-removed") break;
        expect(event).toMatchObject({ type: "card-inserted", atr: bytes(atrs.both) });
        expect(event.state.present).toBe(true);
        await world().card(0).remove();
      }
    }
    expect(told).toEqual(["card-inserted", "card-removed"]);
  });

  test("a tracker of one reader tells which card follows which", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0, atrs.t1);
    const told: string[] = [];
    for await (const event of context.track({
      readers: [reader],
      signal: AbortSignal.timeout(20_000),
    })) {
      if (event.type === "snapshot") {
        expect(event.readers).toMatchObject([{ reader, present: true }]);
        await world().card(0).remove();
      } else if (event.type === "card-removed") {
        told.push(event.type);
        await world().card(0).insert(atrs.t0);
      } else if (event.type === "card-inserted") {
        told.push(event.type);
        expect(event.atr).toEqual(bytes(atrs.t0));
        break;
      }
    }
    expect(told).toEqual(["card-removed", "card-inserted"]);
  });

  test("waits for a card with a certain ATR, and for its removal", async () => {
    await using context = await establishContext(world().options);
    const reader = await noCardIn(world(), context, 0);
    await freshCardIn(world(), context, 1, atrs.both);
    const wait = context.waitForCard({ atr: atrs.t0, timeoutMs: 20_000 });
    await world().card(0).insert(atrs.t0);
    expect((await wait).reader).toBe(reader);
    const removal = context.waitForRemoval({ reader, timeoutMs: 20_000 });
    await world().card(0).remove();
    expect(await removal).toMatchObject({ reader, present: false });
  });
}

/** Lets the event loop turn, so that an abort meets the wait at different stages of its start. */
async function turns(number: number): Promise<void> {
  for (let i = 0; i < number; ++i) await new Promise((resolve) => setImmediate(resolve));
}
