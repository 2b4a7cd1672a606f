// The ways of one APDU besides `transmit`: into the caller's memory, and at once.
import { describe, expect, it } from "vitest";

import { BufferTooSmallError, IncompleteResponseError, PcscError } from "../../../lib/index.js";
import { type FakeBinding, failure, fails, fakeContext, tick } from "./fake-binding.js";

type Card = Awaited<ReturnType<Awaited<ReturnType<typeof fakeContext>>["context"]["connect"]>>;

async function connected(options = {}): Promise<{ binding: FakeBinding; card: Card }> {
  const { binding, context } = await fakeContext();
  return { binding, card: await context.connect("Reader", options) };
}

/** An answer of `length` bytes that ends with 9000. */
function answer(length: number): Uint8Array {
  const bytes = new Uint8Array(length).map((_, index) => index);
  bytes.set([0x90, 0x00], length - 2);
  return bytes;
}

/** What a synchronous call throws. */
function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("expected an error");
}

describe.each([2, 16, 33, 258, 265, 65_538])("an answer of %i bytes", (length) => {
  const expected = answer(length);

  it("comes as new bytes, awaited or at once", async () => {
    const { binding, card } = await connected();
    binding.answer(
      "SCardTransmit",
      () => expected,
      () => expected,
    );
    const awaited = await card.transmit("00");
    const atOnce = card.transmitSync("00");
    expect(awaited).toEqual(expected);
    expect(atOnce).toEqual(expected);
    // No answer shares memory with another, or with what passes answers on.
    for (const bytes of [awaited, atOnce]) expect(bytes.buffer.byteLength).toBe(length);
  });

  it("comes into the caller's memory, which is else left as it is", async () => {
    const { binding, card } = await connected();
    binding.answer(
      "SCardTransmit",
      () => expected,
      () => expected,
    );
    const whole = new Uint8Array(length + 4).fill(0xee);
    const target = whole.subarray(2, length + 3);
    expect(await card.transmitInto("00", target)).toBe(length);
    const inside = new Uint8Array([0xee, 0xee, ...expected, 0xee, 0xee]);
    expect(whole).toEqual(inside);
    whole.fill(0xee);
    expect(card.transmitSyncInto("00", target)).toBe(length);
    expect(whole).toEqual(inside);
  });

  it("that does not fit is in the error, and leaves the memory alone", async () => {
    const { binding, card } = await connected();
    binding.answer(
      "SCardTransmit",
      () => expected,
      () => expected,
    );
    const target = new Uint8Array(length - 1);
    const awaited = await failure(card.transmitInto("00", target));
    const atOnce = thrown(() => card.transmitSyncInto("00", target));
    for (const error of [awaited, atOnce]) {
      expect(error).toBeInstanceOf(BufferTooSmallError);
      expect(error).toMatchObject({ code: "ERR_SCARD_BUFFER_TOO_SMALL", reader: "Reader" });
      expect((error as BufferTooSmallError).response).toEqual(expected);
    }
    expect(target).toEqual(new Uint8Array(length - 1));
  });
});

describe("every way of an APDU", () => {
  const ways: Readonly<Record<string, (card: Card, command: string) => Promise<unknown>>> = {
    transmit: async (card, command) => card.transmit(command),
    transmitInto: async (card, command) => card.transmitInto(command, new Uint8Array(300)),
    // eslint-disable-next-line @typescript-eslint/require-await -- what it throws shall reject
    transmitSync: async (card, command) => card.transmitSync(command),
    // eslint-disable-next-line @typescript-eslint/require-await -- the same
    transmitSyncInto: async (card, command) => card.transmitSyncInto(command, new Uint8Array(300)),
  };
  const names = Object.keys(ways);
  const send = async (name: string, card: Card, command = "00"): Promise<unknown> =>
    ways[name]?.(card, command);

  it.each(names)("%s takes an answer without a status word for a failed card", async (name) => {
    for (const hex of ["", "90", "6000", "0102030405", "FF8000"]) {
      const { binding, card } = await connected();
      const bytes = new Uint8Array(Buffer.from(hex, "hex"));
      binding.answer("SCardTransmit", () => bytes);
      const error = await failure(send(name, card));
      expect(error).toBeInstanceOf(IncompleteResponseError);
      // The memory that answers pass through is used again: the error has its own.
      binding.answer("SCardTransmit", () => answer(16));
      await send(name, card);
      expect(error).toMatchObject({ response: bytes, reader: "Reader" });
    }
  });

  it.each(names)("%s fails with the call, the code and the reader", async (name) => {
    const { binding, card } = await connected();
    binding.answer("SCardTransmit", fails("SCARD_W_RESET_CARD"));
    const error = await failure(send(name, card));
    expect(error).toBeInstanceOf(PcscError);
    expect(error).toMatchObject({
      code: "SCARD_W_RESET_CARD",
      call: "SCardTransmit",
      reader: "Reader",
    });
  });

  it.each(names)("%s sends commands of 1 to 65 544 bytes as they are", async (name) => {
    const { binding, card } = await connected();
    for (const length of [1, 5, 32, 33, 261, 65_544]) {
      const hex = "A5".repeat(length);
      await send(name, card, hex);
      expect(binding.log.at(-1)).toBe(`SCardTransmit ${hex}`);
    }
    expect(await failure(send(name, card, "00".repeat(65_545)))).toMatchObject({
      argument: "command",
    });
  });
});

describe("a call that waits", () => {
  it("keeps the command that was given, whatever becomes of the caller's memory", async () => {
    const { binding, card } = await connected();
    binding.hold("SCardTransmit");
    const first = card.transmit("FF");
    const command = Uint8Array.of(1, 2, 3);
    const second = card.transmit(command);
    command.fill(9);
    binding.release("SCardTransmit");
    await Promise.all([first, second]);
    expect(binding.log.at(-1)).toBe("SCardTransmit 010203");
  });

  it.each([
    ["bytes", Uint8Array.of(1, 2, 3)],
    ["a Buffer", Buffer.from([1, 2, 3])],
  ])("is made again with that command, %s, after another program's reset", async (_, command) => {
    const { binding, card } = await connected({ reconnectOnReset: true });
    binding.answer("SCardTransmit", fails("SCARD_W_RESET_CARD"));
    const sent = card.transmit(command);
    command.fill(9);
    await sent;
    expect(binding.log.slice(-3)).toEqual([
      "SCardTransmit 010203",
      "SCardReconnect 2 3 0",
      "SCardTransmit 010203",
    ]);
  });

  it("refuses a synchronous one behind it, which sends nothing", async () => {
    const { binding, card } = await connected();
    binding.hold("SCardTransmit");
    const running = card.transmit("01");
    const before = binding.log.length;
    expect(thrown(() => card.transmitSync("02"))).toMatchObject({ code: "ERR_SCARD_CARD_BUSY" });
    expect(binding.log).toHaveLength(before);
    binding.release("SCardTransmit");
    await running;
    card.transmitSync("03");
    expect(binding.log.at(-1)).toBe("SCardTransmit 03");
  });

  it("that is given up in a batch leaves the answers of the others where they belong", async () => {
    const { binding, card } = await connected();
    binding.answer("SCardTransmit", ...[3, 4, 5].map((length) => () => answer(length)));
    const controller = new AbortController();
    binding.hold("SCardTransmit");
    const all = [
      card.transmit("01"),
      failure(card.transmit("02", { signal: controller.signal })),
      card.transmit("03"),
    ];
    await binding.held("SCardTransmit");
    binding.release("SCardTransmit");
    // Natively all have finished now; JavaScript has not heard of it.
    controller.abort("late");
    await tick();
    expect(await Promise.all(all)).toEqual([answer(3), "late", answer(5)]);
  });
});

it("settles a thousand that are ready together, in their order", async () => {
  const { card } = await connected();
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 1000 }, async (_, number) => {
      await card.transmit("00");
      order.push(number);
    }),
  );
  expect(order).toEqual(Array.from({ length: 1000 }, (_, number) => number));
});

it.each([undefined, "00", [1, 2], new ArrayBuffer(8), new Uint16Array(8)])(
  "takes no %o for a target",
  async (target) => {
    const { binding, card } = await connected();
    const wrong = target as unknown as Uint8Array;
    const expected = { code: "ERR_SCARD_ARGUMENT", argument: "target" };
    const before = binding.log.length;
    expect(await failure(card.transmitInto("00", wrong))).toMatchObject(expected);
    expect(thrown(() => card.transmitSyncInto("00", wrong))).toMatchObject(expected);
    expect(binding.log).toHaveLength(before);
  },
);

it("has no signal or time limit for what blocks", async () => {
  const { card } = await connected();
  for (const options of [{ timeoutMs: 1 }, { signal: new AbortController().signal }]) {
    expect(thrown(() => card.transmitSync("00", options as object))).toMatchObject({
      argument: "options",
    });
  }
});
