import { setTimeout as delay } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import type { TransactionError } from "../../../lib/index.js";
import { type Card, ClosedError, type Context, Transaction } from "../../../lib/index.js";
import { type FakeBinding, failure, fails, fakeContext, okResponse, tick } from "./fake-binding.js";

async function connect(): Promise<{ binding: FakeBinding; context: Context; card: Card }> {
  const { binding, context } = await fakeContext();
  const card = await context.connect("Reader");
  binding.log.length = 0;
  return { binding, context, card };
}

const nested = { code: "ERR_SCARD_TRANSACTION_NESTED" };
const ended = { code: "ERR_SCARD_TRANSACTION_ENDED" };

describe("card.transaction", () => {
  it("holds the lock for the callback, gives its value, and applies the disposition", async () => {
    const { binding, card } = await connect();
    const value = await card.transaction(
      async (tx) => {
        expect(tx).toBeInstanceOf(Transaction);
        expect(tx).toMatchObject({ reader: "Reader", protocol: "t1", ended: false });
        await tx.transmit("01");
        await tx.status();
        return "value";
      },
      { disposition: "eject" },
    );
    expect(value).toBe("value");
    expect(binding.log).toEqual([
      "SCardBeginTransaction 3",
      "SCardTransmit 01",
      "SCardStatus",
      "SCardEndTransaction 3",
    ]);
  });

  it("takes callbacks that are not async, and ones that throw at once", async () => {
    const { binding, card } = await connect();
    expect(await card.transaction(() => 5)).toBe(5);
    const error = new Error("mine");
    const thrown = card.transaction(() => {
      throw error;
    });
    expect(await failure(thrown)).toBe(error);
    expect(binding.log).toEqual([
      "SCardBeginTransaction 0",
      "SCardEndTransaction 0",
      "SCardBeginTransaction 0",
      "SCardEndTransaction 0",
    ]);
  });

  it("has calls of other flows wait behind it, in their order", async () => {
    const { binding, card } = await connect();
    const inside = withResolvers();
    const transaction = card.transaction(async (tx) => {
      inside.resolve(undefined);
      await tick();
      await tx.transmit("01");
    });
    await inside.promise;
    const others = Promise.all([card.transmit("02"), card.status(), card.transaction(() => 1)]);
    await Promise.all([transaction, others]);
    expect(binding.log).toEqual([
      "SCardBeginTransaction 0",
      "SCardTransmit 01",
      "SCardEndTransaction 0",
      "SCardTransmit 02",
      "SCardStatus",
      "SCardBeginTransaction 0",
      "SCardEndTransaction 0",
    ]);
  });

  it("runs two that were begun at once one after the other", async () => {
    const { binding, card } = await connect();
    const callback = async (tx: Transaction): Promise<Uint8Array> => {
      await tick();
      return tx.transmit("01");
    };
    const values = await Promise.all([card.transaction(callback), card.transaction(callback)]);
    expect(values).toEqual([okResponse, okResponse]);
    expect(binding.log.map((line) => line.split(" ")[0])).toEqual([
      "SCardBeginTransaction",
      "SCardTransmit",
      "SCardEndTransaction",
      "SCardBeginTransaction",
      "SCardTransmit",
      "SCardEndTransaction",
    ]);
  });

  it("ends before it settles, and drops calls that the callback did not await", async () => {
    const { binding, card } = await connect();
    binding.hold("SCardTransmit");
    let forgotten: Promise<unknown> | undefined;
    const transaction = card.transaction((tx) => {
      void tx.transmit("01");
      forgotten = failure(tx.transmit("02"));
    });
    await binding.held("SCardTransmit");
    expect(await forgotten).toMatchObject(ended);
    binding.release("SCardTransmit");
    await transaction;
    expect(binding.log).toEqual([
      "SCardBeginTransaction 0",
      "SCardTransmit 01",
      "SCardEndTransaction 0",
    ]);
  });

  it("may be ended early by the callback", async () => {
    const { binding, card } = await connect();
    await card.transaction(async (tx) => {
      await tx.end("reset");
      expect(tx.ended).toBe(true);
      expect(await failure(tx.transmit("00"))).toMatchObject(ended);
      // The lock is free again: the card itself can be used.
      await card.transmit("01");
    });
    expect(binding.log).toEqual([
      "SCardBeginTransaction 0",
      "SCardEndTransaction 1",
      "SCardTransmit 01",
    ]);
  });

  it("does not run the callback when the lock cannot be had", async () => {
    const { binding, card } = await connect();
    binding.answer("SCardBeginTransaction", fails("SCARD_E_SHARING_VIOLATION"));
    const refused = card.transaction(() => expect.unreachable());
    expect(await failure(refused)).toMatchObject({ code: "SCARD_E_SHARING_VIOLATION" });
    binding.hold("SCardBeginTransaction");
    const late = card.transaction(() => expect.unreachable(), { timeoutMs: 5 });
    expect(await failure(late)).toMatchObject({
      code: "SCARD_E_TIMEOUT",
      call: "SCardBeginTransaction",
    });
    binding.release("SCardBeginTransaction");
    await card.transmit("01");
    expect(binding.log.slice(-2)).toEqual(["SCardEndTransaction 0", "SCardTransmit 01"]);
  });

  it("does not limit the callback by timeoutMs", async () => {
    const { card } = await connect();
    expect(await card.transaction(async () => delay(20, "done"), { timeoutMs: 10 })).toBe("done");
  });
});

describe("the end of a transaction", () => {
  it.each([
    "SCARD_W_REMOVED_CARD",
    "SCARD_W_RESET_CARD",
    "SCARD_E_NOT_TRANSACTED",
    "SCARD_E_READER_UNAVAILABLE",
    "SCARD_E_NO_SERVICE",
    "SCARD_E_SERVICE_STOPPED",
    "SCARD_E_INVALID_HANDLE",
  ] as const)("that fails with %s keeps the callback's value", async (code) => {
    const { binding, card } = await connect();
    binding.answer("SCardEndTransaction", fails(code));
    expect(await card.transaction(() => "kept")).toBe("kept");
  });

  it("that fails otherwise rejects", async () => {
    const { binding, card } = await connect();
    binding.answer("SCardEndTransaction", fails("SCARD_F_COMM_ERROR"));
    const error = await failure(card.transaction(() => "lost"));
    expect(error).toMatchObject({ code: "SCARD_F_COMM_ERROR", call: "SCardEndTransaction" });
  });

  it("comes second to an error of the callback", async () => {
    const { binding, card } = await connect();
    binding.answer("SCardEndTransaction", fails("SCARD_F_COMM_ERROR"));
    const error = new Error("mine");
    expect(await failure(card.transaction(async () => Promise.reject(error)))).toBe(error);
  });

  it("by closing the context inside keeps the value, and closes the rest", async () => {
    const { context, card } = await connect();
    const value = await card.transaction(async (tx) => {
      await context.close();
      expect(await failure(tx.transmit("00"))).toBeInstanceOf(ClosedError);
      return "kept";
    });
    expect(value).toBe("kept");
  });
});

describe("an abort", () => {
  it("while the callback runs ends it all at once, without waiting for the callback", async () => {
    const { binding, card } = await connect();
    binding.hold("SCardTransmit");
    const controller = new AbortController();
    const seen: unknown[] = [];
    let callbackEnded = false as boolean;
    const transaction = card.transaction(
      async (tx) => {
        const calls = [tx.transmit("01"), tx.transmit("02")];
        for (const call of calls) seen.push(await failure(call));
        seen.push(((await failure(tx.status())) as TransactionError).code);
        await delay(5);
        callbackEnded = true;
        throw new Error("nobody hears this one");
      },
      { signal: controller.signal, disposition: "reset" },
    );
    await binding.held("SCardTransmit");
    controller.abort("stop");
    expect(await failure(transaction)).toBe("stop");
    expect(callbackEnded).toBe(false);
    binding.release("SCardTransmit");
    await card.transmit("03");
    // What runs is waited for natively; what was queued is never sent.
    expect(binding.log).toEqual([
      "SCardBeginTransaction 1",
      "SCardTransmit 01",
      "SCardEndTransaction 1",
      "SCardTransmit 03",
    ]);
    // An unhandled rejection of the callback would fail the run.
    while (!callbackEnded) await tick();
    await tick();
    expect(seen).toEqual(["stop", "stop", "ERR_SCARD_TRANSACTION_ENDED"]);
  });

  it("before the callback runs keeps it from running", async () => {
    const { binding, card } = await connect();
    const controller = new AbortController();
    binding.answer("SCardBeginTransaction", () => {
      // Granted natively; aborted before JavaScript hears of it.
      controller.abort("stop");
      return undefined;
    });
    const transaction = card.transaction(() => expect.unreachable(), {
      signal: controller.signal,
    });
    expect(await failure(transaction)).toBe("stop");
    await card.transmit("01");
    expect(binding.log.filter((line) => line.startsWith("SCardEnd"))).toHaveLength(1);
  });

  it("while the end runs rejects at once", async () => {
    const { binding, card } = await connect();
    binding.hold("SCardEndTransaction");
    const controller = new AbortController();
    const transaction = card.transaction(() => 1, { signal: controller.signal });
    await binding.held("SCardEndTransaction");
    controller.abort("stop");
    expect(await failure(transaction)).toBe("stop");
    binding.release("SCardEndTransaction");
    await card.transmit("01");
    expect(binding.log.filter((line) => line.startsWith("SCardEnd"))).toHaveLength(1);
  });
});

describe("a call on the card inside its own callback", () => {
  const calls: Readonly<Record<string, (card: Card) => Promise<unknown>>> = {
    transmit: async (card) => card.transmit("00"),
    status: async (card) => card.status(),
    transaction: async (card) => card.transaction(() => 1),
    beginTransaction: async (card) => card.beginTransaction(),
    reconnect: async (card) => card.reconnect(),
    disconnect: async (card) => card.disconnect(),
    features: async (card) => card.features(),
    "await using": async (card) => card[Symbol.asyncDispose](),
  };

  it.each(Object.keys(calls))("is refused: %s", async (name) => {
    const { binding, card } = await connect();
    await card.transaction(async (tx) => {
      await tx.status();
      expect(await failure(calls[name]?.(card) as Promise<unknown>)).toMatchObject(nested);
    });
    expect(card.closed).toBe(false);
    expect(binding.log).toEqual([
      "SCardBeginTransaction 0",
      "SCardStatus",
      "SCardEndTransaction 0",
    ]);
  });

  it("is refused also inside another card's callback", async () => {
    const { context, card } = await connect();
    const other = await context.connect("Other");
    await card.transaction(async () => {
      await other.transaction(async () => {
        expect(await failure(card.transmit("00"))).toMatchObject(nested);
        expect(await failure(other.transmit("00"))).toMatchObject(nested);
      });
      await other.transmit("00");
      expect(await failure(card.transmit("00"))).toMatchObject(nested);
    });
  });

  it("is fine for a flow that was begun outside", async () => {
    const { card } = await connect();
    const inside = withResolvers();
    const flow = (async () => {
      await inside.promise;
      return card.transmit("00");
    })();
    await card.transaction(async (tx) => {
      inside.resolve(undefined);
      await tick();
      await tx.status();
    });
    expect(await flow).toEqual(okResponse);
  });

  it("is fine once that transaction has ended, though another is open", async () => {
    const { card } = await connect();
    let late: Promise<unknown> = Promise.resolve();
    await card.transaction(() => {
      // A timer keeps the callback's async context.
      late = delay(10).then(async () => card.transmit("02"));
    });
    await card.transaction(async (tx) => {
      await delay(30);
      await tx.status();
    });
    expect(await late).toEqual(okResponse);
  });
});

it("reconnects inside a transaction", async () => {
  const { card } = await connect();
  await card.transaction(async (tx) => {
    expect(await tx.reconnect({ initialization: "reset" })).toBe("t0");
    expect(tx.protocol).toBe("t0");
  });
  expect(card.protocol).toBe("t0");
});

function withResolvers(): {
  readonly promise: Promise<unknown>;
  resolve(value: unknown): void;
} {
  let resolve: (value: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((settle) => (resolve = settle));
  return {
    promise,
    resolve: (value) => {
      resolve(value);
    },
  };
}
