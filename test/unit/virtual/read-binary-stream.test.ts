// Streams of transparent files, over the virtual ISO card: T=0 and T=1, all instructions.
import { randomBytes } from "node:crypto";

import { describe, expect, it } from "vitest";

import {
  type Card,
  type Context,
  PcscError,
  type ReadBinaryStreamOptions,
  StatusWordError,
  establishContext,
} from "../../../lib/index.js";
import {
  IsoCard,
  type VirtualReader,
  type VirtualSubsystem,
  createVirtualSubsystem,
} from "../../../lib/virtual/index.js";

interface World extends AsyncDisposable {
  readonly subsystem: VirtualSubsystem;
  readonly reader: VirtualReader;
  readonly context: Context;
  readonly card: Card;
}

async function world(content: Uint8Array, protocol: "t0" | "t1" = "t1"): Promise<World> {
  const subsystem = createVirtualSubsystem();
  const reader = subsystem.addReader("Reader");
  reader.insert(
    new IsoCard({
      files: [
        { type: "transparent", id: 0x0101, sfi: 1, content },
        { type: "transparent", id: 0x0102, sfi: 2, content, read: "never" },
      ],
    }),
  );
  const context = await establishContext({ subsystem });
  const card = await context.connect("Reader", { protocols: [protocol] });
  return {
    subsystem,
    reader,
    context,
    card,
    async [Symbol.asyncDispose]() {
      await context.close();
    },
  };
}

async function all(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const blocks: Uint8Array[] = [];
  for await (const block of stream) {
    expect(block.length).toBeGreaterThan(0);
    blocks.push(block);
  }
  return Buffer.concat(blocks);
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("expected a rejection");
    },
    (error: unknown) => error,
  );
}

describe.each(["t0", "t1"] as const)("a stream of a file over %s", (protocol) => {
  it.each([0, 1, 255, 256, 257, 512, 1000])("reads %d bytes and ends", async (size) => {
    const content = randomBytes(size);
    await using one = await world(content, protocol);
    expect((await all(one.card.readBinaryStream({ sfi: 1 }))).equals(content)).toBe(true);
  });

  it("reads past 32 767, where the odd instruction takes over", async () => {
    const content = randomBytes(33_700);
    await using one = await world(content, protocol);
    expect((await all(one.card.readBinaryStream({ sfi: 1 }))).equals(content)).toBe(true);
  });

  it.each<ReadBinaryStreamOptions>([
    { sfi: 1, blockLength: 100 },
    { sfi: 1, blockLength: 4000 },
    { sfi: 1, blockLength: 65_535 },
    { file: 0x0101 },
    { sfi: 1, instruction: "odd", blockLength: 1000 },
    { sfi: 1, prefetch: 0 },
    { sfi: 1, prefetch: 8 },
  ])("gives the same bytes with %j", async (options) => {
    const content = randomBytes(5000);
    await using one = await world(content, protocol);
    expect((await all(one.card.readBinaryStream(options))).equals(content)).toBe(true);
  });

  it("reads a part, in a transaction too", async () => {
    const content = randomBytes(2000);
    await using one = await world(content, protocol);
    const part = { sfi: 1, offset: 300, length: 700 };
    const read = await one.card.transaction(async (tx) => all(tx.readBinaryStream(part)));
    expect(read.equals(content.subarray(300, 1000))).toBe(true);
    const none = await all(one.card.readBinaryStream({ sfi: 1, length: 0 }));
    expect(none).toHaveLength(0);
  });
});

describe("a stream of a file", () => {
  it("is a web stream and tells its progress", async () => {
    const content = randomBytes(600);
    await using one = await world(content);
    const seen: unknown[] = [];
    const stream = one.card.readBinaryStream({
      sfi: 1,
      length: 600,
      onProgress: (progress) => seen.push(progress),
    });
    const { done, value } = await stream.getReader().read();
    expect(done).toBe(false);
    expect(Buffer.from(value ?? []).equals(content.subarray(0, 256))).toBe(true);
    expect(seen[0]).toEqual({ done: 256, total: 600 });
  });

  it("reads one block ahead, and none where that is not wanted", async () => {
    await using one = await world(randomBytes(2000));
    const lazy = one.card.readBinaryStream({ sfi: 1, prefetch: 0 });
    await one.card.status();
    expect(one.reader.state.exchangeCount).toBe(0);
    await lazy.cancel();
    const eager = one.card.readBinaryStream({ sfi: 1 }).getReader();
    await eager.read();
    await expect.poll(() => one.reader.state.exchangeCount).toBe(2);
    // Behind any further block that were asked for ahead.
    await one.card.transmit("0084000008");
    expect(one.reader.state.exchangeCount).toBe(3);
    await eager.cancel();
  });

  it("ends with the reason of its signal, before and while it is read", async () => {
    await using one = await world(randomBytes(5000));
    const reason = new Error("enough");
    const early = one.card.readBinaryStream({ sfi: 1, signal: AbortSignal.abort(reason) });
    expect(await rejection(all(early))).toBe(reason);
    const controller = new AbortController();
    const { signal } = controller;
    const reader = one.card.readBinaryStream({ sfi: 1, signal }).getReader();
    await reader.read();
    controller.abort(reason);
    expect(await rejection(reader.read())).toBe(reason);
  });

  it("sends nothing more once its loop is left", async () => {
    await using one = await world(randomBytes(5000));
    for await (const block of one.card.readBinaryStream({ sfi: 1, prefetch: 0 })) {
      expect(block).toHaveLength(256);
      break;
    }
    await one.card.transmit("0084000008");
    expect(one.reader.state.exchangeCount).toBe(2);
  });

  it("fails as the card or PC/SC says, after the blocks that came", async () => {
    await using one = await world(randomBytes(5000));
    const refused = await rejection(all(one.card.readBinaryStream({ sfi: 2 })));
    expect(refused).toBeInstanceOf(StatusWordError);
    expect(refused).toMatchObject({ sw: 0x6982, command: "READ BINARY" });
    one.reader.fault({ kind: "remove-before", exchange: 3 });
    const got: number[] = [];
    const removed = await rejection(
      (async () => {
        for await (const block of one.card.readBinaryStream({ sfi: 1, prefetch: 0 })) {
          got.push(block.length);
        }
      })(),
    );
    expect(removed).toBeInstanceOf(PcscError);
    expect(got).toEqual([256, 256]);
  });

  it("ends with what onProgress throws", async () => {
    await using one = await world(randomBytes(5000));
    const reason = new Error("no");
    const onProgress = (): void => {
      throw reason;
    };
    expect(await rejection(all(one.card.readBinaryStream({ sfi: 1, onProgress })))).toBe(reason);
  });

  it.each([
    [{ sfi: 31 }, "sfi"],
    [{ offset: -1 }, "offset"],
    [{ length: -1 }, "length"],
    [{ blockLength: 0 }, "blockLength"],
    [{ blockLength: 65_536 }, "blockLength"],
    [{ prefetch: -1 }, "prefetch"],
    [{ onProgress: 1 }, "onProgress"],
    [{ signal: {} }, "signal"],
    [{ block: 1 }, "options"],
  ])("refuses %j at once", async (options, argument) => {
    await using one = await world(randomBytes(1));
    expect(() => one.card.readBinaryStream(options as ReadBinaryStreamOptions)).toThrow(
      expect.objectContaining({ code: "ERR_SCARD_ARGUMENT", argument }) as Error,
    );
    expect(one.reader.state.exchangeCount).toBe(0);
  });
});
