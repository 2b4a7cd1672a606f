// send: its arguments, what reaches the addon, and the errors of exchanges that break off.
import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import type { NativeBrokenExchange } from "../../../binding.js";
import {
  ApduError,
  type Card,
  CommandApdu,
  ExchangeError,
  IncompleteResponseError,
  PcscError,
  ResponseApdu,
  type SendInput,
  type SendOptions,
} from "../../../lib/index.js";
import { codeValue } from "../../../lib/errors/codes.js";
import { type FakeBinding, failure, fails, fakeContext } from "./fake-binding.js";

async function connect(options = {}): Promise<{ binding: FakeBinding; card: Card }> {
  const { binding, context } = await fakeContext();
  return { binding, card: await context.connect("Reader", options) };
}

const usual = "0 1048576 0";

describe("send", () => {
  it.each<[string, SendInput]>([
    ["bytes", Uint8Array.of(0, 0xa4, 4, 0)],
    ["an ArrayBuffer", Uint8Array.of(0, 0xa4, 4, 0).buffer],
    ["hexadecimal text", "00 a4 04 00"],
    ["fields", { cla: 0, ins: 0xa4, p1: 4, p2: 0 }],
    ["a CommandApdu", new CommandApdu({ cla: 0, ins: 0xa4, p1: 4, p2: 0 })],
  ])("takes %s and gives a ResponseApdu", async (_name, command) => {
    const { binding, card } = await connect();
    binding.answer("SCardTransmit", () => Uint8Array.of(1, 2, 0x90, 0));
    const response = await card.send(command);
    expect(response).toBeInstanceOf(ResponseApdu);
    expect(response.toHex()).toBe("01029000");
    expect(binding.log.at(-1)).toBe(`SCardTransmit 00A40400 ${usual}`);
  });

  it.each<[SendOptions, string]>([
    [{ longCommands: "extended" }, "1 1048576 0"],
    [{ longCommands: "chaining" }, "2 1048576 0"],
    [{ longCommands: "envelope" }, "3 1048576 0"],
    [{ getResponse: "expected" }, "4 1048576 0"],
    [{ getResponse: "never" }, "8 1048576 0"],
    [{ wrongLe: "return" }, "16 1048576 0"],
    [{ quirks: ["67xx-exact-le"] }, "32 1048576 0"],
    [{ quirks: ["67xx-exact-le", "9fxx-more-data"] }, "96 1048576 0"],
    [{ transaction: true }, "128 1048576 0"],
    [{ alternateClass: 0xff }, `${String(0xff0100)} 1048576 0`],
    [{ alternateClass: 0 }, "256 1048576 0"],
    [{ maxLength: 1, maxCommandLength: 8 }, "0 1 8"],
    [{ maxLength: 16_777_216, maxCommandLength: 65_544 }, "0 16777216 65544"],
    [{ getResponse: "announced", wrongLe: "repeat", longCommands: "auto", quirks: [] }, usual],
  ])("passes %j on", async (options, numbers) => {
    const { binding, card } = await connect();
    await card.send("00A40400", options);
    expect(binding.log.at(-1)).toBe(`SCardTransmit 00A40400 ${numbers}`);
  });

  it("refuses what is no command before anything native runs", async () => {
    const { binding, card } = await connect();
    const before = binding.log.length;
    for (const command of ["", "00A404", "00A404000501", "00A4040000000001"]) {
      const error = await failure(card.send(command));
      expect(error).toBeInstanceOf(ApduError);
    }
    for (const command of [7, null, undefined, "0", [1], new Uint16Array(2), {}, { cla: 256 }]) {
      const error = await failure(card.send(command as unknown as SendInput));
      expect(error).toMatchObject({ code: "ERR_SCARD_ARGUMENT" });
    }
    expect(binding.log).toHaveLength(before);
  });

  it.each([
    [{ getResponse: "yes" }, "getResponse"],
    [{ wrongLe: true }, "wrongLe"],
    [{ longCommands: "short" }, "longCommands"],
    [{ quirks: "67xx-exact-le" }, "quirks"],
    [{ quirks: ["67xx"] }, "quirks"],
    [{ alternateClass: 256 }, "alternateClass"],
    [{ maxLength: 0 }, "maxLength"],
    [{ maxLength: 16_777_217 }, "maxLength"],
    [{ maxCommandLength: 7 }, "maxCommandLength"],
    [{ transaction: 1 }, "transaction"],
    [{ protocol: "t0" }, "options"],
  ])("refuses %j", async (options, argument) => {
    const { card } = await connect();
    const error = await failure(card.send("00A40400", options as SendOptions));
    expect(error).toMatchObject({ code: "ERR_SCARD_ARGUMENT", argument });
  });

  it("keeps the response of a secret command secret, whatever form it came in", async () => {
    const { binding, card } = await connect();
    for (const command of [
      "0020000100",
      { cla: 0, ins: 0xca, p1: 0, p2: 0, le: 0, secret: true },
    ]) {
      binding.answer("SCardTransmit", () => Uint8Array.of(0xab, 0xcd, 0x90, 0));
      expect(inspect(await card.send(command))).not.toContain("ABCD");
    }
  });

  it("gives answers longer than one APDU", async () => {
    const { binding, card } = await connect();
    const long = new Uint8Array(200_002);
    long.set([0x90, 0], 200_000);
    binding.answer("SCardTransmit", () => long);
    expect((await card.send("00CA0000000000")).data).toHaveLength(200_000);
  });
});

function broken(problem: NativeBrokenExchange["problem"], more = {}): () => NativeBrokenExchange {
  return () => ({ problem, received: Uint8Array.of(0xab, 0xcd), exchanges: 3, ...more });
}

describe("a framed exchange that breaks off", () => {
  it.each([
    ["too-long", "ERR_SCARD_RESPONSE_TOO_LONG"],
    ["endless", "ERR_SCARD_ENDLESS_RESPONSE"],
    ["command-too-long", "ERR_SCARD_COMMAND_TOO_LONG"],
    ["already-chained", "ERR_SCARD_COMMAND_CHAINED"],
  ] as const)("says %s as %s, with what arrived", async (problem, code) => {
    const { binding, card } = await connect();
    binding.answer("SCardTransmit", broken(problem));
    const error = await failure(card.send("00CA000000"));
    expect(error).toBeInstanceOf(ExchangeError);
    const received = Uint8Array.of(0xab, 0xcd);
    expect(error).toMatchObject({ code, reader: "Reader", exchanges: 3, received });
    expect(inspect(error)).not.toMatch(/ab.?cd|171/i);
  });

  it("says incomplete as IncompleteResponseError", async () => {
    const { binding, card } = await connect();
    binding.answer("SCardTransmit", broken("incomplete"));
    const error = await failure(card.send("00CA000000"));
    expect(error).toBeInstanceOf(IncompleteResponseError);
    expect(error).toMatchObject({ response: Uint8Array.of(0xab, 0xcd) });
  });

  it("keeps the PC/SC error and what arrived, and does not begin anew by itself", async () => {
    const { binding, card } = await connect({ reconnectOnReset: true });
    const failed = { call: "SCardTransmit", value: codeValue("SCARD_W_RESET_CARD") };
    binding.answer("SCardTransmit", broken("failed", { failure: failed }));
    const error = await failure(card.send("00CA000000"));
    expect(error).toBeInstanceOf(PcscError);
    expect(error).toMatchObject({ code: "SCARD_W_RESET_CARD", call: "SCardTransmit" });
    expect((error as PcscError).received).toEqual(Uint8Array.of(0xab, 0xcd));
    expect(inspect(error)).not.toMatch(/ab.?cd|171/i);
    expect(binding.log.filter((line) => line.startsWith("SCardReconnect"))).toEqual([]);
  });

  it("begins anew after a reset that came before the card had seen anything", async () => {
    const { binding, card } = await connect({ reconnectOnReset: true });
    binding.answer("SCardTransmit", fails("SCARD_W_RESET_CARD"));
    expect((await card.send("00CA000000")).sw).toBe(0x9000);
    expect(binding.log.filter((line) => line.startsWith("SCardReconnect"))).toHaveLength(1);
  });
});
