import { describe, expect, test } from "vitest";

import { TransactionError, establishContext } from "../../lib/index.js";
import {
  cardIn,
  commands,
  count,
  dataOf,
  duration,
  expectOnTime,
  failure,
  freshCardIn,
  pcscFailure,
  powerCounts,
} from "./support.js";
import type { WorldSource } from "./world.js";

export function transactions(world: WorldSource): void {
  describe("transactions", () => {
    describeExclusion(world);
    describeDisposition(world);
    describeRelease(world);
    describeMisuse(world);
    describeBlocked(world);
  });
}

function describeExclusion(world: WorldSource): void {
  test("keeps other connections off the card until it ends", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    await using mine = await context.connect(reader);
    await using theirs = await context.connect(reader);
    let other: Promise<number> | undefined;
    const own = await mine.transaction(async (tx) => {
      const first = await count(tx);
      other = count(theirs);
      // Long enough for the other command to arrive, were it let through.
      await tx.transmit(commands.work(200));
      return [first, await count(tx), await count(tx)];
    });
    expect(own).toEqual([1, 2, 3]);
    expect(await other).toBe(4);
  });

  test("keeps the card's own other calls behind it, in their order", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await freshCardIn(world(), context, 0));
    const before = count(card);
    let begun: () => void = () => undefined;
    const begin = new Promise<void>((resolve) => (begun = resolve));
    const inside = card.transaction(async (tx) => {
      begun();
      await tx.transmit(commands.work(50));
      return [await count(tx), await count(tx)];
    });
    await begin;
    const outside = [count(card), count(card)];
    expect(await before).toBe(1);
    expect(await inside).toEqual([2, 3]);
    expect(await Promise.all(outside)).toEqual([4, 5]);
  });

  test("runs one transaction after another", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    const cards = await Promise.all([1, 2, 3].map(async () => context.connect(reader)));
    const runs = await Promise.all(
      cards.flatMap((card) =>
        [1, 2].map(async () =>
          card.transaction(async (tx) => {
            const from = await count(tx);
            await tx.transmit(commands.work(20));
            return (await count(tx)) - from;
          }),
        ),
      ),
    );
    expect(runs).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("gives the callback everything of the connection", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    await using card = await context.connect(reader);
    await card.transaction(async (tx) => {
      expect(tx).toMatchObject({ reader, protocol: card.protocol, ended: false });
      expect((await tx.status()).state).toBe("specific");
      const response = await tx.transmitApdu({ cla: 0, ins: 0xa4, p1: 4, p2: 0 });
      expect(response.sw).toBe(0x9000);
    });
  });

  test("can be held by a scope", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    await using mine = await context.connect(reader);
    await using theirs = await context.connect(reader);
    let other: Promise<number>;
    {
      await using tx = await mine.beginTransaction();
      expect(await count(tx)).toBe(1);
      other = count(theirs);
      await tx.transmit(commands.work(100));
      expect(await count(tx)).toBe(2);
    }
    expect(await other).toBe(3);
    const tx = await mine.beginTransaction();
    await tx.end();
    expect(tx.ended).toBe(true);
    expect(await count(theirs)).toBe(4);
  });
}

function describeDisposition(world: WorldSource): void {
  test.each([
    ["leave", 0, 0],
    ["reset", 0, 1],
    ["unpower", 1, 0],
  ] as const)("ends with %s when asked", async (disposition, powerUps, resets) => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    await using card = await context.connect(reader);
    const before = await powerCounts(card);
    await card.transaction(async (tx) => count(tx), { disposition });
    if (disposition !== "leave") await card.reconnect();
    const after = await powerCounts(card);
    expect(after.powerUps - before.powerUps).toBe(powerUps);
    expect(after.resets - before.resets).toBe(resets);
  });

  test("ends with leave when not asked, and with what end is told", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await freshCardIn(world(), context, 0));
    const before = await powerCounts(card);
    await card.transaction(async (tx) => count(tx));
    expect(await powerCounts(card)).toEqual(before);
    const tx = await card.beginTransaction();
    await tx.end("reset");
    await card.reconnect();
    expect((await powerCounts(card)).resets).toBe(before.resets + 1);
  });

  test("applies the disposition when the callback throws, too", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await freshCardIn(world(), context, 0));
    const before = await powerCounts(card);
    const oops = new Error("oops");
    const thrown = card.transaction(() => Promise.reject(oops), { disposition: "reset" });
    expect(await failure(thrown)).toBe(oops);
    await card.reconnect();
    expect((await powerCounts(card)).resets).toBe(before.resets + 1);
  });
}

function describeRelease(world: WorldSource): void {
  test("releases the card and passes on what the callback throws", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    await using mine = await context.connect(reader);
    await using theirs = await context.connect(reader);
    const oops = new Error("oops");
    const thrown = mine.transaction(async (tx) => {
      await count(tx);
      throw oops;
    });
    expect(await failure(thrown)).toBe(oops);
    await theirs.transaction(async (tx) => count(tx), { timeoutMs: 5000 });
  });

  test("releases the card when it is aborted", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    await using mine = await context.connect(reader);
    await using theirs = await context.connect(reader);
    const controller = new AbortController();
    const reason = new Error("stop");
    const aborted = mine.transaction(
      async (tx) => {
        await count(tx);
        controller.abort(reason);
        await new Promise(() => undefined);
      },
      { signal: controller.signal },
    );
    expect(await failure(aborted)).toBe(reason);
    await theirs.transaction(async (tx) => count(tx), { timeoutMs: 5000 });
    await count(mine);
  });

  test("releases the card when it leaves inside", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    await using mine = await context.connect(reader);
    const lost = mine.transaction(async (tx) => {
      await count(tx);
      await world().card(0).die();
      await tx.transmit(commands.select);
    });
    expect(await failure(lost)).toMatchObject({ code: "ERR_SCARD_INCOMPLETE_RESPONSE" });
    await cardIn(world(), context, 0);
    await using theirs = await context.connect(reader);
    await theirs.transaction(async (tx) => count(tx), { timeoutMs: 5000 });
    await mine.reconnect();
    await mine.transaction(async (tx) => count(tx), { timeoutMs: 5000 });
  });

  test("releases the card when the connection is closed inside", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    const owner = await establishContext(world().options);
    await using theirs = await context.connect(reader);
    const mine = await owner.connect(reader);
    await mine.beginTransaction();
    await owner.close();
    await theirs.transaction(async (tx) => count(tx), { timeoutMs: 5000 });
  });
}

function describeMisuse(world: WorldSource): void {
  test("refuses a transaction inside another on the same card", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    await card.transaction(async (tx) => {
      const error = await failure(card.transaction(async (inner) => count(inner)));
      expect(error).toBeInstanceOf(TransactionError);
      expect(error).toMatchObject({ code: "ERR_SCARD_TRANSACTION_NESTED" });
      // The card itself would wait for the callback that waits for it.
      const direct = await failure(card.transmit(commands.select));
      expect(direct).toMatchObject({ code: "ERR_SCARD_TRANSACTION_NESTED" });
      await count(tx);
    });
    await card.transaction(async (tx) => count(tx));
  });

  test("refuses calls on the card while a transaction without a callback is open", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    const tx = await card.beginTransaction();
    const calls = [card.transmit(commands.select), card.beginTransaction()];
    const refused = { code: "ERR_SCARD_TRANSACTION_OPEN" };
    expect(await Promise.all(calls.map(failure))).toMatchObject([refused, refused]);
    await tx.end();
    dataOf(await card.transmit(commands.select));
  });

  test("refuses calls on a transaction that has ended", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await freshCardIn(world(), context, 0));
    const tx = await card.transaction((inner) => Promise.resolve(inner));
    expect(tx.ended).toBe(true);
    const error = await failure(tx.transmit(commands.count));
    expect(error).toMatchObject({ code: "ERR_SCARD_TRANSACTION_ENDED" });
    expect(await count(card)).toBe(1);
  });
}

function describeBlocked(world: WorldSource): void {
  test("gives up on time while another connection holds the card", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    await using mine = await context.connect(reader);
    await using theirs = await context.connect(reader);
    await using held = await theirs.beginTransaction();
    const took = await duration(async () => {
      const begin = mine.transaction(async (tx) => count(tx), { timeoutMs: 200 });
      const error = await pcscFailure(begin, "SCARD_E_TIMEOUT");
      expect(error).toMatchObject({ call: "SCardBeginTransaction", reader });
    });
    expectOnTime(took, 200);
    const reason = new Error("never mind");
    const controller = new AbortController();
    const aborted = mine.beginTransaction({ signal: controller.signal });
    controller.abort(reason);
    expect(await failure(aborted)).toBe(reason);

    // The callback never ran, and the lock that was asked for is not kept when it comes.
    expect(await count(held)).toBe(1);
    await held.end();
    expect(await mine.transaction(async (tx) => count(tx), { timeoutMs: 5000 })).toBe(2);
    expect(await theirs.transaction(async (tx) => count(tx), { timeoutMs: 5000 })).toBe(3);
  });

  test("sends nothing of a call that gave up behind another's transaction", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    await using mine = await context.connect(reader);
    await using theirs = await context.connect(reader);
    await using held = await theirs.beginTransaction();
    const waiting = mine.transmit(commands.work(1));
    const queued = mine.transmit(commands.count, { timeoutMs: 150 });
    await pcscFailure(queued, "SCARD_E_TIMEOUT");
    await held.end();
    dataOf(await waiting);
    expect(await count(mine)).toBe(1);
  });

  test("connects on time, or gives up on time, while another holds the card", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    await using theirs = await context.connect(reader);
    await using held = await theirs.beginTransaction();
    // pcsclite lets a shared connection in; others make it wait for the end of the transaction.
    const took = await duration(async () => {
      await pcscFailure(
        context.connect(reader, { timeoutMs: 300 }).then(async (mine) => {
          await mine.transmit(commands.select, { timeoutMs: 300 });
        }),
        "SCARD_E_TIMEOUT",
      );
    });
    expectOnTime(took, 300);
    await held.end();
    await using next = await context.connect(reader, { timeoutMs: 5000 });
    dataOf(await next.transmit(commands.select, { timeoutMs: 5000 }));
  });
}
