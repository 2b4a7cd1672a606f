import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import {
  type Card,
  ClosedError,
  CommandApdu,
  IncompleteResponseError,
  ResponseApdu,
  UnsupportedFeatureError,
} from "../../../lib/index.js";
import { type FakeBinding, failure, fails, fakeContext, okResponse } from "./fake-binding.js";

async function connect(): Promise<{ binding: FakeBinding; card: Card }> {
  const { binding, context } = await fakeContext();
  return { binding, card: await context.connect("Reader", { disposition: "reset" }) };
}

describe("transmit", () => {
  it.each([
    ["bytes", Uint8Array.of(0, 0xa4, 4, 0)],
    ["a Buffer", Buffer.from("00A40400", "hex")],
    ["an ArrayBuffer", Uint8Array.of(0, 0xa4, 4, 0).buffer],
    ["hexadecimal text", "00 a4 04 00"],
    ["a CommandApdu", new CommandApdu({ cla: 0, ins: 0xa4, p1: 4, p2: 0 })],
  ])("sends %s", async (_name, command) => {
    const { binding, card } = await connect();
    expect(await card.transmit(command)).toEqual(okResponse);
    expect(binding.log.at(-1)).toBe("SCardTransmit 00A40400");
  });

  it("sends 1 to 65544 bytes and refuses others before anything native runs", async () => {
    const { binding, card } = await connect();
    await card.transmit(new Uint8Array(1));
    await card.transmit(new Uint8Array(65_544));
    const before = binding.log.length;
    for (const command of [new Uint8Array(0), new Uint8Array(65_545), "0", "", 7, null, [1]]) {
      const error = await failure(card.transmit(command as string));
      expect(error).toMatchObject({ code: "ERR_SCARD_ARGUMENT", argument: "command" });
    }
    expect(binding.log).toHaveLength(before);
  });

  it("names another protocol where it is told to", async () => {
    const { binding, card } = await connect();
    await card.transmit("00", { protocol: "raw" });
    expect(binding.log.at(-1)).toBe("SCardTransmit 00 4");
  });

  it.each(["", "90", "0000", "6000", "0102030405", "FFFF", "8000"])(
    "takes %j for the answer of a card that failed",
    async (answer) => {
      const { binding, card } = await connect();
      const bytes = new Uint8Array(Buffer.from(answer, "hex"));
      binding.answer(
        "SCardTransmit",
        () => bytes,
        () => bytes,
        () => bytes,
      );
      const error = await failure(card.transmit("00B0000000"));
      expect(error).toBeInstanceOf(IncompleteResponseError);
      expect(error).toMatchObject({ response: bytes, reader: "Reader" });
      const fields = { cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 0 };
      expect(await failure(card.transmitApdu(fields))).toBeInstanceOf(IncompleteResponseError);
      expect(await card.transmit("00B0000000", { statusWord: "any" })).toEqual(bytes);
    },
  );

  it.each(["9000", "6110", "6C04", "6982", "9F10", "01026A82", "6F00"])(
    "gives the answer %s as it came",
    async (answer) => {
      const { binding, card } = await connect();
      binding.answer("SCardTransmit", () => new Uint8Array(Buffer.from(answer, "hex")));
      const bytes = await card.transmit("00");
      expect(Buffer.from(bytes).toString("hex").toUpperCase()).toBe(answer);
    },
  );
});

describe("transmitApdu", () => {
  it("takes fields or a CommandApdu and gives a ResponseApdu", async () => {
    const { binding, card } = await connect();
    binding.answer("SCardTransmit", () => Uint8Array.of(1, 2, 0x90, 0));
    const response = await card.transmitApdu({ cla: 0, ins: 0xb0, p1: 1, p2: 2, le: 256 });
    expect(response).toBeInstanceOf(ResponseApdu);
    expect(response).toMatchObject({ sw: 0x9000, ok: true });
    expect(response.data).toEqual(Uint8Array.of(1, 2));
    await card.transmitApdu(CommandApdu.from("00B0010200"));
    expect(binding.log.slice(-2)).toEqual(["SCardTransmit 00B0010200", "SCardTransmit 00B0010200"]);
  });

  it("keeps a secret command's response secret", async () => {
    const { binding, card } = await connect();
    binding.answer("SCardTransmit", () => Uint8Array.of(0xab, 0xcd, 0x90, 0));
    const command = { cla: 0, ins: 0xca, p1: 0, p2: 0, le: 0, secret: true };
    expect(inspect(await card.transmitApdu(command))).not.toContain("ABCD");
  });

  it("has no statusWord option, and refuses wrong fields", async () => {
    const { card } = await connect();
    const fields = { cla: 0, ins: 0, p1: 0, p2: 0 };
    const options = { statusWord: "any" } as object;
    expect(await failure(card.transmitApdu(fields, options))).toMatchObject({
      argument: "options",
    });
    const wrong = { ...fields, p2: 256 };
    expect(await failure(card.transmitApdu(wrong))).toMatchObject({ argument: "p2" });
  });
});

describe("control and attributes", () => {
  it("pass codes and bytes", async () => {
    const { binding, card } = await connect();
    binding.answer("SCardControl", () => Uint8Array.of(7));
    expect(await card.control(0x42000d48, "0102")).toEqual(Uint8Array.of(7));
    await card.control(1);
    await card.setAttribute(0x7a00a, Uint8Array.of(1));
    expect(binding.log.slice(-3)).toEqual([
      "SCardControl 1107299656 0102",
      "SCardControl 1 ",
      "SCardSetAttrib 499722 01",
    ]);
  });

  it("decode and encode attributes by name, and leave numbers alone", async () => {
    const { binding, card } = await connect();
    const vendor = new Uint8Array(Buffer.from("Maker\0"));
    binding.answer(
      "SCardGetAttrib",
      () => vendor,
      () => vendor,
    );
    expect(await card.getAttribute("vendorName")).toBe("Maker");
    expect(await card.getAttribute(0x00010100)).toBe(vendor);
    await card.setAttribute("suppressT1IfsRequest", true);
    expect(binding.log.at(-1)).toMatch(/^SCardSetAttrib \d+ 01000000$/);
    expect(await failure(card.getAttribute("vendorname" as "vendorName"))).toMatchObject({
      argument: "attribute",
    });
  });

  it("report malformed values", async () => {
    const { binding, card } = await connect();
    binding.answer("SCardGetAttrib", () => new Uint8Array(3));
    const error = await failure(card.getAttribute("channelId"));
    expect(error).toMatchObject({ code: "ERR_SCARD_MALFORMED_DATA" });
  });
});

it("gives the status in words, frozen", async () => {
  const { card } = await connect();
  const status = await card.status();
  expect(status).toEqual({
    reader: "Reader",
    readers: ["Reader"],
    state: "specific",
    protocol: "t1",
    atr: Uint8Array.of(0x3b, 0),
    raw: 0x34,
  });
  expect(Object.isFrozen(status)).toBe(true);
});

describe("features", () => {
  const list = Uint8Array.of(6, 4, 0x42, 0x33, 0, 6, 0x12, 4, 0x42, 0x33, 0, 18);
  const pin = { command: "00200081 08 FFFFFFFFFFFFFFFF" };

  it("are read once per connection, and again after a reconnection", async () => {
    const { binding, card } = await connect();
    const controls = (): number =>
      binding.log.filter((line) => line.startsWith(`SCardControl ${String(0x42000000 + 3400)}`))
        .length;
    binding.answer("SCardControl", () => list);
    expect(await card.features()).toMatchObject({ verifyPinDirect: 0x42330006 });
    await card.transaction(async (tx) => tx.features());
    expect(controls()).toBe(1);
    await card.reconnect();
    expect(await card.features()).toEqual({ unknown: [] });
    expect(controls()).toBe(2);
  });

  it.each([
    "SCARD_E_UNSUPPORTED_FEATURE",
    "ERROR_INVALID_FUNCTION",
    "ERROR_NOT_SUPPORTED",
  ] as const)("are none where the driver answers %s", async (code) => {
    const { binding, card } = await connect();
    binding.answer("SCardControl", fails(code));
    expect(await card.features()).toEqual({ unknown: [] });
  });

  it("report other failures, and ask again after one", async () => {
    const { binding, card } = await connect();
    binding.answer("SCardControl", fails("SCARD_W_REMOVED_CARD"), () => list);
    expect(await failure(card.features())).toMatchObject({ code: "SCARD_W_REMOVED_CARD" });
    expect(await card.features()).toHaveProperty("tlvProperties");
  });

  it("verify a PIN with the reader's control code", async () => {
    const { binding, card } = await connect();
    binding.answer(
      "SCardControl",
      () => list,
      () => Uint8Array.of(0x63, 0xc2),
    );
    expect(await card.verifyPin(pin)).toMatchObject({ outcome: "wrong-pin", triesLeft: 2 });
    expect(binding.log.at(-1)).toMatch(new RegExp(`^SCardControl ${String(0x42330006)} `));
    const lacking = failure(card.modifyPin({ ...pin, newOffset: 4 }));
    expect(await lacking).toMatchObject({ feature: "modifyPinDirect" });
  });

  it("read the TLV properties", async () => {
    const { binding, card } = await connect();
    binding.answer(
      "SCardControl",
      () => list,
      () => Uint8Array.of(6, 1, 4),
    );
    expect(await card.tlvProperties()).toMatchObject({ minPinSize: 4 });
  });

  it("say which one the reader lacks", async () => {
    const { card } = await connect();
    const error = await failure(card.verifyPin(pin));
    expect(error).toBeInstanceOf(UnsupportedFeatureError);
    expect(error).toMatchObject({ feature: "verifyPinDirect", reader: "Reader" });
    expect(await failure(card.tlvProperties())).toMatchObject({ feature: "tlvProperties" });
  });

  it("refuse wrong PIN options before the reader is asked", async () => {
    const { binding, card } = await connect();
    const before = binding.log.length;
    expect(await failure(card.verifyPin({ command: "00" }))).toMatchObject({ argument: "command" });
    expect(binding.log).toHaveLength(before);
  });
});

describe("disconnect", () => {
  it("comes after what was called before, with the connection's disposition", async () => {
    const { binding, card } = await connect();
    const sent = card.transmit("01");
    const gone = card.disconnect();
    expect(card.closed).toBe(true);
    expect(await failure(card.transmit("02"))).toBeInstanceOf(ClosedError);
    await Promise.all([sent, gone]);
    expect(binding.log.slice(-2)).toEqual(["SCardTransmit 01", "SCardDisconnect 1"]);
  });

  it("does nothing more the second time, and waits for the first", async () => {
    const { binding, card } = await connect();
    binding.hold("SCardDisconnect");
    const done: string[] = [];
    const first = card.disconnect("eject").then(() => done.push("first"));
    const second = card.disconnect().then(() => done.push("second"));
    const late = failure(card.disconnect("leave", { timeoutMs: 1 }));
    expect(await late).toMatchObject({ code: "SCARD_E_TIMEOUT" });
    expect(done).toEqual([]);
    binding.release("SCardDisconnect");
    await Promise.all([first, second]);
    expect(done).toEqual(["first", "second"]);
    expect(binding.log.filter((line) => line.startsWith("SCardDisconnect"))).toEqual([
      "SCardDisconnect 3",
    ]);
  });

  it("reports a failure once; the connection is closed all the same", async () => {
    const { binding, card } = await connect();
    binding.answer("SCardDisconnect", fails("SCARD_F_COMM_ERROR"));
    expect(await failure(card.disconnect())).toMatchObject({ code: "SCARD_F_COMM_ERROR" });
    expect(card.closed).toBe(true);
    await card.disconnect();
    await card[Symbol.asyncDispose]();
  });

  it("by dispose takes no offence at what has gone, but at the rest", async () => {
    for (const [code, throws] of [
      ["SCARD_W_REMOVED_CARD", false],
      ["SCARD_E_READER_UNAVAILABLE", false],
      ["SCARD_E_NO_SERVICE", false],
      ["SCARD_F_COMM_ERROR", true],
    ] as const) {
      const { binding, card } = await connect();
      binding.answer("SCardDisconnect", fails(code));
      const disposing = card[Symbol.asyncDispose]();
      if (throws) expect(await failure(disposing)).toMatchObject({ code });
      else await disposing;
    }
  });

  it("by dispose ends a transaction that is open first", async () => {
    const { binding, card } = await connect();
    const tx = await card.beginTransaction({ disposition: "unpower" });
    await card[Symbol.asyncDispose]();
    expect(tx.ended).toBe(true);
    expect(binding.log.slice(-2)).toEqual(["SCardEndTransaction 2", "SCardDisconnect 1"]);
  });
});

it("shows what matters and nothing else", async () => {
  const { card } = await connect();
  const shown = "Card { reader: 'Reader', protocol: 't1', shareMode: 'shared', closed: false }";
  expect(inspect(card)).toBe(shown);
  expect(Object.keys(card)).toEqual([]);
});
