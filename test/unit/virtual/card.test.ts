import { describe, expect, test } from "vitest";

import { ResponseApdu } from "scard";
import { CardHandlerError, VirtualCard, type VirtualCardOptions } from "scard/virtual";
import { setCardHandle } from "../../../lib/virtual/card-handle.js";
import { virtualBinding } from "../../../lib/virtual/native.js";
import { atr, bench, echoCard, expectNothingLeft, failure, hex } from "./support.js";

const command = "00 10 00 00 02 AA BB";

/** What a card with these options answers to the command. */
async function answers(options: VirtualCardOptions): Promise<string> {
  const { reader, context } = await bench();
  try {
    reader.insert(new VirtualCard(options));
    const card = await context.connect(reader.name);
    return hex(await card.transmit(command, { statusWord: "any" }));
  } finally {
    await context.close();
  }
}

const zero = (): number => 0;

describe("VirtualCard", () => {
  expectNothingLeft();

  test.each([
    ["bytes", Uint8Array.of(1, 0x90, 0), "019000"],
    ["a Buffer", Buffer.from("019000", "hex"), "019000"],
    ["hexadecimal text", "01 90 00", "019000"],
    ["a response", ResponseApdu.from("029000"), "029000"],
    ["data", { data: "0304" }, "03049000"],
    ["data and a status word", { data: Uint8Array.of(5), sw: 0x6282 }, "056282"],
    ["a status word", 0x6a82, "6A82"],
    ["a promise", Promise.resolve(0x9000), "9000"],
  ])("answers %s", async (_, answer, expected) => {
    expect(await answers({ atr, handler: () => answer })).toBe(expected);
  });

  test("gives the handler the command in parts, its protocol and itself", async () => {
    const seen: unknown[] = [];
    await answers({
      atr,
      handler: (apdu, context) => {
        seen.push(apdu.toString(), context.protocol, context.card, context.signal.aborted);
        return 0x9000;
      },
    });
    expect(seen).toEqual(["00 10 00 00 data AA BB", "t1", expect.any(VirtualCard), false]);
  });

  test("raw: bytes in, bytes out, of any length", async () => {
    const first = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, 1);
    expect(await answers({ atr, raw: true, handler: first })).toBe("00");
    expect(await answers({ atr, raw: true, handler: () => "" })).toBe("");
  });

  test("answers 6700 to what is no APDU, without the handler", async () => {
    const { reader, context } = await bench();
    reader.insert(echoCard());
    const card = await context.connect(reader.name);
    expect(hex(await card.transmit("00"))).toBe("6700");
    expect(hex(await card.transmit("00200000FF01"))).toBe("6700");
    await context.close();
  });

  const failing: readonly (readonly [string, () => unknown, string])[] = [
    ["throws", async () => Promise.reject(new Error("broken")), "broken"],
    ["gives one byte", () => "90", "2 to 65538 bytes"],
    ["gives nothing", () => undefined, "status word"],
    ["gives a wrong status word", () => 0x10000, "0 to 65535"],
    ["misspells a part", () => ({ dat: "" }), "data"],
  ];
  test.each(failing)("answers 6F00 when the handler %s, and reports it", async (_, give, words) => {
    const reported: CardHandlerError[] = [];
    const { reader, context } = await bench();
    const virtual = reader.insert(
      new VirtualCard({
        atr,
        handler: () => give() as number,
        report: (error) => reported.push(error),
      }),
    );
    const card = await context.connect(reader.name);
    expect(hex(await card.transmit(command))).toBe("6F00");
    expect(reported).toHaveLength(1);
    expect(virtual.errors).toEqual(reported);
    expect(reported[0]).toBeInstanceOf(CardHandlerError);
    expect(reported[0]?.message).toContain(words);
    await context.close();
  });

  test("is mute, or says what was chosen, when the handler fails; and goes on", async () => {
    const { reader, context } = await bench();
    let fails = true;
    const handler = (): number => {
      if (fails) throw new Error("broken");
      return 0x9000;
    };
    const report = (): never => {
      throw new Error("the reporter is broken too");
    };
    const warned = new Promise((resolve) => process.once("warning", resolve));
    reader.insert(new VirtualCard({ atr, handler, onError: "mute", report }));
    const card = await context.connect(reader.name);
    expect(await failure(card.transmit(command))).toMatchObject({ code: "SCARD_E_NOT_TRANSACTED" });
    expect(await warned).toMatchObject({ name: "VirtualCardWarning" });
    fails = false;
    expect(hex(await card.transmit(command))).toBe("9000");
    await context.close();
    const broken = async (): Promise<never> => Promise.reject(new Error("no"));
    const quiet = { atr, onError: 0x6a80, report: () => undefined };
    expect(await answers({ ...quiet, handler: broken })).toBe("6A80");
    expect(await failure(answers({ atr, handler: () => "mute" }))).toMatchObject({
      code: "SCARD_E_NOT_TRANSACTED",
    });
  });

  test("hears of power and resets, before the commands that follow", async () => {
    const { reader, context } = await bench();
    const events: string[] = [];
    reader.insert(
      new VirtualCard({
        atr,
        handler: () => {
          events.push("command");
          return 0x9000;
        },
        onPower: (event) => events.push(event),
      }),
    );
    const card = await context.connect(reader.name);
    await card.transmit(command);
    await card.reconnect({ initialization: "reset" });
    await card.transmit(command);
    await card.reconnect({ initialization: "unpower" });
    await card.transmit(command);
    expect(events).toEqual([
      ...["power-on", "command", "reset", "command", "power-off", "power-on", "command"],
    ]);
    await context.close();
  });

  test("tells a slow handler that nobody waits any more, and drops its answer", async () => {
    const { reader, context } = await bench();
    let begun: () => void = () => undefined;
    const working = new Promise<void>((resolve) => (begun = resolve));
    let aborted: () => void = () => undefined;
    const heard = new Promise<void>((resolve) => (aborted = resolve));
    const slow = new VirtualCard({
      atr,
      handler: async (_, { signal }) => {
        begun();
        await new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => {
            resolve();
          });
        });
        aborted();
        return 0x9000;
      },
    });
    reader.insert(slow);
    const card = await context.connect(reader.name);
    const lost = failure(card.transmit(command));
    await working;
    expect(reader.remove()).toBe(slow);
    expect(await lost).toMatchObject({ code: "ERR_SCARD_INCOMPLETE_RESPONSE" });
    await heard;
    expect(slow.errors).toEqual([]);
    await context.close();
  });

  test("that never answered is not waited for any more once it has another command", async () => {
    const { reader, context } = await bench();
    const asked: number[] = [];
    const native = new (virtualBinding().HandlerCard)(Buffer.from("3B80800101", "hex"), (batch) => {
      asked.push(...batch.filter(({ kind }) => kind === "command").map((one) => one.exchange));
    });
    const silent = {};
    setCardHandle(silent, native);
    reader.insert(silent as never);
    const card = await context.connect(reader.name);
    const lost = failure(card.transmit(command));
    await expect.poll(() => asked).toHaveLength(1);
    reader.remove();
    await lost;
    reader.insert(silent as never);
    await card.reconnect();
    const answered = card.transmit(command);
    await expect.poll(() => asked).toHaveLength(2);
    const [first = 0, second = 0] = asked;
    expect(native.respond(first, Uint8Array.of(0x6f, 0))).toBe(false);
    expect(native.respond(second, Uint8Array.of(0x90, 0))).toBe(true);
    expect(hex(await answered)).toBe("9000");
    await context.close();
  });

  test.each([
    ["pcsclite", "SCARD_W_UNPOWERED_CARD"],
    ["windows", "SCARD_W_UNRESPONSIVE_CARD"],
  ] as const)("can be mute to reset, and get another ATR: %s", async (profile, code) => {
    const { reader, context } = await bench(profile);
    const card = new VirtualCard({ atr: "", handler: () => 0x9000 });
    reader.insert(card);
    expect(reader.state).toMatchObject({ mute: true, powered: false, atr: null });
    expect(await failure(context.connect(reader.name))).toMatchObject({ code });
    reader.remove();
    card.setAtr("3B 80 80 01 01");
    reader.insert(card);
    expect(hex(reader.state.atr ?? new Uint8Array(0))).toBe("3B80800101");
    await context.close();
  });

  test.each([
    [{ atr: "3B", handler: zero }, "atr"],
    [{ atr: new Uint8Array(34), handler: zero }, "atr"],
    [{ atr, handler: 5 }, "handler"],
    [{ atr, handler: zero, onError: "loud" }, "onError"],
    [{ atr, handler: zero, onEror: 1 }, "options"],
    [{ atr, handler: zero, raw: "yes" }, "raw"],
  ])("refuses wrong options %#", (options, argument) => {
    expect(() => new VirtualCard(options as never)).toThrow(
      expect.objectContaining({ code: "ERR_SCARD_ARGUMENT", argument }),
    );
  });
});
