// Connecting to a card that has just come, and going on after a reset.
import { expect, test } from "vitest";

import { fails, failure, fakeContext, okResponse } from "../facade/fake-binding.js";

const empty = { reader: "Reader", eventState: 0x0001_0012, atr: new Uint8Array(0) };
const present = { reader: "Reader", eventState: 0x0002_0022, atr: Uint8Array.of(0x3b, 0x00) };

/** A context whose wait has seen a card come. */
async function withInsertion(): Promise<Awaited<ReturnType<typeof fakeContext>>> {
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

test.each(["SCARD_E_NOT_READY", "SCARD_E_COMM_DATA_LOST", "SCARD_E_SHARING_VIOLATION"] as const)(
  "tries again after %s while a card settles",
  async (code) => {
    const { binding, context } = await withInsertion();
    binding.answer("SCardConnect", fails(code), fails(code));
    expect((await context.connect("Reader")).protocol).toBe("t1");
    expect(connects(binding.log)).toBe(3);
  },
);

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
