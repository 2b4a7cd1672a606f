import { randomBytes } from "node:crypto";

import { describe, expect, test } from "vitest";

import { establishContext } from "../../lib/index.js";
import {
  bytes,
  cardIn,
  commands,
  count,
  dataOf,
  duration,
  failure,
  freshCardIn,
  hex,
} from "./support.js";
import type { WorldSource } from "./world.js";

export function transmitting(world: WorldSource): void {
  describe("exchanging APDUs", () => {
    describeAnswers(world);
    describeLengths(world);
    describeOrder(world);
    describeParallel(world);
  });
}

function describeAnswers(world: WorldSource): void {
  test("returns data and status word as the card sent them", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    expect(hex(await card.transmit(commands.select))).toBe("9000");
    expect(hex(await card.transmit(bytes("80EC000003AABBCC")))).toBe("AABBCC9000");
  });

  test("does not take a status word for an error", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    expect(hex(await card.transmit(commands.selectUnknown))).toBe("6A82");
    for (const statusWord of ["6283", "63C2", "6982", "6700", "9110", "6F00"]) {
      expect(hex(await card.transmit(bytes(`805A${statusWord}`)))).toBe(statusWord);
    }
  });

  test("takes commands and gives responses in parts", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    const data = bytes("0102030405");
    const response = await card.transmitApdu({ cla: 0x80, ins: 0xec, p1: 0, p2: 0, data });
    expect(response).toMatchObject({ sw: 0x9000, sw1: 0x90, sw2: 0x00, ok: true });
    expect(response.data).toEqual(data);
    const unknown = await card.transmitApdu({ cla: 0, ins: 0xa4, p1: 4, p2: 0, data, le: 256 });
    expect(unknown).toMatchObject({ sw: 0x6a82, ok: false });
  });

  test("leaves 61xx and 6Cxx to the caller", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    expect(hex(await card.transmit(bytes("806100000401020304")))).toBe("6104");
    expect(hex(await card.transmit(bytes("00C0000003")))).toBe("0102036101");
    expect(hex(await card.transmit(bytes("00C0000001")))).toBe("049000");
    expect(hex(await card.transmit(bytes("806C020000")))).toBe("6C02");
    expect(hex(await card.transmit(bytes("806C020002")))).toBe("00019000");
  });

  test("keeps the card's own state between commands", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await freshCardIn(world(), context, 0));
    const verify = bytes("002000010430303030");
    expect(hex(await card.transmit(verify))).toBe("63C2");
    expect(hex(await card.transmit(verify))).toBe("63C1");
    expect(hex(await card.transmit(bytes("002000010431323334")))).toBe("9000");
    expect(hex(await card.transmit(bytes("00200001")))).toBe("63C3");
  });
}

function describeLengths(world: WorldSource): void {
  test("returns every length of a short response whole", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    for (let length = 1; length <= 256; ++length) {
      const le = Buffer.from([length % 256]);
      const response = await card.transmit(Buffer.concat([bytes("801A0000"), le]));
      expect(dataOf(response)).toEqual(pattern(length));
    }
  });

  test("returns long responses whole, up to the longest", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    const longest = Math.min(65_536, world().longestMessage - 2);
    for (const length of [257, 258, 4096, 32_768, longest]) {
      expect(dataOf(await card.transmit(commands.pattern(length)))).toEqual(pattern(length));
    }
  });

  test("sends long commands whole, up to the longest", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    // 7 bytes of header, no Le.
    const longest = Math.min(65_535, world().longestMessage - 7);
    for (const length of [256, 4096, longest]) {
      const data = randomBytes(length);
      expect(dataOf(await card.transmit(commands.echo(data)))).toEqual(data);
    }
  });

  test("copies the command: the caller may use its buffer again at once", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    const command = bytes("80EC000003AABBCC");
    const answer = card.transmit(command);
    command.fill(0);
    expect(hex(await answer)).toBe("AABBCC9000");
    // A view into a larger buffer is taken for what it shows.
    const view = new Uint8Array(bytes("FFFF80EC000001DDFFFF").buffer, 2, 6);
    expect(hex(await card.transmit(view))).toBe("DD9000");
  });
}

function describeOrder(world: WorldSource): void {
  test("sends commands in the order of the calls, a thousand at once", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await freshCardIn(world(), context, 0));
    const counts = await Promise.all(Array.from({ length: 1000 }, async () => count(card)));
    expect(counts).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });

  test("gives each call its own answer", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    const sent = Array.from({ length: 200 }, (_, i) => randomBytes(1 + ((i * 37) % 2000)));
    const answers = await Promise.all(
      sent.map(async (data) => dataOf(await card.transmit(commands.echo(data)))),
    );
    expect(answers).toEqual(sent);
  });

  test("does not send a queued command that was aborted", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await freshCardIn(world(), context, 0));
    const working = card.transmit(commands.work(200));
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const aborted = failure(card.transmit(commands.count, { signal: controller.signal }));
    const after = count(card);
    controller.abort(reason);
    expect(await aborted).toBe(reason);
    expect(hex(await working)).toBe("9000");
    expect(await after).toBe(1);
  });

  test("is not cut short by a command that takes long", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    const took = await duration(async () => card.transmit(commands.work(2000)));
    expect(took).toBeGreaterThanOrEqual(1990);
  });
}

function describeParallel(world: WorldSource): void {
  test("does not let one card wait for another", async () => {
    await using context = await establishContext(world().options);
    await using slow = await context.connect(await cardIn(world(), context, 0));
    await using fast = await context.connect(await cardIn(world(), context, 1));
    let slowIsDone = false;
    const working = slow.transmit(commands.work(5000)).then((response) => {
      slowIsDone = true;
      return response;
    });
    for (let i = 0; i < 50; ++i) dataOf(await fast.transmit(commands.select));
    expect(slowIsDone).toBe(false);
    dataOf(await working);
  });

  test("has every reader's card answer at the same time", async () => {
    await using context = await establishContext(world().options);
    const all = [...world().readers.keys()];
    expect(all).toHaveLength(16);
    await Promise.all(all.map(async (index) => cardIn(world(), context, index)));
    const cards = await Promise.all(world().readers.map(async (name) => context.connect(name)));
    expect(new Set(cards.map((card) => card.reader)).size).toBe(16);
    // One after another this would take 8 s.
    const took = await duration(async () => {
      const responses = await Promise.all(
        cards.map(async (card) => card.transmit(commands.work(500))),
      );
      expect(responses.map(hex)).toEqual(all.map(() => "9000"));
    });
    expect(took).toBeLessThan(4000);
    await Promise.all(
      cards.map(async (card, index) => {
        const data = bytes(`0${index.toString(16)}`);
        expect(dataOf(await card.transmit(commands.echo(data)))).toEqual(Buffer.from(data));
      }),
    );
  });
}

function pattern(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => i % 251));
}
