// The short way of an APDU through the addon itself: order, answers of every length, giving up,
// synchronous calls, and what happens when the event loop does not look for answers.
import { describe, expect, test } from "vitest";

import { IsoCard, VirtualCard } from "scard/virtual";
import { atr, bench, contextOf, echoCard, expectNothingLeft, failure, hex } from "./support.js";

/** A transparent file of 2 048 bytes, which count up. */
function fileCard(): IsoCard {
  const content = new Uint8Array(2048).map((_, index) => index);
  return new IsoCard({
    extendedLength: true,
    files: [{ type: "transparent", id: 0x5001, sfi: 1, content }],
  });
}

/** READ BINARY of the file by its short identifier; with an extended Le beyond 255. */
function read(length: number): Uint8Array {
  return length < 256
    ? Uint8Array.of(0, 0xb0, 0x81, 0, length)
    : Uint8Array.of(0, 0xb0, 0x81, 0, 0, length >> 8, length & 0xff);
}

function expected(length: number): string {
  return hex(Uint8Array.from({ length }, (_, index) => index)) + "9000";
}

describe.each([true, false])("with lowLatency %s", (lowLatency) => {
  expectNothingLeft();

  test("answers of every length arrive whole, each in memory of its own", async () => {
    const { subsystem, reader, context: other } = await bench();
    await other.close();
    const context = await contextOf(subsystem, { lowLatency });
    reader.insert(fileCard());
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    const lengths = [1, 16, 62, 63, 255, 256, 262, 263, 264, 1024, 2048];
    const answers = await Promise.all(lengths.map(async (length) => card.transmit(read(length))));
    expect(answers.map(hex)).toEqual(lengths.map(expected));
    for (const answer of answers) expect(answer.buffer.byteLength).toBe(answer.length);
    for (const length of lengths) {
      expect(hex(card.transmitSync(read(length)))).toBe(expected(length));
      const target = new Uint8Array(length + 2);
      expect(card.transmitSyncInto(read(length), target)).toBe(length + 2);
      expect(hex(target)).toBe(expected(length));
    }
    await context.close();
  });

  test("two thousand at once keep their order and their answers", async () => {
    const { subsystem, reader, context: other } = await bench();
    await other.close();
    const context = await contextOf(subsystem, { lowLatency });
    reader.insert(fileCard());
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 2000 }, async (_, number) => {
        const length = (number % 300) + 1;
        expect(hex(await card.transmit(read(length)))).toBe(expected(length));
        order.push(number);
      }),
    );
    expect(order).toEqual(Array.from({ length: 2000 }, (_, number) => number));
    await context.close();
  });

  test("one given up while it waits never reaches the card; those behind it do", async () => {
    const { subsystem, reader, context: other } = await bench();
    await other.close();
    const context = await contextOf(subsystem, { lowLatency });
    const seen: string[] = [];
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const handler = async (bytes: Uint8Array): Promise<number> => {
      seen.push(hex(bytes));
      await gate;
      return 0x9000;
    };
    reader.insert(new VirtualCard({ atr, raw: true, handler }));
    const card = await context.connect(reader.name);
    const controller = new AbortController();
    const first = card.transmit("01");
    const second = failure(card.transmit("02", { signal: controller.signal }));
    const third = card.transmit("03");
    controller.abort(new Error("enough"));
    expect((await second).message).toBe("enough");
    go();
    await Promise.all([first, third]);
    expect(seen).toEqual(["01", "03"]);
    await context.close();
  });
});

describe("a synchronous exchange", () => {
  expectNothingLeft();

  test("right behind an awaited one is not refused, a thousand times", async () => {
    const { reader, context } = await bench();
    reader.insert(fileCard());
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    for (let round = 0; round < 1000; round += 1) {
      await card.transmit(read(1));
      card.transmitSync(read(1));
    }
    await context.close();
  });

  test("inside a transaction belongs to it", async () => {
    const { reader, context } = await bench();
    reader.insert(fileCard());
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    await card.transaction((tx) => {
      expect(hex(tx.transmitSync(read(3)))).toBe(expected(3));
    });
    await context.close();
  });

  test("with a card that this thread answers fails, and does not wait for itself", async () => {
    const { reader, context } = await bench();
    reader.insert(echoCard());
    const card = await context.connect(reader.name);
    expect(() => card.transmitSync("00 10 00 00 01 AA")).toThrow(
      expect.objectContaining({ call: "SCardTransmit" }) as Error,
    );
    await context.close();
  });
});

test("answers that come while the program computes for long arrive afterwards", async () => {
  const { reader, context } = await bench();
  reader.insert(fileCard());
  const card = await context.connect(reader.name, { protocols: ["t1"] });
  // The card is known to answer soon after some calls; then the loop looks by itself.
  for (let round = 0; round < 100; round += 1) await card.transmit(read(1));
  // Longer than it looks for one answer.
  for (let round = 0; round < 20; round += 1) {
    const late = card.transmit(read(2));
    const end = performance.now() + 2;
    while (performance.now() < end);
    expect(hex(await late)).toBe(expected(2));
  }
  await context.close();
});

describe("a synchronous call that only its own thread could let through", () => {
  expectNothingLeft();

  test("fails while a handler of this thread works for another connection", async () => {
    const { subsystem, reader, context } = await bench();
    let begin: () => void = () => undefined;
    let answer: (status: number) => void = () => undefined;
    const began = new Promise<void>((resolve) => (begin = resolve));
    const answered = new Promise<number>((resolve) => (answer = resolve));
    reader.insert(
      new VirtualCard({
        atr,
        handler: async () => {
          begin();
          return answered;
        },
      }),
    );
    const first = await context.connect(reader.name);
    const alongside = await context.connect(reader.name);
    const other = await contextOf(subsystem);
    const elsewhere = await other.connect(reader.name);
    const running = first.transmit("00 84 00 00");
    await began;
    for (const card of [alongside, elsewhere]) {
      expect(() => card.transmitSync("00 84 00 00")).toThrow(
        expect.objectContaining({ code: "SCARD_E_SHARING_VIOLATION", call: "SCardTransmit" }),
      );
    }
    answer(0x9000);
    expect(hex(await running)).toBe("9000");
    await context.close();
    await other.close();
  });

  test("fails while this thread holds the card as another process; others wait", async () => {
    const { reader, context } = await bench();
    reader.insert(fileCard());
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    const another = reader.anotherProcess();
    another.lock();
    expect(() => card.transmitSync(read(1))).toThrow(
      expect.objectContaining({ code: "SCARD_E_SHARING_VIOLATION" }),
    );
    const waiting = card.transmit(read(1));
    another.unlock();
    expect(hex(await waiting)).toBe(expected(1));
    expect(hex(card.transmitSync(read(1)))).toBe(expected(1));
    another.disconnect();
    await context.close();
  });
});
