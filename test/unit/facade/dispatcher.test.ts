import { getEventListeners } from "node:events";

import { describe, expect, it } from "vitest";

import { establishWith } from "../../../lib/establish-context.js";
import { Dispatcher } from "../../../lib/dispatcher.js";
import { ClosedError, LibraryNotFoundError, PcscError, ScardError } from "../../../lib/index.js";
import { FakeBinding, failsBecause, failure, fails, fakeContext, tick } from "./fake-binding.js";

async function connected(): Promise<{
  binding: FakeBinding;
  card: Awaited<ReturnType<Awaited<ReturnType<typeof fakeContext>>["context"]["connect"]>>;
}> {
  const { binding, context } = await fakeContext();
  return { binding, card: await context.connect("Reader") };
}

describe("failures", () => {
  it("become errors with the call, the code and the reader", async () => {
    const { binding, card } = await connected();
    binding.answer("SCardTransmit", fails("SCARD_W_RESET_CARD"));
    const error = await failure(card.transmit("00"));
    expect(error).toBeInstanceOf(PcscError);
    expect(error).toMatchObject({
      code: "SCARD_W_RESET_CARD",
      call: "SCardTransmit",
      reader: "Reader",
    });
  });

  it.each([
    ["library-missing", LibraryNotFoundError],
    ["no-thread", ScardError],
    ["closed", ClosedError],
  ] as const)("for %s have their own class", async (reason, type) => {
    const binding = new FakeBinding();
    binding.answer("SCardEstablishContext", failsBecause(reason));
    expect(await failure(fakeContext(binding))).toBeInstanceOf(type);
  });

  it("name what is closed: the context for the context's calls", async () => {
    const { binding, context } = await fakeContext();
    binding.hold("SCardConnect");
    binding.answer("SCardConnect", failsBecause("closed"));
    const connection = failure(context.connect("Reader"));
    await binding.held("SCardConnect");
    const closing = context.close();
    binding.release("SCardConnect");
    await closing;
    const error = await connection;
    expect(error).toMatchObject({
      message: expect.stringContaining("The context is closed") as string,
    });
  });

  it("have the caller's stack", async () => {
    const { binding, card } = await connected();
    binding.answer("SCardStatus", fails("SCARD_W_REMOVED_CARD"));
    async function whoAsksForTheStatus(): Promise<unknown> {
      return card.status();
    }
    const error = (await failure(whoAsksForTheStatus())) as Error;
    expect(error.stack).toContain(`PcscError: ${error.message}\n    at `);
    expect(error.stack).toContain("whoAsksForTheStatus");
  });

  it("give a timeout the caller's stack too, and leave a signal's reason alone", async () => {
    const { binding, card } = await connected();
    binding.hold("SCardStatus");
    async function whoWaits(options: object): Promise<unknown> {
      return card.status(options);
    }
    const late = (await failure(whoWaits({ timeoutMs: 1 }))) as Error;
    expect(late.stack).toContain("whoWaits");
    const reason = new Error("mine");
    const { stack } = reason;
    const controller = new AbortController();
    const waiting = failure(whoWaits({ signal: controller.signal }));
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    expect(reason.stack).toBe(stack);
  });
});

describe("a signal", () => {
  it("that has aborted keeps everything from running", async () => {
    const binding = new FakeBinding();
    const dispatcher = new Dispatcher(binding);
    const signal = AbortSignal.abort("no");
    expect(await failure(establishWith(() => dispatcher, { signal }))).toBe("no");
    expect(binding.log).toEqual([]);
    const { binding: other, card } = await connected();
    const before = other.log.length;
    const calls = [
      card.transmit("00", { signal }),
      card.transmitApdu({ cla: 0, ins: 0, p1: 0, p2: 0 }, { signal }),
      card.control(1, undefined, { signal }),
      card.getAttribute(1, { signal }),
      card.setAttribute(1, new Uint8Array(1), { signal }),
      card.status({ signal }),
      card.reconnect({ signal }),
      card.features({ signal }),
      card.transaction(() => 1, { signal }),
      card.beginTransaction({ signal }),
      card.disconnect("leave", { signal }),
    ];
    expect(await Promise.all(calls.map(failure))).toEqual(calls.map(() => "no"));
    expect(other.log).toHaveLength(before);
    expect(card.closed).toBe(false);
  });

  it("ends a call at once with its reason, and cancels it natively", async () => {
    const { binding, card } = await connected();
    binding.hold("SCardTransmit");
    const controller = new AbortController();
    const running = failure(card.transmit("01", { signal: controller.signal }));
    const queued = failure(card.transmit("02", { signal: controller.signal }));
    const other = card.transmit("03");
    controller.abort("enough");
    expect(await running).toBe("enough");
    expect(await queued).toBe("enough");
    expect(binding.cancelled).toHaveLength(2);
    binding.release("SCardTransmit");
    await other;
    // The second was never sent; the answer to the first is dropped.
    expect(binding.log.filter((line) => line.startsWith("SCardTransmit"))).toEqual([
      "SCardTransmit 01",
      "SCardTransmit 03",
    ]);
    expect(binding.pending).toBe(0);
  });

  it("that lives long keeps no listener of a call that is done", async () => {
    const { binding, card } = await connected();
    const { signal } = new AbortController();
    const listeners = (): number => getEventListeners(signal, "abort").length;
    for (let round = 0; round < 3; round += 1) {
      binding.answer("SCardStatus", fails("SCARD_W_RESET_CARD"));
      await card.transmit("00", { signal });
      await failure(card.status({ signal }));
      await card.transaction(async (tx) => tx.transmit("00", { signal }), { signal });
      await failure(card.transaction(async () => Promise.reject(new Error("x")), { signal }));
    }
    expect(listeners()).toBe(0);
    binding.hold("SCardTransmit");
    const late = failure(card.transmit("00", { signal, timeoutMs: 1 }));
    expect(listeners()).toBe(1);
    expect(await late).toMatchObject({ code: "SCARD_E_TIMEOUT" });
    expect(listeners()).toBe(0);
  });
});

describe("a time limit", () => {
  it("rejects with SCARD_E_TIMEOUT, the call and the reader", async () => {
    const { binding, card } = await connected();
    binding.hold("SCardTransmit");
    const error = await failure(card.transmit("00", { timeoutMs: 5 }));
    expect(error).toMatchObject({
      code: "SCARD_E_TIMEOUT",
      call: "SCardTransmit",
      reader: "Reader",
    });
    expect(binding.cancelled).toHaveLength(1);
  });

  it("of 0 sends nothing", async () => {
    const { binding, card } = await connected();
    const error = await failure(card.transmit("00", { timeoutMs: 0 }));
    expect(error).toMatchObject({ code: "SCARD_E_TIMEOUT" });
    expect(binding.log.some((line) => line.startsWith("SCardTransmit"))).toBe(false);
  });

  it("of Infinity is none, and one that is not reached changes nothing", async () => {
    const { card } = await connected();
    await card.transmit("00", { timeoutMs: Infinity });
    await card.transmit("00", { timeoutMs: 60_000 });
  });
});

describe("an outcome that comes too late", () => {
  // The native side settles first, and the abort comes before JavaScript hears of it.
  it("of connect is disconnected, as the connection would have been", async () => {
    const { binding, context } = await fakeContext();
    const controller = new AbortController();
    const connecting = failure(
      context.connect("Reader", { signal: controller.signal, disposition: "reset" }),
    );
    controller.abort("late");
    expect(await connecting).toBe("late");
    await tick();
    expect(binding.log.at(-1)).toBe("SCardDisconnect 1");
    expect(binding.cancelled).toEqual([]);
  });

  it("of establishContext is released", async () => {
    const binding = new FakeBinding();
    const dispatcher = new Dispatcher(binding);
    const controller = new AbortController();
    const establishing = failure(establishWith(() => dispatcher, { signal: controller.signal }));
    controller.abort("late");
    expect(await establishing).toBe("late");
    await tick();
    expect(binding.log).toEqual(["SCardEstablishContext 0", "SCardReleaseContext"]);
  });

  it.each(["transaction", "beginTransaction"] as const)(
    "of %s gives the lock back",
    async (form) => {
      const { binding, card } = await connected();
      const controller = new AbortController();
      const { signal } = controller;
      let ran = false;
      const beginning = failure(
        form === "transaction"
          ? card.transaction(() => (ran = true), { signal, disposition: "reset" })
          : card.beginTransaction({ signal, disposition: "reset" }),
      );
      controller.abort("late");
      expect(await beginning).toBe("late");
      await card.transmit("00");
      expect(ran).toBe(false);
      expect(binding.log.slice(-3)).toEqual([
        "SCardBeginTransaction 1",
        "SCardEndTransaction 0",
        "SCardTransmit 00",
      ]);
    },
  );
});

it("settles in one batch what is ready together, in its order", async () => {
  const { card } = await connected();
  const order: number[] = [];
  await Promise.all(
    [1, 2, 3, 4].map(async (number) => {
      await card.transmit(Uint8Array.of(number));
      order.push(number);
    }),
  );
  expect(order).toEqual([1, 2, 3, 4]);
});
