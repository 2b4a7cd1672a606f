// What each call does in each state: every public method of a card, a transaction and a context,
// in every state that they can be in.
import { describe, expect, it } from "vitest";

import type { Card, Context, Transaction } from "../../../lib/index.js";
import { type FakeBinding, failure, fails, fakeContext, tick } from "./fake-binding.js";

/** Settled well, waits behind the transaction, or the code of the error. */
type Cell = "allowed" | "queued" | `ERR_${string}` | `SCARD_${string}`;

const closed = "ERR_SCARD_CLOSED";
const nested = "ERR_SCARD_TRANSACTION_NESTED";
const open = "ERR_SCARD_TRANSACTION_OPEN";
const ended = "ERR_SCARD_TRANSACTION_ENDED";
const removed = "SCARD_W_REMOVED_CARD";
const busy = "ERR_SCARD_CARD_BUSY";

interface World {
  readonly binding: FakeBinding;
  readonly context: Context;
  readonly card: Card;
}

async function world(): Promise<World> {
  const { binding, context } = await fakeContext();
  return { binding, context, card: await context.connect("Reader") };
}

type Call<Target> = (target: Target) => Promise<unknown>;

/* eslint-disable @typescript-eslint/require-await -- see transmitSync */
const shared: Readonly<Record<string, Call<Card | Transaction>>> = {
  transmit: async (one) => one.transmit("00"),
  transmitApdu: async (one) => one.transmitApdu({ cla: 0, ins: 0, p1: 0, p2: 0 }),
  transmitInto: async (one) => one.transmitInto("00", new Uint8Array(2)),
  // A refusal is thrown; async makes it a rejection like the others.
  transmitSync: async (one) => one.transmitSync("00"),
  transmitSyncInto: async (one) => one.transmitSyncInto("00", new Uint8Array(2)),
  send: async (one) => one.send("00A40000"),
  runScript: async (one) => one.runScript(["00A40000"]),
  control: async (one) => one.control(1),
  getAttribute: async (one) => one.getAttribute(1),
  setAttribute: async (one) => one.setAttribute(1, new Uint8Array(1)),
  status: async (one) => one.status(),
  reconnect: async (one) => one.reconnect(),
  features: async (one) => one.features(),
};
/* eslint-enable @typescript-eslint/require-await */

const cardCalls: Readonly<Record<string, Call<Card>>> = {
  ...shared,
  transaction: async (card) => card.transaction(() => 1),
  beginTransaction: async (card) => (await card.beginTransaction()).end(),
  transmitCount: async (card) => card.transmitCount(),
  disconnect: async (card) => card.disconnect(),
  dispose: async (card) => card[Symbol.asyncDispose](),
};

const transactionCalls: Readonly<Record<string, Call<Transaction>>> = {
  ...shared,
  end: async (tx) => tx.end(),
  dispose: async (tx) => tx[Symbol.asyncDispose](),
};

const cacheItem = { card: "{00000000-0000-0000-0000-000000000000}", freshness: 1, name: "Item" };

/** The fake readers are no devices of this machine and have no icon: to be told so is well done. */
function noSuchFeature(error: unknown): void {
  if ((error as { code: string }).code !== "SCARD_E_UNSUPPORTED_FEATURE") throw error;
}

const contextCalls: Readonly<Record<string, Call<Context>>> = {
  isValid: async (context) => context.isValid(),
  listReaders: async (context) => context.listReaders(),
  listReaderGroups: async (context) => context.listReaderGroups(),
  readers: async (context) => context.readers(),
  getStatusChange: async (context) => context.getStatusChange(["Reader"]),
  waitForCard: async (context) => context.waitForCard(),
  track: async (context) => {
    await using tracker = context.track();
    const { value } = await tracker[Symbol.asyncIterator]().next();
    expect(value?.type).toBe("snapshot");
  },
  // eslint-disable-next-line @typescript-eslint/require-await -- a rejection, like the others
  cancel: async (context) => {
    context.cancel();
  },
  connect: async (context) => context.connect("Reader"),
  locateCards: async (context) => context.locateCards({ atrs: ["3B00"] }),
  connectCard: async (context) => context.connectCard({ atrs: ["3B00"] }),
  selectCard: async (context) => context.selectCard({ mode: "none" }),
  readCache: async (context) => {
    await context.writeCache({ ...cacheItem, data: "01" });
    return context.readCache(cacheItem);
  },
  writeCache: async (context) => context.writeCache({ ...cacheItem, data: "01" }),
  deviceType: async (context) => context.deviceType("Reader"),
  deviceInstanceId: async (context) => context.deviceInstanceId("Reader").catch(noSuchFeature),
  listReadersWithDeviceInstanceId: async (context) => context.listReadersWithDeviceInstanceId("X"),
  readerIcon: async (context) => context.readerIcon("Reader"),
  // eslint-disable-next-line @typescript-eslint/require-await -- a rejection, like the others
  setReaderIcon: async (context) => {
    context.setReaderIcon("Nobody", undefined);
  },
  audit: async (context) => context.audit("verification-succeeded"),
  close: async (context) => context.close(),
  dispose: async (context) => context[Symbol.asyncDispose](),
};

/** All calls the same, but for the exceptions. */
function cells<Name extends string>(
  calls: Readonly<Record<Name, unknown>>,
  usual: Cell,
  exceptions: Readonly<Record<string, Cell>> = {},
): readonly (readonly [call: Name, cell: Cell])[] {
  for (const name of Object.keys(exceptions)) expect(calls).toHaveProperty(name);
  return (Object.keys(calls) as Name[]).map((name) => [name, exceptions[name] ?? usual]);
}

/** How a call ends within the state; `leave` ends the state, for what waits for that. */
async function outcome(call: Promise<unknown>, leave?: () => Promise<unknown>): Promise<Cell> {
  let settled: Cell | undefined;
  const watched = call.then(
    (): Cell => (settled = "allowed"),
    (error: unknown): Cell => (settled = (error as { code: Cell }).code),
  );
  for (let turn = 0; turn < 20 && settled === undefined; turn += 1) await tick();
  const soon = settled;
  await leave?.();
  const late = await watched;
  return soon ?? (late === "allowed" ? "queued" : late);
}

describe("a card", () => {
  it.each(cells(cardCalls, "allowed"))("idle: %s is %s", async (name, cell) => {
    const { card } = await world();
    expect(await outcome(cardCalls[name]?.(card) as Promise<unknown>)).toBe(cell);
  });

  it.each(
    cells(cardCalls, "queued", {
      transmitCount: "allowed",
      transmitSync: busy,
      transmitSyncInto: busy,
    }),
  )("during another flow's callback transaction: %s is %s", async (name, cell) => {
    const { card } = await world();
    let finish: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      void card.transaction(async () => {
        resolve();
        await new Promise<void>((settle) => (finish = settle));
      });
    });
    await begun;
    const call = cardCalls[name]?.(card) as Promise<unknown>;
    // eslint-disable-next-line @typescript-eslint/require-await
    const leave = async (): Promise<void> => {
      finish();
    };
    expect(await outcome(call, leave)).toBe(cell);
  });

  it.each(cells(cardCalls, nested))(
    "inside its own callback transaction: %s is %s",
    async (name, cell) => {
      const { card } = await world();
      await card.transaction(async () => {
        expect(await outcome(cardCalls[name]?.(card) as Promise<unknown>)).toBe(cell);
      });
    },
  );

  it.each(cells(cardCalls, open, { dispose: "allowed" }))(
    "during an explicit transaction: %s is %s",
    async (name, cell) => {
      const { card } = await world();
      await card.beginTransaction();
      expect(await outcome(cardCalls[name]?.(card) as Promise<unknown>)).toBe(cell);
    },
  );

  it.each(cells(cardCalls, closed, { disconnect: "allowed", dispose: "allowed" }))(
    "disconnected: %s is %s",
    async (name, cell) => {
      const { card } = await world();
      await card.disconnect();
      expect(await outcome(cardCalls[name]?.(card) as Promise<unknown>)).toBe(cell);
    },
  );

  it.each(cells(cardCalls, closed, { disconnect: "allowed", dispose: "allowed" }))(
    "whose context is closed: %s is %s",
    async (name, cell) => {
      const { card, context } = await world();
      await context.close();
      expect(await outcome(cardCalls[name]?.(card) as Promise<unknown>)).toBe(cell);
    },
  );

  it.each(cells(cardCalls, removed, { dispose: "allowed", transmitCount: "allowed" }))(
    "that has been removed: %s is %s",
    async (name, cell) => {
      const { binding, card } = await world();
      remove(binding);
      expect(await outcome(cardCalls[name]?.(card) as Promise<unknown>)).toBe(cell);
    },
  );
});

describe("a transaction", () => {
  it.each(cells(transactionCalls, "allowed"))("open: %s is %s", async (name, cell) => {
    const { card } = await world();
    const tx = await card.beginTransaction();
    expect(await outcome(transactionCalls[name]?.(tx) as Promise<unknown>)).toBe(cell);
  });

  it.each(cells(transactionCalls, "allowed"))("in its callback: %s is %s", async (name, cell) => {
    const { card } = await world();
    await card.transaction(async (tx) => {
      expect(await outcome(transactionCalls[name]?.(tx) as Promise<unknown>)).toBe(cell);
    });
  });

  it.each(cells(transactionCalls, ended, { dispose: "allowed" }))(
    "ended: %s is %s",
    async (name, cell) => {
      const { card } = await world();
      const kept = await card.transaction((tx) => ({ tx }));
      expect(await outcome(transactionCalls[name]?.(kept.tx) as Promise<unknown>)).toBe(cell);
    },
  );

  it.each(cells(transactionCalls, closed, { dispose: "allowed" }))(
    "whose context is closed: %s is %s",
    async (name, cell) => {
      const { card, context } = await world();
      const tx = await card.beginTransaction();
      await context.close();
      expect(await outcome(transactionCalls[name]?.(tx) as Promise<unknown>)).toBe(cell);
    },
  );

  it.each(cells(transactionCalls, removed, { dispose: "allowed" }))(
    "whose card has been removed: %s is %s",
    async (name, cell) => {
      const { binding, card } = await world();
      const tx = await card.beginTransaction();
      remove(binding);
      expect(await outcome(transactionCalls[name]?.(tx) as Promise<unknown>)).toBe(cell);
    },
  );
});

describe("a context", () => {
  it.each(cells(contextCalls, "allowed"))("open: %s is %s", async (name, cell) => {
    const { context } = await world();
    expect(await outcome(contextCalls[name]?.(context) as Promise<unknown>)).toBe(cell);
  });

  it.each(cells(contextCalls, "allowed"))(
    "inside a card's callback transaction: %s is %s",
    async (name, cell) => {
      const { context, card } = await world();
      await card.transaction(async () => {
        expect(await outcome(contextCalls[name]?.(context) as Promise<unknown>)).toBe(cell);
      });
    },
  );

  it.each(
    cells(contextCalls, closed, { isValid: "allowed", close: "allowed", dispose: "allowed" }),
  )("closed: %s is %s", async (name, cell) => {
    const { context } = await world();
    await context.close();
    expect(await outcome(contextCalls[name]?.(context) as Promise<unknown>)).toBe(cell);
  });
});

describe("the matrix", () => {
  /** What is no call: properties, and methods tested elsewhere because they need a reader or a change. */
  const others = [
    "constructor",
    "reader",
    "protocol",
    "shareMode",
    "closed",
    "ended",
    "iso",
    "database",
  ];
  const elsewhere = [
    "tlvProperties",
    "verifyPin",
    "modifyPin",
    "waitForRemoval",
    "knownCardNames",
    "openCard",
    "readBinaryStream",
  ];

  function methodsOf(value: object): string[] {
    const names = new Set<string>();
    for (
      let type = Object.getPrototypeOf(value) as object | null;
      type !== null && type !== Object.prototype;
      type = Object.getPrototypeOf(type) as object | null
    ) {
      for (const name of Object.getOwnPropertyNames(type)) names.add(name);
    }
    return [...names].filter((name) => ![...others, ...elsewhere].includes(name)).sort();
  }

  it("has every public method", async () => {
    const { card, context } = await world();
    const tx = await card.beginTransaction();
    const without = (calls: object): string[] =>
      Object.keys(calls)
        .filter((name) => name !== "dispose")
        .sort();
    expect(methodsOf(card)).toEqual(without(cardCalls));
    expect(methodsOf(tx)).toEqual(without(transactionCalls));
    expect(methodsOf(context)).toEqual(without(contextCalls));
  });
});

describe("a misspelt option", () => {
  const wrong = { timeoutms: 1 } as object;
  const apdu = { cla: 0, ins: 0, p1: 0, p2: 0 };
  const attempts: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
    transmit: async ({ card }) => card.transmit("00", wrong),
    transmitApdu: async ({ card }) => card.transmitApdu(apdu, wrong),
    control: async ({ card }) => card.control(1, undefined, wrong),
    getAttribute: async ({ card }) => card.getAttribute(1, wrong),
    setAttribute: async ({ card }) => card.setAttribute(1, new Uint8Array(1), wrong),
    status: async ({ card }) => card.status(wrong),
    reconnect: async ({ card }) => card.reconnect(wrong),
    features: async ({ card }) => card.features(wrong),
    tlvProperties: async ({ card }) => card.tlvProperties(wrong),
    verifyPin: async ({ card }) => card.verifyPin({ command: "00200081" }, wrong),
    modifyPin: async ({ card }) => card.modifyPin({ command: "00240081", newOffset: 0 }, wrong),
    transaction: async ({ card }) => card.transaction(() => 1, wrong),
    beginTransaction: async ({ card }) => card.beginTransaction(wrong),
    disconnect: async ({ card }) => card.disconnect("leave", wrong),
    isValid: async ({ context }) => context.isValid(wrong),
    listReaders: async ({ context }) => context.listReaders(wrong),
    listReaderGroups: async ({ context }) => context.listReaderGroups(wrong),
    readers: async ({ context }) => context.readers(wrong),
    getStatusChange: async ({ context }) => context.getStatusChange(["Reader"], wrong),
    waitForCard: async ({ context }) => context.waitForCard(wrong),
    waitForRemoval: async ({ context }) => context.waitForRemoval({ reader: "Reader", ...wrong }),
    connect: async ({ context }) => context.connect("Reader", wrong),
    close: async ({ context }) => context.close(wrong),
    "reader.connect": async ({ context }) => context.reader("Reader").connect(wrong),
    "reader.state": async ({ context }) => context.reader("Reader").state(wrong),
    "reader.waitForCard": async ({ context }) => context.reader("Reader").waitForCard(wrong),
  };

  it.each(Object.entries(attempts))(
    "of %s is refused before anything native",
    async (_name, call) => {
      const set = await world();
      const before = set.binding.log.length;
      expect(await failure(call(set))).toMatchObject({
        code: "ERR_SCARD_ARGUMENT",
        message: expect.stringContaining("timeoutMs") as string,
      });
      expect(set.binding.log).toHaveLength(before);
      expect([set.context.closed, set.card.closed]).toEqual([false, false]);
    },
  );

  it.each([
    ["shareMode", { shareMode: "alone" }],
    ["protocols", { protocols: ["t2"] }],
    ["protocols", { protocols: [] }],
    ["protocols", { protocols: "t0" }],
    ["disposition", { disposition: "keep" }],
    ["timeoutMs", { timeoutMs: "1" }],
    ["timeoutMs", { timeoutMs: NaN }],
    ["signal", { signal: {} }],
  ])("or a wrong value is refused: %s in %o", async (argument, options) => {
    const { context } = await world();
    const error = await failure(context.connect("Reader", options as object));
    expect(error).toMatchObject({ code: "ERR_SCARD_ARGUMENT", argument });
  });

  it("or a wrong word is refused where it stands alone", async () => {
    const { card } = await world();
    const tx = await card.beginTransaction();
    const word = "keep" as "leave";
    expect(await failure(tx.end(word))).toMatchObject({ argument: "disposition" });
    expect(tx.ended).toBe(false);
    expect(await failure(card.disconnect(word))).toMatchObject({ argument: "disposition" });
    expect(await failure(tx.reconnect({ initialization: "eject" as "leave" }))).toMatchObject({
      argument: "initialization",
    });
    expect(await failure(tx.transmit("00", { protocol: "t9" as "t0" }))).toMatchObject({
      argument: "protocol",
    });
    const callback = 5 as unknown as () => void;
    expect(await failure(card.transaction(callback))).toMatchObject({ argument: "callback" });
  });
});

/** From now on the card is gone for every call. */
function remove(binding: FakeBinding): void {
  for (const call of [
    "SCardTransmit",
    "runScript",
    "SCardControl",
    "SCardGetAttrib",
    "SCardSetAttrib",
    "SCardStatus",
    "SCardReconnect",
    "SCardBeginTransaction",
    "SCardEndTransaction",
    "SCardDisconnect",
  ]) {
    binding.answer(call, fails("SCARD_W_REMOVED_CARD"), fails("SCARD_W_REMOVED_CARD"));
  }
}
