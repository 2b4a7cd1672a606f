import { describe, expect, it } from "vitest";

import type { PcscError } from "../../../lib/index.js";
import { Card } from "../../../lib/index.js";
import { failure, fails, fakeContext } from "./fake-binding.js";

const connects = (log: readonly string[]): string[] =>
  log.filter((line) => line.startsWith("SCardConnect"));

describe("connect", () => {
  it("passes reader, share mode, protocols and disposition as PC/SC numbers them", async () => {
    const { binding, context } = await fakeContext();
    await context.connect("A");
    await context.connect(context.reader("B"), {
      shareMode: "exclusive",
      protocols: ["raw"],
      disposition: "unpower",
    });
    await context.connect("C", { shareMode: "direct" });
    await context.connect("D", { shareMode: "direct", protocols: ["t15", "t15"] });
    expect(connects(binding.log)).toEqual([
      "SCardConnect A 2 3 0",
      "SCardConnect B 1 4 2",
      "SCardConnect C 3 0 0",
      "SCardConnect D 3 8 0",
    ]);
  });

  it.each([
    [1, "t0"],
    [2, "t1"],
    [4, "raw"],
    [8, "t15"],
    [0, null],
  ] as const)("gives protocol %i the word %s", async (bit, word) => {
    const { binding, context } = await fakeContext();
    binding.answer("SCardConnect", () => bit);
    const card = await context.connect("Reader");
    expect(card).toBeInstanceOf(Card);
    expect(card).toMatchObject({ reader: "Reader", protocol: word, shareMode: "shared" });
  });
});

describe("the protocol fallback", () => {
  it.each([
    "SCARD_E_PROTO_MISMATCH",
    "SCARD_W_UNRESPONSIVE_CARD",
    "SCARD_W_UNSUPPORTED_CARD",
    "SCARD_E_CARD_UNSUPPORTED",
    "SCARD_E_INVALID_VALUE",
  ] as const)("after %s tries T=0, then T=1", async (code) => {
    const { binding, context } = await fakeContext();
    binding.answer("SCardConnect", fails(code), fails(code), () => 2);
    expect((await context.connect("Reader")).protocol).toBe("t1");
    expect(connects(binding.log)).toEqual([
      "SCardConnect Reader 2 3 0",
      "SCardConnect Reader 2 1 0",
      "SCardConnect Reader 2 2 0",
    ]);
  });

  it("keeps the order given, and raw only if it was asked for", async () => {
    const { binding, context } = await fakeContext();
    const refuse = fails("SCARD_E_PROTO_MISMATCH");
    binding.answer("SCardConnect", refuse, refuse, refuse, refuse);
    await failure(context.connect("Reader", { protocols: ["t1", "raw", "t0"] }));
    expect(connects(binding.log).map((line) => line.split(" ")[3])).toEqual(["7", "2", "4", "1"]);
  });

  it("reports the first failure, with the others as its cause", async () => {
    const { binding, context } = await fakeContext();
    binding.answer(
      "SCardConnect",
      fails("SCARD_W_UNRESPONSIVE_CARD"),
      fails("SCARD_E_PROTO_MISMATCH"),
      fails("SCARD_W_UNSUPPORTED_CARD"),
    );
    const error = (await failure(context.connect("Reader"))) as PcscError;
    expect(error.code).toBe("SCARD_W_UNRESPONSIVE_CARD");
    expect(error.cause).toBeInstanceOf(AggregateError);
    expect((error.cause as AggregateError).errors).toMatchObject([
      { code: "SCARD_E_PROTO_MISMATCH" },
      { code: "SCARD_W_UNSUPPORTED_CARD" },
    ]);
  });

  it("stops at a failure that is not about the protocol", async () => {
    const { binding, context } = await fakeContext();
    const [first, second] = [fails("SCARD_E_PROTO_MISMATCH"), fails("SCARD_W_REMOVED_CARD")];
    binding.answer("SCardConnect", first, second);
    expect(await failure(context.connect("Reader"))).toMatchObject({
      code: "SCARD_W_REMOVED_CARD",
    });
    expect(connects(binding.log)).toHaveLength(2);
  });

  it.each([{ protocols: ["t0"] }, { protocols: ["t1", "raw"] }, { shareMode: "direct" }] as const)(
    "is not used with %o",
    async (options) => {
      const { binding, context } = await fakeContext();
      binding.answer("SCardConnect", fails("SCARD_E_PROTO_MISMATCH"));
      const error = await failure(context.connect("Reader", options));
      expect(error).toMatchObject({ code: "SCARD_E_PROTO_MISMATCH" });
      expect(error).not.toHaveProperty("cause");
      expect(connects(binding.log)).toHaveLength(1);
    },
  );

  it("stays within one time limit and one signal", async () => {
    const { binding, context } = await fakeContext();
    const controller = new AbortController();
    binding.answer("SCardConnect", () => {
      controller.abort("enough");
      return fails("SCARD_E_PROTO_MISMATCH")();
    });
    const connecting = context.connect("Reader", { signal: controller.signal, timeoutMs: 1000 });
    expect(await failure(connecting)).toBe("enough");
    expect(connects(binding.log)).toHaveLength(1);
  });

  it("serves reconnect too", async () => {
    const { binding, context } = await fakeContext();
    const card = await context.connect("Reader", { shareMode: "exclusive" });
    binding.answer("SCardReconnect", fails("SCARD_E_PROTO_MISMATCH"), () => 1);
    expect(await card.reconnect({ initialization: "reset" })).toBe("t0");
    expect(binding.log.slice(-2)).toEqual(["SCardReconnect 1 3 1", "SCardReconnect 1 1 1"]);
    expect(card.protocol).toBe("t0");
    await card.reconnect({ shareMode: "direct", initialization: "unpower" });
    expect(binding.log.at(-1)).toBe("SCardReconnect 3 0 2");
    expect(card.shareMode).toBe("direct");
  });
});
