import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import { establishWith } from "../../../lib/establish-context.js";
import { Dispatcher } from "../../../lib/dispatcher.js";
import {
  Card,
  ClosedError,
  Context,
  Reader,
  type ReaderState,
  Transaction,
  pnpNotification,
} from "../../../lib/index.js";
import { FakeBinding, failure, fails, fakeContext, tick } from "./fake-binding.js";

const timeout = fails("SCARD_E_TIMEOUT");
const report =
  (...states: readonly (readonly [reader: string, eventState: number])[]) =>
  (): unknown =>
    states.map(([reader, eventState]) => ({ reader, eventState, atr: new Uint8Array(0) }));

describe("establishContext", () => {
  it.each([
    [{}, "SCardEstablishContext 0"],
    [{ scope: "system" }, "SCardEstablishContext 2"],
    [{ scope: "terminal", library: "/lib/x.so" }, "SCardEstablishContext 1 /lib/x.so"],
  ] as const)("passes %o", async (options, call) => {
    const binding = new FakeBinding();
    const dispatcher = new Dispatcher(binding);
    expect(await establishWith(() => dispatcher, options)).toBeInstanceOf(Context);
    expect(binding.log).toEqual([call]);
  });

  it("checks its options before the binding is loaded", async () => {
    const load = (): never => expect.unreachable();
    for (const options of [{ scop: 1 }, { scope: "all" }, { library: "" }, { timeoutMs: -1 }]) {
      const error = await failure(establishWith(load, options as object));
      expect(error).toMatchObject({ code: "ERR_SCARD_ARGUMENT" });
    }
  });
});

describe("listing", () => {
  it("gives readers, groups, and readers of groups", async () => {
    const { binding, context } = await fakeContext();
    expect(await context.listReaders()).toEqual(["Reader"]);
    expect(await context.listReaderGroups()).toEqual(["SCard$DefaultReaders"]);
    const [reader] = await context.readers({ groups: ["SCard$AllReaders"] });
    expect(reader).toBeInstanceOf(Reader);
    expect(reader).toMatchObject({ name: "Reader", context });
    expect(binding.log.slice(1)).toEqual([
      "SCardListReaders",
      "SCardListReaders",
      "SCardListReaders",
    ]);
  });

  it.each([[[]], [[""]], [["a\0"]], ["G"], [[1]]])("refuses the groups %j", async (groups) => {
    const { context } = await fakeContext();
    const error = await failure(context.listReaders({ groups: groups as string[] }));
    expect(error).toMatchObject({ code: "ERR_SCARD_ARGUMENT", argument: "groups" });
  });
});

describe("getStatusChange", () => {
  it("passes names, states reported before, and numbers", async () => {
    const { binding, context } = await fakeContext();
    const [state] = await context.getStatusChange(["A"]);
    await context.getStatusChange(["A", state as ReaderState, { reader: "B", current: 0x10 }], {
      timeoutMs: 1500,
    });
    expect(binding.log.slice(1)).toEqual([
      'SCardGetStatusChange ["A"] [0] 4294967295',
      'SCardGetStatusChange ["A","A","B"] [0,65568,16] 1500',
    ]);
  });

  it("gives frozen states with named flags, the event count and the raw value", async () => {
    const { binding, context } = await fakeContext();
    binding.answer("SCardGetStatusChange", report(["A", 0xffff_0122]));
    const [state] = await context.getStatusChange(["A"]);
    expect(state).toEqual({
      reader: "A",
      ignore: false,
      changed: true,
      unknown: false,
      unavailable: false,
      empty: false,
      present: true,
      atrMatch: false,
      exclusive: false,
      inUse: true,
      mute: false,
      unpowered: false,
      eventCount: 0xffff,
      atr: null,
      raw: 0xffff_0122,
    });
    expect(Object.isFrozen(state)).toBe(true);
  });

  it("gives a state back without CHANGED, and an unknown reader's without IGNORE", async () => {
    const { binding, context } = await fakeContext();
    const raw = (value: number): { reader: string; raw: number } => ({ reader: "A", raw: value });
    await context.getStatusChange([raw(0xffff_0022), raw(0x7), raw(0x3)]);
    expect(binding.log.at(-1)).toContain(`[${String(0xffff_0020)},4,1]`);
  });

  it("leaves the time limit to PC/SC, so that 0 looks once", async () => {
    const { binding, context } = await fakeContext();
    binding.answer("SCardGetStatusChange", timeout);
    const error = await failure(context.getStatusChange(["A"], { timeoutMs: 0 }));
    expect(error).toMatchObject({ code: "SCARD_E_TIMEOUT", call: "SCardGetStatusChange" });
    expect(binding.log.at(-1)).toBe('SCardGetStatusChange ["A"] [0] 0');
    expect(binding.cancelled).toEqual([]);
  });

  it("ends by its signal, by cancel and by close", async () => {
    const { binding, context } = await fakeContext();
    binding.hold("SCardGetStatusChange");
    const controller = new AbortController();
    const aborted = failure(context.getStatusChange(["A"], { signal: controller.signal }));
    controller.abort("enough");
    expect(await aborted).toBe("enough");
    const cancelled = failure(context.getStatusChange(["A"]));
    context.cancel();
    expect(await cancelled).toMatchObject({ code: "SCARD_E_CANCELLED" });
    const closed = failure(context.getStatusChange(["A"]));
    await context.close();
    expect(await closed).toBeInstanceOf(ClosedError);
  });

  it.each([
    [[]],
    ["A"],
    [[1]],
    [[""]],
    [[null]],
    [[{ reader: "A" }]],
    [[{ reader: "A", current: -1 }]],
    [[{ reader: "A", curent: 1 }]],
    [[{ reader: "", raw: 1 }]],
    [[{ reader: "A", raw: 1.5 }]],
  ])("refuses %j", async (readers) => {
    const { binding, context } = await fakeContext();
    const error = await failure(context.getStatusChange(readers as string[]));
    expect(error).toMatchObject({ code: "ERR_SCARD_ARGUMENT" });
    expect(binding.log).toHaveLength(1);
  });
});

describe("waitForCard", () => {
  const pnp = pnpNotification;

  it("gives a card that is in already, from a look at the readers alone", async () => {
    const { binding, context } = await fakeContext();
    expect(await context.waitForCard()).toMatchObject({ reader: "Reader", present: true });
    expect(binding.log.slice(1, 3)).toEqual([
      "SCardListReaders",
      'SCardGetStatusChange ["Reader"] [0] 4294967295',
    ]);
  });

  it("waits without end for a change of what it knows, event counts included", async () => {
    const { binding, context } = await fakeContext();
    binding.answer(
      "SCardGetStatusChange",
      report(["Reader", 0x0003_0012]),
      report(["Reader", 0x0004_0022], [pnp, 0x0001_0000]),
    );
    expect(await context.waitForCard()).toMatchObject({ reader: "Reader", eventCount: 4 });
    expect(binding.log[3]).toBe(
      `SCardGetStatusChange ["Reader",${JSON.stringify(pnp)}] [${String(0x0003_0010)},0] 4294967295`,
    );
  });

  it("lets readers join and leave", async () => {
    const { binding, context } = await fakeContext();
    binding.answer(
      "SCardListReaders",
      () => [],
      () => ["New", "Old"],
      () => ["New"],
    );
    binding.answer(
      "SCardGetStatusChange",
      report([pnp, 0x0001_0002]),
      fails("SCARD_E_UNKNOWN_READER"),
      report(["New", 0x0001_0022], [pnp, 0]),
    );
    expect(await context.waitForCard()).toMatchObject({ reader: "New" });
  });

  it("of one reader passes over the others, and waits for it to be attached", async () => {
    const { binding, context } = await fakeContext();
    binding.answer(
      "SCardListReaders",
      () => ["Other"],
      () => ["Other", "Mine"],
    );
    binding.answer("SCardGetStatusChange", report([pnp, 2]), report(["Mine", 0x22], [pnp, 0]));
    expect(await context.reader("Mine").waitForCard()).toMatchObject({ reader: "Mine" });
    expect(binding.log.filter((line) => line.includes("Other"))).toEqual([]);
  });

  it("passes over a card that does not answer", async () => {
    const { binding, context } = await fakeContext();
    binding.answer(
      "SCardGetStatusChange",
      report(["Reader", 0x0001_0222]),
      report(["Reader", 0x0003_0022], [pnp, 0]),
    );
    expect(await context.waitForCard()).toMatchObject({ mute: false, eventCount: 3 });
  });

  it("takes a card that does not answer when asked to", async () => {
    const { binding, context } = await fakeContext();
    binding.answer("SCardGetStatusChange", report(["Reader", 0x0001_0222]));
    expect(await context.waitForCard({ includeMute: true })).toMatchObject({ mute: true });
  });

  it("looks at the list and the readers again when PC/SC ends a wait by itself", async () => {
    const { binding, context } = await fakeContext();
    binding.answer(
      "SCardGetStatusChange",
      report(["Reader", 0x0001_0012]),
      timeout,
      report(["Reader", 0x0002_0022]),
    );
    expect(await context.waitForCard()).toMatchObject({ eventCount: 2 });
    expect(binding.log.filter((line) => line === "SCardListReaders")).toHaveLength(2);
  });

  it("ends with its time while PC/SC waits without one", async () => {
    const { binding, context } = await fakeContext();
    binding.answer("SCardGetStatusChange", () => {
      binding.hold("SCardGetStatusChange");
      return report(["Reader", 0x12])();
    });
    const error = await failure(context.waitForCard({ timeoutMs: 50 }));
    expect(error).toMatchObject({ code: "SCARD_E_TIMEOUT", call: "SCardGetStatusChange" });
  });

  it("with no time looks once", async () => {
    const { binding, context } = await fakeContext();
    expect(await context.waitForCard({ timeoutMs: 0 })).toMatchObject({ present: true });
    binding.answer("SCardGetStatusChange", report(["Reader", 0x0001_0012]));
    const error = await failure(context.waitForCard({ timeoutMs: 0 }));
    expect(error).toMatchObject({ code: "SCARD_E_TIMEOUT", call: "SCardGetStatusChange" });
  });

  it("ends by its signal", async () => {
    const { binding, context } = await fakeContext();
    binding.hold("SCardGetStatusChange");
    const controller = new AbortController();
    const waiting = failure(context.waitForCard({ signal: controller.signal }));
    await binding.held("SCardGetStatusChange");
    controller.abort("enough");
    expect(await waiting).toBe("enough");
  });
});

describe("a reader", () => {
  it("gives its state, connects, and shows its name", async () => {
    const { context } = await fakeContext();
    const reader = context.reader("Reader");
    expect(await reader.state()).toMatchObject({ reader: "Reader", present: true });
    expect((await reader.connect({ shareMode: "exclusive" })).shareMode).toBe("exclusive");
    expect(inspect(reader)).toBe("Reader { name: 'Reader' }");
  });

  it("that is not attached is an error of state()", async () => {
    const { binding, context } = await fakeContext();
    binding.answer("SCardGetStatusChange", report(["Reader", 0xe]));
    const error = await failure(context.reader("Reader").state());
    expect(error).toMatchObject({ code: "SCARD_E_UNKNOWN_READER", reader: "Reader" });
  });

  it.each(["", "a\0b", "x".repeat(128), 1])("has no name like %j", async (name) => {
    const { context } = await fakeContext();
    expect(() => context.reader(name as string)).toThrow(
      expect.objectContaining({ code: "ERR_SCARD_ARGUMENT" }) as Error,
    );
  });
});

describe("close", () => {
  it("closes the cards too; a second one waits and does nothing more", async () => {
    const { binding, context } = await fakeContext();
    const card = await context.connect("Reader");
    binding.hold("SCardReleaseContext");
    const done: string[] = [];
    const first = context.close().then(() => done.push("first"));
    const second = context.close().then(() => done.push("second"));
    expect(await failure(context.close({ timeoutMs: 1 }))).toMatchObject({
      code: "SCARD_E_TIMEOUT",
    });
    expect(await failure(context.close({ signal: AbortSignal.abort("no") }))).toBe("no");
    await tick();
    expect(done).toEqual([]);
    expect([context.closed, card.closed]).toEqual([true, true]);
    binding.release("SCardReleaseContext");
    await Promise.all([first, second]);
    expect(done).toEqual(["first", "second"]);
    expect(binding.log.filter((line) => line === "SCardReleaseContext")).toHaveLength(1);
    expect(await context.isValid()).toBe(false);
    await context[Symbol.asyncDispose]();
    expect(inspect(context)).toBe("Context { closed: true }");
  });

  it("given up leaves the context closed", async () => {
    const { binding, context } = await fakeContext();
    binding.hold("SCardReleaseContext");
    expect(await failure(context.close({ timeoutMs: 1 }))).toMatchObject({
      code: "SCARD_E_TIMEOUT",
      call: "SCardReleaseContext",
    });
    expect(context.closed).toBe(true);
    await context.close();
  });

  it("by dispose takes no offence at a service that has gone", async () => {
    const { binding, context } = await fakeContext();
    binding.answer("SCardReleaseContext", fails("SCARD_E_INVALID_HANDLE"));
    await context[Symbol.asyncDispose]();
    const { binding: other, context: second } = await fakeContext();
    other.answer("SCardReleaseContext", fails("SCARD_F_INTERNAL_ERROR"));
    expect(await failure(second[Symbol.asyncDispose]())).toMatchObject({
      code: "SCARD_F_INTERNAL_ERROR",
    });
  });

  it("of the context lets a card's disconnect succeed, if it asks for nothing else", async () => {
    const { context } = await fakeContext();
    const card = await context.connect("Reader", { disposition: "reset" });
    const other = await context.connect("Reader", { disposition: "reset" });
    await context.close();
    await card.disconnect("reset");
    expect(await failure(other.disconnect("eject"))).toBeInstanceOf(ClosedError);
  });
});

it.each([
  ["Context", Context],
  ["Reader", Reader],
  ["Card", Card],
  ["Transaction", Transaction],
])("%s cannot be made by a program, nor by a subclass", (name, type) => {
  const Public = type as unknown as new (...parameters: unknown[]) => object;
  class Subclass extends Public {}
  for (const make of [Public, Subclass]) {
    expect(() => new make({}, "Reader")).toThrow(
      expect.objectContaining({
        name: "TypeError",
        message: expect.stringContaining(`${name} has no public constructor`) as string,
      }) as Error,
    );
  }
});
