import { describe, expect, test } from "vitest";

import { controlCode, establishContext } from "scard";
import { VirtualCard, VirtualReader, createVirtualSubsystem } from "scard/virtual";
import { atr, bench, echoCard, expectNothingLeft, failure, hex, watched } from "./support.js";

describe("VirtualSubsystem", () => {
  expectNothingLeft();

  test("keeps subsystems apart", async () => {
    const one = watched(createVirtualSubsystem());
    const two = watched(createVirtualSubsystem());
    one.addReader("Only here");
    const context = await establishContext({ subsystem: two });
    expect(await context.listReaders()).toEqual([]);
    expect(one.readers.map(({ name }) => name)).toEqual(["Only here"]);
    await context.close();
  });

  test("behaves like this platform by default, or as asked", () => {
    const own = process.platform === "win32" ? "windows" : "pcsclite";
    expect(createVirtualSubsystem().profile).toBe(own);
    expect(createVirtualSubsystem({ profile: "windows" }).profile).toBe("windows");
  });

  test.each([
    [{ subsystem: {} }, "subsystem"],
    [{ subsystem: null }, "subsystem"],
    [{ subsystem: createVirtualSubsystem(), library: "libpcsclite.so.1" }, "library"],
  ])("is not taken for something else %#", async (options, argument) => {
    expect(await failure(establishContext(options as never))).toMatchObject({
      code: "ERR_SCARD_ARGUMENT",
      argument,
    });
  });

  test.each([
    ["", "name"],
    [{ name: "R", latencyMs: -1 }, "latencyMs"],
    [{ name: "R", pinpad: true }, "options"],
    [{ name: "R", vendor: "a\0b" }, "vendor"],
    [{ name: "R", bytesPerSecond: 0 }, "bytesPerSecond"],
  ])("refuses the reader %o", (options, argument) => {
    expect(() => createVirtualSubsystem().addReader(options as never)).toThrow(
      expect.objectContaining({ code: "ERR_SCARD_ARGUMENT", argument }),
    );
  });

  test("stops and starts", async () => {
    const { subsystem, context } = await bench();
    const wait = failure(context.getStatusChange([{ reader: "Reader 1", current: 0x10 }]));
    subsystem.stop();
    expect(await wait).toMatchObject({ reconnect: true });
    expect(await failure(establishContext({ subsystem }))).toMatchObject({
      code: "SCARD_E_NO_SERVICE",
    });
    subsystem.start();
    const next = await establishContext({ subsystem });
    expect(await next.listReaders()).toEqual(["Reader 1"]);
    await next.close();
    await context.close().catch(() => undefined);
  });
});

describe("VirtualReader", () => {
  expectNothingLeft();

  test("stays unplugged while another one of its name is in its place", async () => {
    const { subsystem, reader: first, context } = await bench();
    const card = first.insert(echoCard());
    first.unplug();
    const second = subsystem.addReader({ name: first.name, pinPad: true });
    expect(subsystem.readers).toEqual([second]);
    expect(first.state).toMatchObject({ attached: false, cardPresent: false, atr: null });
    expect(first.attached).toBe(false);
    const unplugged = "ERR_SCARD_VIRTUAL_READER_UNPLUGGED";
    for (const act of [
      () => first.insert(card),
      () => first.remove(),
      () => {
        first.unplug();
      },
      () => {
        first.fault({ kind: "mute" });
      },
      () => {
        first.clearFaults();
      },
      () => {
        first.setAttribute(0x10100, "00");
      },
      () => first.anotherProcess(),
    ]) {
      expect(codeOf(act)).toBe(unplugged);
    }
    expect(
      codeOf(() => {
        first.plug();
      }),
    ).toBe("ERR_SCARD_VIRTUAL_READER_EXISTS");
    expect(second.state).toMatchObject({ attached: true, cardPresent: false, connections: 0 });
    second.insert(echoCard());
    second.unplug();
    first.plug();
    expect(first.state).toMatchObject({ attached: true, cardPresent: true });
    expect(second.attached).toBe(false);
    expect(
      codeOf(() => {
        second.pinPad.cancel();
      }),
    ).toBe(unplugged);
    expect(subsystem.readers).toEqual([first]);
    expect(first.card).toBe(card);
    await context.close();
  });

  test("holds one card, which is in one reader", async () => {
    const { subsystem, reader, context } = await bench();
    const second = subsystem.addReader("Reader 2");
    const card = reader.insert(echoCard());
    expect(reader.card).toBe(card);
    expect(codeOf(() => reader.insert(echoCard()))).toBe("ERR_SCARD_VIRTUAL_CARD_PRESENT");
    expect(codeOf(() => second.insert(card))).toBe("ERR_SCARD_VIRTUAL_CARD_ELSEWHERE");
    expect(codeOf(() => second.remove())).toBe("ERR_SCARD_VIRTUAL_NO_CARD");
    expect(reader.remove()).toBe(card);
    expect(reader.card).toBeUndefined();
    expect(second.insert(card)).toBe(card);
    expect(codeOf(() => second.insert({} as never))).toBe("ERR_SCARD_ARGUMENT");
    expect(codeOf(() => subsystem.addReader("Reader 2"))).toBe("ERR_SCARD_VIRTUAL_READER_EXISTS");
    await context.close();
  });

  test("is unplugged and plugged in again with its card", async () => {
    const { subsystem, reader, context } = await bench();
    const card = reader.insert(echoCard());
    reader.setAttribute("vendorName", Buffer.from("Acme\0"));
    reader.unplug();
    expect(reader).toMatchObject({ attached: false, card });
    expect(subsystem.readers).toEqual([]);
    for (const action of [
      () => {
        reader.unplug();
      },
      () => reader.insert(echoCard()),
      () => reader.remove(),
      () => {
        reader.fault({ kind: "mute" });
      },
      () => {
        reader.clearFaults();
      },
      () => reader.anotherProcess(),
      () => {
        reader.setAttribute(0x00010100, "00");
      },
    ]) {
      expect(codeOf(action)).toBe("ERR_SCARD_VIRTUAL_READER_UNPLUGGED");
    }
    expect(await context.listReaders()).toEqual([]);
    reader.plug();
    expect(
      codeOf(() => {
        reader.plug();
      }),
    ).toBe("ERR_SCARD_VIRTUAL_READER_PLUGGED");
    expect(reader.state).toMatchObject({ attached: true, cardPresent: true, powered: true });
    const connected = await context.connect(reader.name);
    expect(await connected.getAttribute("vendorName")).toBe("Acme");
    await context.close();
  });

  test("has the attributes it was given, its name, and its card's ATR", async () => {
    const { reader, context } = await bench();
    reader.insert(echoCard());
    const card = await context.connect(reader.name);
    expect(await failure(card.getAttribute("escapeReset"))).toMatchObject({
      code: "SCARD_E_UNSUPPORTED_FEATURE",
      call: "SCardGetAttrib",
      reader: reader.name,
    });
    reader.setAttribute("vendorIfdSerialNumber", Buffer.from("42\0"));
    expect(await card.getAttribute("vendorIfdSerialNumber")).toBe("42");
    expect(await card.getAttribute("deviceFriendlyName")).toBe(reader.name);
    expect(await card.getAttribute("atr")).toEqual((await card.status()).atr);
    await context.close();
  });

  test("tells its state", async () => {
    const { reader, context } = await bench();
    expect(reader.state).toEqual({
      attached: true,
      cardPresent: false,
      powered: false,
      mute: false,
      exclusive: false,
      locked: false,
      busy: false,
      connections: 0,
      eventCount: 0,
      exchangeCount: 0,
      atr: null,
    });
    reader.insert(echoCard());
    const card = await context.connect(reader.name, { shareMode: "exclusive" });
    await card.transmit("00100000");
    const { atr: seen, ...state } = reader.state;
    expect(state).toMatchObject({ exclusive: true, connections: 1, exchangeCount: 1 });
    expect(hex(seen ?? new Uint8Array(0))).toBe(atr.replaceAll(" ", ""));
    await context.close();
  });

  test("has a PIN pad where it was added with one", async () => {
    const { subsystem, reader, context } = await bench();
    expect(codeOf(() => reader.pinPad)).toBe("ERR_SCARD_VIRTUAL_NO_PIN_PAD");
    const pad = subsystem.addReader({ name: "Pad", pinPad: true });
    const seen: string[] = [];
    pad.insert(
      new VirtualCard({
        atr,
        handler: (command) => {
          seen.push(hex(command.data));
          return 0x9000;
        },
      }),
    );
    const card = await context.connect(pad.name);
    pad.pinPad.enter("1234");
    pad.pinPad.cancel();
    pad.pinPad.timeOut();
    const pin = { command: "00 20 00 81 04 FF FF FF FF", maxLength: 4 };
    expect(await card.verifyPin(pin)).toMatchObject({ outcome: "accepted" });
    expect(await card.verifyPin(pin)).toMatchObject({ outcome: "cancelled" });
    expect(await card.verifyPin(pin)).toMatchObject({ outcome: "timeout" });
    expect(seen).toEqual(["31323334"]);
    expect(
      codeOf(() => {
        pad.pinPad.enter("12a4");
      }),
    ).toBe("ERR_SCARD_ARGUMENT");
    await context.close();
  });

  test("takes its time where it was told to", async () => {
    const { subsystem, context } = await bench();
    const slow = subsystem.addReader({ name: "Slow", latencyMs: 20, bytesPerSecond: 1000 });
    slow.insert(echoCard());
    const card = await context.connect(slow.name);
    const start = performance.now();
    await card.transmit(`00 10 00 00 1F ${"00".repeat(31)}`);
    // 20 ms, and 36 + 33 bytes.
    expect(performance.now() - start).toBeGreaterThanOrEqual(88);
    await context.close();
  });

  test("does not know a control code of its own", async () => {
    const { reader, context } = await bench();
    const card = await context.connect(reader.name, { shareMode: "direct" });
    expect(await failure(card.control(controlCode(3500)))).toMatchObject({ call: "SCardControl" });
    await context.close();
  });

  test("is made by a subsystem only, and shows itself", () => {
    const subsystem = createVirtualSubsystem();
    expect(subsystem.addReader("R")).toBeInstanceOf(VirtualReader);
    expect(() => new (subsystem.constructor as new () => unknown)()).toThrow(TypeError);
  });
});

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

describe("a card that is taken away while it works", () => {
  expectNothingLeft();

  /** A card of a handler that never answers, at work in the bench's reader. */
  async function working(): Promise<
    Awaited<ReturnType<typeof bench>> & {
      card: VirtualCard;
      power: string[];
      failed: Promise<Error>;
    }
  > {
    const world = await bench();
    const power: string[] = [];
    let begin: () => void = () => undefined;
    const began = new Promise<void>((resolve) => (begin = resolve));
    const card = new VirtualCard({
      atr,
      onPower: (event) => power.push(event),
      handler: () => {
        begin();
        return new Promise<never>(() => undefined);
      },
    });
    world.reader.insert(card);
    const connection = await world.context.connect(world.reader.name);
    const failed = failure(connection.transmit("00 84 00 00"));
    await began;
    return { ...world, card, power, failed };
  }

  test("is off before it is in the next reader", async () => {
    const { subsystem, reader, context, card, power, failed } = await working();
    const second = subsystem.addReader("Reader 2");
    reader.remove();
    second.insert(card);
    expect(second.state).toMatchObject({ cardPresent: true, powered: true });
    await failed;
    await expect.poll(() => power).toEqual(["power-on", "power-off", "power-on"]);
    await context.close();
  });

  test("is off before its reader is plugged in again", async () => {
    const { reader, context, power, failed } = await working();
    reader.unplug();
    reader.plug();
    expect(reader.state).toMatchObject({ cardPresent: true, powered: true });
    await failed;
    await expect.poll(() => power).toEqual(["power-on", "power-off", "power-on"]);
    await context.close();
  });

  test("stays out when a fault took it, although its reader comes back", async () => {
    const { reader, context } = await bench();
    const card = reader.insert(echoCard());
    const connection = await context.connect(reader.name);
    reader.fault({ kind: "remove-before" });
    expect(await failure(connection.transmit("00 84 00 00"))).toMatchObject({
      code: "SCARD_W_REMOVED_CARD",
    });
    reader.unplug();
    expect(reader.card).toBeUndefined();
    reader.plug();
    expect(reader.state.cardPresent).toBe(false);
    reader.insert(card);
    await context.close();
  });
});
