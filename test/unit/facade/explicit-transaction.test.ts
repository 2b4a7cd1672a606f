import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import type { Card } from "../../../lib/index.js";
import { type FakeBinding, failure, fails, fakeContext } from "./fake-binding.js";

async function connect(): Promise<{ binding: FakeBinding; card: Card }> {
  const { binding, context } = await fakeContext();
  const card = await context.connect("Reader");
  binding.log.length = 0;
  return { binding, card };
}

describe("card.beginTransaction", () => {
  it("holds the lock until its end", async () => {
    const { binding, card } = await connect();
    const tx = await card.beginTransaction({ disposition: "unpower" });
    await tx.transmit("01");
    await tx.end();
    await card.transmit("02");
    expect(binding.log).toEqual([
      "SCardBeginTransaction 2",
      "SCardTransmit 01",
      "SCardEndTransaction 2",
      "SCardTransmit 02",
    ]);
  });

  it("works with await using, whose end takes no offence at a card that has gone", async () => {
    const { binding, card } = await connect();
    binding.answer(
      "SCardEndTransaction",
      fails("SCARD_W_REMOVED_CARD"),
      fails("SCARD_F_COMM_ERROR"),
    );
    {
      await using tx = await card.beginTransaction();
      await tx.transmit("01");
    }
    const tx = await card.beginTransaction();
    expect(await failure(tx[Symbol.asyncDispose]())).toMatchObject({ code: "SCARD_F_COMM_ERROR" });
    await tx[Symbol.asyncDispose]();
    expect(binding.log.filter((line) => line.startsWith("SCardEnd"))).toHaveLength(2);
  });

  it("has end report what dispose forgives", async () => {
    const { binding, card } = await connect();
    binding.answer("SCardEndTransaction", fails("SCARD_W_REMOVED_CARD"));
    const tx = await card.beginTransaction();
    expect(await failure(tx.end())).toMatchObject({ code: "SCARD_W_REMOVED_CARD" });
    expect(tx.ended).toBe(true);
  });

  it("queues other calls while it waits for the lock", async () => {
    const { binding, card } = await connect();
    binding.hold("SCardBeginTransaction");
    const beginning = card.beginTransaction();
    const other = card.transmit("02");
    binding.release("SCardBeginTransaction");
    const tx = await beginning;
    await tx.transmit("01");
    await tx.end();
    await other;
    expect(binding.log.slice(-3)).toEqual([
      "SCardTransmit 01",
      "SCardEndTransaction 0",
      "SCardTransmit 02",
    ]);
  });
});

it("shows what matters", async () => {
  const { card } = await connect();
  const tx = await card.beginTransaction();
  expect(inspect(tx)).toBe("Transaction { reader: 'Reader', ended: false }");
});
