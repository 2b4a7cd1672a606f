// Connecting to a card that has just come, and going on after a reset.
import { once } from "node:events";

import { expect, test, vi } from "vitest";

import { pnpNotification } from "../../../lib/index.js";
import type { PcscCode } from "../../../lib/errors/codes.js";
import { Insertions } from "../../../lib/insertions.js";

import { fails, failure, fakeContext, okResponse, tick } from "../facade/fake-binding.js";

const empty = { reader: "Reader", eventState: 0x0001_0012, atr: new Uint8Array(0) };
const present = { reader: "Reader", eventState: 0x0002_0022, atr: Uint8Array.of(0x3b, 0x00) };

type World = Awaited<ReturnType<typeof fakeContext>>;

/** A context whose wait has seen a card come. */
async function withInsertion(): Promise<World> {
  const world = await fakeContext();
  world.binding.answer(
    "SCardGetStatusChange",
    () => [empty],
    () => [present],
  );
  const states = await world.context.getStatusChange(["Reader"]);
  await world.context.getStatusChange(states);
  return world;
}

function connects(log: readonly string[]): number {
  return log.filter((call) => call.startsWith("SCardConnect")).length;
}

test.each([
  "SCARD_E_NOT_READY",
  "SCARD_W_UNRESPONSIVE_CARD",
  "SCARD_E_COMM_DATA_LOST",
  "SCARD_E_SHARING_VIOLATION",
] as const)("tries again after %s while a card settles", async (code) => {
  const { binding, context } = await withInsertion();
  // In each round every protocol has its turn.
  binding.answer("SCardConnect", ...rounds(code, 2));
  expect((await context.connect("Reader")).protocol).toBe("t1");
  expect(connects(binding.log)).toBe(rounds(code, 2).length + 1);
});

/** As many refusals as rounds of attempts take. */
function rounds(code: PcscCode, count: number): ReturnType<typeof fails>[] {
  const attempts = code === "SCARD_W_UNRESPONSIVE_CARD" ? 3 : 1;
  return Array.from({ length: count * attempts }, () => fails(code));
}

test("reports the first failure of a round in which no protocol serves", async () => {
  const { binding, context } = await withInsertion();
  binding.answer(
    "SCardConnect",
    fails("SCARD_W_UNRESPONSIVE_CARD"),
    fails("SCARD_E_PROTO_MISMATCH"),
    fails("SCARD_W_UNSUPPORTED_CARD"),
  );
  expect(await failure(context.connect("Reader", { settleMs: 0 }))).toMatchObject({
    code: "SCARD_W_UNRESPONSIVE_CARD",
  });
  expect(connects(binding.log)).toBe(3);
});

const announced = { ...empty, reader: pnpNotification, eventState: 0x0001_0002 };

/** How a wait or a tracker can see a card come besides into an empty reader. */
const comings = {
  "was swapped for another": async ({ binding, context }: World): Promise<void> => {
    const swapped = { ...present, eventState: 0x0004_0022 };
    binding.answer(
      "SCardGetStatusChange",
      () => [present],
      () => [swapped],
    );
    await context.getStatusChange(await context.getStatusChange(["Reader"]));
  },
  "came with its reader, to a wait for a card": async ({ binding, context }: World) => {
    binding.answer("SCardListReaders", () => []);
    binding.answer("SCardGetStatusChange", () => [announced]);
    expect(await context.waitForCard()).toMatchObject({ reader: "Reader" });
  },
  "came with its reader, to a tracker": async ({ binding, context }: World): Promise<void> => {
    binding.answer("SCardListReaders", () => []);
    binding.answer("SCardGetStatusChange", () => [announced]);
    await using tracker = context.track();
    await once(tracker, "card-inserted");
  },
};

test.each(Object.entries(comings))("lets a card settle that %s", async (_, come) => {
  const world = await fakeContext();
  await come(world);
  world.binding.answer("SCardConnect", fails("SCARD_E_NOT_READY"), fails("SCARD_E_NOT_READY"));
  expect((await world.context.connect("Reader")).protocol).toBe("t1");
  expect(connects(world.binding.log)).toBe(3);
});

test("knows only the cards of the last three seconds, and forgets the others", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const insertions = new Insertions();
    insertions.note("One");
    vi.advanceTimersByTime(2000);
    insertions.note("Two");
    expect(insertions.isSettling(["Device", "One"])).toBe(true);
    vi.advanceTimersByTime(1001);
    expect(insertions.isSettling(["One"])).toBe(false);
    expect(insertions.isSettling(["One", "Two"])).toBe(true);
    expect(insertions.isSettling([])).toBe(false);
    insertions.note("Three");
    expect(insertions.size).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

test("gives up after settleMs with the last failure, and at once with 0", async () => {
  const { binding, context } = await withInsertion();
  const refusal = fails("SCARD_E_NOT_READY");
  binding.answer("SCardConnect", ...Array.from({ length: 20 }, () => refusal));
  for (const [settleMs, least, most] of [
    [0, 1, 1],
    // 25, 50, 100, 200 … ms apart.
    [1000, 2, 8],
  ] as const) {
    const before = connects(binding.log);
    const error = await failure(context.connect("Reader", { settleMs }));
    expect(error).toMatchObject({ code: "SCARD_E_NOT_READY" });
    const attempts = connects(binding.log) - before;
    expect(attempts).toBeGreaterThanOrEqual(least);
    expect(attempts).toBeLessThanOrEqual(most);
  }
});

test("stops settling when told to", async () => {
  const { binding, context } = await withInsertion();
  const refusal = fails("SCARD_E_NOT_READY");
  binding.answer("SCardConnect", ...Array.from({ length: 50 }, () => refusal));
  const controller = new AbortController();
  const reason = new Error("enough");
  const connection = failure(
    context.connect("Reader", { settleMs: 60_000, signal: controller.signal }),
  );
  await new Promise((resolve) => setTimeout(resolve, 60));
  controller.abort(reason);
  expect(await connection).toBe(reason);
});

test("does not try again where no card was seen to come, or for another failure", async () => {
  const { binding, context } = await fakeContext();
  binding.answer("SCardConnect", fails("SCARD_E_SHARING_VIOLATION"));
  expect(await failure(context.connect("Reader"))).toMatchObject({
    code: "SCARD_E_SHARING_VIOLATION",
  });
  const fresh = await withInsertion();
  fresh.binding.answer("SCardConnect", fails("SCARD_E_NO_SMARTCARD"));
  expect(await failure(fresh.context.connect("Reader"))).toMatchObject({
    code: "SCARD_E_NO_SMARTCARD",
  });
  expect(connects(fresh.binding.log)).toBe(1);
});

test("takes the connection up again after a reset, if asked to", async () => {
  const { binding, context } = await fakeContext();
  const card = await context.connect("Reader", { reconnectOnReset: true });
  binding.answer("SCardTransmit", fails("SCARD_W_RESET_CARD"));
  expect(await card.transmit("00A40000")).toEqual(okResponse);
  expect(card.protocol).toBe("t0");
  const calls = binding.log.map((call) => call.split(" ")[0]);
  expect(calls.slice(-3)).toEqual(["SCardTransmit", "SCardReconnect", "SCardTransmit"]);
});

test("reports a reset by default, and always inside a transaction", async () => {
  const { binding, context } = await fakeContext();
  const plain = await context.connect("Reader");
  binding.answer("SCardTransmit", fails("SCARD_W_RESET_CARD"));
  expect(await failure(plain.transmit("00"))).toMatchObject({ code: "SCARD_W_RESET_CARD" });

  const card = await context.connect("Reader", { reconnectOnReset: true });
  binding.answer("SCardTransmit", fails("SCARD_W_RESET_CARD"));
  const error = await failure(card.transaction(async (tx) => tx.transmit("00")));
  expect(error).toMatchObject({ code: "SCARD_W_RESET_CARD" });
  expect(binding.log.some((call) => call.startsWith("SCardReconnect"))).toBe(false);
});

/** What reached the card, in order, by name. */
function callsTo(log: readonly string[]): (string | undefined)[] {
  const names = log.map((call) => call.split(" ")[0]);
  return names.slice(names.indexOf("SCardConnect") + 1);
}

test("a reset inside a transaction object is reported too, and no call is made anew", async () => {
  const { binding, context } = await fakeContext();
  const card = await context.connect("Reader", { reconnectOnReset: true });
  const transaction = await card.beginTransaction();
  binding.answer("SCardTransmit", fails("SCARD_W_RESET_CARD"));
  expect(await failure(transaction.transmit("00"))).toMatchObject({ code: "SCARD_W_RESET_CARD" });
  await transaction.end();
  expect(callsTo(binding.log)).toEqual([
    "SCardBeginTransaction",
    "SCardTransmit",
    "SCardEndTransaction",
  ]);
});

test("a reset seen while a transaction is waited for is mended before that begins", async () => {
  const { binding, context } = await fakeContext();
  const card = await context.connect("Reader", { reconnectOnReset: true });
  binding.answer("SCardBeginTransaction", fails("SCARD_W_RESET_CARD"));
  const transaction = await card.beginTransaction();
  expect(await transaction.transmit("00")).toEqual(okResponse);
  expect(callsTo(binding.log)).toEqual([
    "SCardBeginTransaction",
    "SCardReconnect",
    "SCardBeginTransaction",
    "SCardTransmit",
  ]);
  await transaction.end();
});

test("a second reset is reported, and a reset of a call that is given up is not mended", async () => {
  const { binding, context } = await fakeContext();
  const card = await context.connect("Reader", { reconnectOnReset: true });
  binding.answer("SCardTransmit", fails("SCARD_W_RESET_CARD"), fails("SCARD_W_RESET_CARD"));
  expect(await failure(card.transmit("00"))).toMatchObject({ code: "SCARD_W_RESET_CARD" });
  expect(callsTo(binding.log)).toEqual(["SCardTransmit", "SCardReconnect", "SCardTransmit"]);
  const controller = new AbortController();
  binding.hold("SCardTransmit");
  binding.answer("SCardTransmit", fails("SCARD_W_RESET_CARD"));
  const given = failure(card.transmit("00", { signal: controller.signal }));
  await binding.held("SCardTransmit");
  const reason = new Error("enough");
  controller.abort(reason);
  expect(await given).toBe(reason);
  binding.release("SCardTransmit");
  await tick();
  expect(callsTo(binding.log).slice(3)).toEqual(["SCardTransmit"]);
});
