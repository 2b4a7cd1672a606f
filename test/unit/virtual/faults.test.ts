// What an application sees of each fault, and that it leaves nothing behind.
import { describe, expect, test } from "vitest";

import { PcscError, type Card } from "scard";
import { VirtualCard, type VirtualFault, type VirtualReader } from "scard/virtual";
import { atr, bench, contextOf, echoCard, expectNothingLeft, failure, hex } from "./support.js";

const command = "00 10 00 00 04 01 02 03 04";
const answer = "010203049000";
const incomplete = "ERR_SCARD_INCOMPLETE_RESPONSE";

/** Runs with a connected card, and closes everything afterwards. */
async function withCard(
  work: (card: Card, reader: VirtualReader) => Promise<void>,
  profile: "pcsclite" | "windows" = "pcsclite",
): Promise<void> {
  const { reader, context } = await bench(profile);
  try {
    reader.insert(echoCard());
    await work(await context.connect(reader.name), reader);
  } finally {
    await context.close().catch(() => undefined);
  }
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}

describe("faults", () => {
  expectNothingLeft();

  test("remove-before: the card is gone before the command", async () => {
    await withCard(async (card, reader) => {
      reader.fault({ kind: "remove-before", exchange: 2 });
      expect(hex(await card.transmit(command))).toBe(answer);
      const error = await failure(card.transmit(command));
      expect(error).toMatchObject({ code: "SCARD_W_REMOVED_CARD", call: "SCardTransmit" });
      expect(reader.card).toBeUndefined();
      reader.insert(echoCard());
      await card.reconnect();
      expect(hex(await card.transmit(command))).toBe(answer);
    });
  });

  test.each([1, 3])("remove-before and remove-during at exchange %i", async (exchange) => {
    for (const kind of ["remove-before", "remove-during"] as const) {
      await withCard(async (card, reader) => {
        reader.fault({ kind, exchange });
        for (let round = 1; round < exchange; ++round) {
          expect(hex(await card.transmit(command))).toBe(answer);
        }
        const code = kind === "remove-before" ? "SCARD_W_REMOVED_CARD" : incomplete;
        expect(await failure(card.transmit(command))).toMatchObject({ code });
        expect(reader.state).toMatchObject({
          cardPresent: false,
          exchangeCount: exchange - (kind === "remove-before" ? 1 : 0),
        });
        expect(await failure(card.transmit(command))).toMatchObject({
          code: "SCARD_W_REMOVED_CARD",
        });
      });
    }
  });

  test.each([
    ["pcsclite", 0, ""],
    ["pcsclite", 3, "010203"],
  ] as const)("remove-during, %s: success with %i bytes", async (profile, bytes, response) => {
    await withCard(async (card, reader) => {
      reader.fault({ kind: "remove-during", bytes });
      const error = await failure(card.transmit(command));
      expect(error).toMatchObject({ code: incomplete, response: bytesOf(response) });
      expect(reader.state.cardPresent).toBe(false);
    }, profile);
  });

  test("remove-during, windows: the card is said to be removed", async () => {
    await withCard(async (card, reader) => {
      reader.fault({ kind: "remove-during" });
      expect(await failure(card.transmit(command))).toMatchObject({ code: "SCARD_W_REMOVED_CARD" });
    }, "windows");
  });

  test.each([
    ["pcsclite", "SCARD_E_READER_UNAVAILABLE"],
    ["windows", "SCARD_E_SERVICE_STOPPED"],
  ] as const)("unplug, %s: the transaction fails with %s", async (profile, code) => {
    await withCard(async (card, reader) => {
      reader.fault({ kind: "unplug", exchange: 2 });
      const lost = card.transaction(async (tx) => {
        await tx.transmit(command);
        await tx.transmit(command);
      });
      expect(await failure(lost)).toMatchObject({ code });
      expect(reader.attached).toBe(false);
      reader.plug();
      expect(reader.state).toMatchObject({ attached: true, cardPresent: true, locked: false });
    }, profile);
  });

  test.each(["pcsclite", "windows"] as const)(
    "stop-service, %s: the context is lost, and a new one works after the start",
    async (profile) => {
      const { subsystem, reader, context } = await bench(profile);
      reader.insert(echoCard());
      const card = await context.connect(reader.name);
      reader.fault({ kind: "stop-service" });
      const error = await failure(card.transmit(command));
      expect(error).toBeInstanceOf(PcscError);
      expect(error).toMatchObject({ reconnect: true });
      await context.close().catch(() => undefined);
      subsystem.start();
      const next = await contextOf(subsystem);
      const again = await next.connect(reader.name);
      expect(hex(await again.transmit(command))).toBe(answer);
      await next.close();
    },
  );

  test.each(["pcsclite", "windows"] as const)(
    "stop-service inside a transaction, %s: it is lost with its lock",
    async (profile) => {
      const { subsystem, reader, context } = await bench(profile);
      reader.insert(echoCard());
      const card = await context.connect(reader.name);
      reader.fault({ kind: "stop-service", exchange: 2 });
      const lost = card.transaction(async (tx) => {
        expect(hex(await tx.transmit(command))).toBe(answer);
        await tx.transmit(command);
      });
      expect(await failure(lost)).toMatchObject({ reconnect: true });
      await context.close().catch(() => undefined);
      subsystem.start();
      expect(reader.state).toMatchObject({ locked: false, connections: 0 });
      const next = await contextOf(subsystem);
      const again = await next.connect(reader.name);
      expect(hex(await again.transaction(async (tx) => tx.transmit(command)))).toBe(answer);
      await next.close();
    },
  );

  test("delay: the answer comes late, or the time limit does", async () => {
    await withCard(async (card, reader) => {
      reader.fault({ kind: "delay", delayMs: 120 });
      const start = performance.now();
      expect(hex(await card.transmit(command))).toBe(answer);
      expect(performance.now() - start).toBeGreaterThanOrEqual(118);
      reader.fault({ kind: "delay", delayMs: 300 });
      const late = card.transmit(command, { timeoutMs: 30 });
      expect(await failure(late)).toMatchObject({ code: "SCARD_E_TIMEOUT" });
      expect(hex(await card.transmit(command))).toBe(answer);
    });
  });

  test.each([0, 1, 2])("truncate to %i bytes: no status word", async (bytes) => {
    await withCard(async (card, reader) => {
      reader.fault({ kind: "truncate", bytes });
      const error = await failure(card.transmit(command));
      expect(error).toMatchObject({ code: incomplete, response: { length: bytes } });
      expect(hex(await card.transmit(command))).toBe(answer);
    });
  });

  test("oversize: a longer answer comes whole; one beyond PC/SC's limit is an error", async () => {
    await withCard(async (card, reader) => {
      reader.fault({ kind: "oversize", bytes: 65_538 });
      const response = await card.transmit(command);
      expect(response).toHaveLength(65_538);
      expect(hex(response.subarray(-2))).toBe("9000");
      reader.fault({ kind: "oversize", bytes: 70_000 });
      const error = await failure(card.transmit(command));
      expect(error).toMatchObject({ code: "SCARD_E_INSUFFICIENT_BUFFER" });
      expect(hex(await card.transmit(command))).toBe(answer);
    });
  });

  test("mute: the exchange fails, and the card goes on", async () => {
    await withCard(async (card, reader) => {
      reader.fault({ kind: "mute", count: 2 });
      for (let round = 0; round < 2; ++round) {
        expect(await failure(card.transmit(command))).toMatchObject({
          code: "SCARD_E_NOT_TRANSACTED",
        });
      }
      expect(hex(await card.transmit(command))).toBe(answer);
    });
  });

  test("more-data and wrong-length: endless, until they are cleared", async () => {
    await withCard(async (card, reader) => {
      reader.fault({ kind: "more-data", count: Infinity });
      for (let round = 0; round < 300; ++round) {
        expect((await card.transmit(command)).subarray(-2)).toEqual(Uint8Array.of(0x61, 0x10));
      }
      reader.clearFaults();
      reader.fault({ kind: "wrong-length", count: Infinity });
      const lengths = new Set<number | undefined>();
      for (let round = 0; round < 10; ++round) {
        const response = await card.transmit(command);
        expect(response).toHaveLength(2);
        expect(response[0]).toBe(0x6c);
        lengths.add(response[1]);
      }
      expect(lengths.size).toBe(10);
      reader.clearFaults();
      expect(hex(await card.transmit(command))).toBe(answer);
    });
  });

  test("strike at the exchange asked for, as often as asked", async () => {
    await withCard(async (card, reader) => {
      reader.fault({ kind: "truncate", bytes: 0, exchange: 3, count: 2 });
      const outcomes: string[] = [];
      for (let round = 0; round < 6; ++round) {
        outcomes.push(
          await card.transmit(command).then(hex, (error: unknown) => (error as Error).name),
        );
      }
      const lost = "IncompleteResponseError";
      expect(outcomes).toEqual([answer, answer, lost, lost, answer, answer]);
    });
  });

  test.each([
    [{ kind: "explode" }, "fault.kind"],
    [{ kind: "mute", exchange: 0 }, "fault.exchange"],
    [{ kind: "mute", count: 0.5 }, "fault.count"],
    [{ kind: "truncate" }, "fault.bytes"],
    [{ kind: "delay" }, "fault.delayMs"],
    [{ kind: "delay", delayMs: -1 }, "fault.delayMs"],
    [{ kind: "mute", bytes: 3 }, "fault"],
    [undefined, "fault.kind"],
  ])("refuses %o", async (fault, argument) => {
    const { reader, context } = await bench();
    expect(() => {
      reader.fault(fault as VirtualFault);
    }).toThrow(expect.objectContaining({ code: "ERR_SCARD_ARGUMENT", argument }));
    await context.close();
  });
});

describe("another process", () => {
  expectNothingLeft();

  test("does not reset a card in the middle of a command", async () => {
    const { reader, context } = await bench();
    let finish: () => void = () => undefined;
    let begun: () => void = () => undefined;
    const working = new Promise<void>((resolve) => (begun = resolve));
    const handler = async (): Promise<number> => {
      begun();
      await new Promise<void>((resolve) => (finish = resolve));
      return 0x9000;
    };
    reader.insert(new VirtualCard({ atr, handler }));
    const card = await context.connect(reader.name);
    const other = reader.anotherProcess();
    const answered = card.transmit(command);
    await working;
    other.lock();
    for (const act of [
      () => {
        other.unlock("reset");
      },
      () => {
        other.disconnect("unpower");
      },
    ]) {
      expect(act).toThrow(expect.objectContaining({ code: "ERR_SCARD_VIRTUAL_BUSY" }));
    }
    expect(reader.state.busy).toBe(true);
    finish();
    expect(hex(await answered)).toBe("9000");
    other.disconnect("reset");
    expect(await failure(card.transmit(command))).toMatchObject({ code: "SCARD_W_RESET_CARD" });
    await context.close();
  });

  test.each(["reset", "unpower"] as const)(
    "does not disconnect with %s inside our transaction",
    async (disposition) => {
      const { reader, context } = await bench();
      reader.insert(echoCard());
      const card = await context.connect(reader.name);
      const other = reader.anotherProcess();
      await card.transaction(async (tx) => {
        expect(() => {
          other.disconnect(disposition);
        }).toThrow(expect.objectContaining({ code: "ERR_SCARD_VIRTUAL_LOCKED" }));
        expect(hex(await tx.transmit(command))).toBe(answer);
      });
      // It stayed connected, and can do it now.
      other.disconnect(disposition);
      expect(await failure(card.transmit(command))).toMatchObject({ code: "SCARD_W_RESET_CARD" });
      await context.close();
    },
  );

  test.each([
    ["unplug", "SCARD_E_READER_UNAVAILABLE"],
    ["stop", "SCARD_E_NO_SERVICE"],
  ] as const)("loses its lock when it is over: %s", async (event, code) => {
    const { subsystem, reader, context } = await bench();
    reader.insert(echoCard());
    const card = await context.connect(reader.name);
    const other = reader.anotherProcess();
    other.lock();
    const waiting = failure(card.transaction(async (tx) => tx.transmit(command)));
    await expect.poll(() => subsystem.statistics().calls).toBe(1);
    if (event === "unplug") {
      reader.unplug();
    } else {
      subsystem.stop();
    }
    expect(await waiting).toMatchObject({ code });
    expect(() => {
      other.unlock();
    }).toThrow(expect.objectContaining({ code: "ERR_SCARD_VIRTUAL_DISCONNECTED" }));
    other.disconnect("reset");
    await context.close().catch(() => undefined);
    if (event === "unplug") {
      reader.plug();
    } else {
      subsystem.start();
    }
    const next = await contextOf(subsystem);
    const again = await next.connect(reader.name);
    expect(hex(await again.transaction(async (tx) => tx.transmit(command)))).toBe(answer);
    await next.close();
  });

  test("has the card for itself, until it disconnects", async () => {
    const { reader, context } = await bench();
    reader.insert(echoCard());
    const other = reader.anotherProcess({ shareMode: "exclusive" });
    expect(await failure(context.connect(reader.name))).toMatchObject({
      code: "SCARD_E_SHARING_VIOLATION",
    });
    other.disconnect();
    other.disconnect();
    const card = await context.connect(reader.name);
    expect(() => reader.anotherProcess({ shareMode: "exclusive" })).toThrow(
      expect.objectContaining({ code: "ERR_SCARD_VIRTUAL_REFUSED", reader: reader.name }),
    );
    expect(() => {
      other.lock();
    }).toThrow(expect.objectContaining({ code: "ERR_SCARD_VIRTUAL_DISCONNECTED" }));
    await card.disconnect();
    await context.close();
  });

  test("holds a transaction, and resets the card at its end", async () => {
    const { reader, context } = await bench();
    reader.insert(echoCard());
    const card = await context.connect(reader.name);
    const other = reader.anotherProcess();
    other.lock();
    const late = card.transaction(async (tx) => tx.transmit(command), { timeoutMs: 100 });
    expect(await failure(late)).toMatchObject({ code: "SCARD_E_TIMEOUT" });
    expect(reader.state.locked).toBe(true);
    other.unlock("reset");
    const told = await failure(card.transmit(command));
    expect(told).toMatchObject({ code: "SCARD_W_RESET_CARD" });
    expect(() => {
      other.unlock();
    }).toThrow(expect.objectContaining({ code: "ERR_SCARD_VIRTUAL_NOT_LOCKED" }));
    await card.reconnect();
    await card.transaction(async (tx) => {
      expect(() => {
        other.lock();
      }).toThrow(expect.objectContaining({ code: "ERR_SCARD_VIRTUAL_LOCKED" }));
      expect(hex(await tx.transmit(command))).toBe(answer);
    });
    other.disconnect();
    await context.close();
  });
});
