// The memory that APDUs pass through on their way to the addon and back: what it keeps of them, and
// that a call made in the middle of passing answers on does not disturb the others'.
import { describe, expect, test } from "vitest";

import type { NativeHandOff } from "../../../binding.js";
import { type Binding, loadBinding } from "../../../lib/binding.js";
import { Dispatcher } from "../../../lib/dispatcher.js";
import { establishWith } from "../../../lib/establish-context.js";
import type { Card } from "scard";
import { IsoCard, createVirtualSubsystem } from "scard/virtual";
import { expectNothingLeft, hex, watched } from "./support.js";

/** Where a request's command begins. */
const commandAt = 32;

interface World {
  readonly native: NativeHandOff;
  readonly card: Card;
  readonly close: () => Promise<void>;
}

/** A card with a file of 2 048 bytes, over an environment of its own whose hand-off can be seen. */
async function world(): Promise<World> {
  const addon = loadBinding();
  let native: NativeHandOff | undefined;
  const binding: Binding = {
    Environment: class extends addon.Environment {
      override handOff(): NativeHandOff {
        native = super.handOff();
        return native;
      }
    },
    controlCode: (code) => addon.controlCode(code),
  };
  const dispatcher = new Dispatcher(binding);
  const subsystem = watched(createVirtualSubsystem());
  const reader = subsystem.addReader("Reader 1");
  const content = new Uint8Array(2048).map((_, index) => index);
  reader.insert(
    new IsoCard({
      extendedLength: true,
      files: [{ type: "transparent", id: 0x5001, sfi: 1, content }],
    }),
  );
  const context = await establishWith(() => dispatcher, { subsystem });
  const card = await context.connect(reader.name, { protocols: ["t1"] });
  if (native === undefined) throw new Error("no hand-off was asked for");
  return { native, card, close: async () => context.close() };
}

const read = (length: number): Uint8Array => Uint8Array.of(0, 0xb0, 0x81, 0, length);

const expected = (length: number): string =>
  hex(Uint8Array.from({ length }, (_, index) => index)) + "9000";

/** VERIFY with so many bytes of 31 for a PIN. */
const verify = (length: number): Uint8Array =>
  Uint8Array.of(0, 0x20, 0, 1, length, ...new Uint8Array(length).fill(0x31));

/** Computes for so long that everything sent before has been answered meanwhile. */
function compute(ms = 20): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("the memory of requests", () => {
  expectNothingLeft();

  const left = ({ native }: World): Uint8Array =>
    new Uint8Array(native.request, commandAt).filter((byte) => byte !== 0);

  test.each([8, 200])("holds nothing of a command with %i bytes once it was sent", async (size) => {
    const all = await world();
    const { card } = all;
    const sent = card.transmit(verify(size));
    expect(left(all)).toHaveLength(0);
    await sent;
    card.transmitSync(verify(size));
    expect(left(all)).toHaveLength(0);
    const framed = card.send(verify(size));
    expect(left(all)).toHaveLength(0);
    await framed;
    await all.close();
  });

  test("holds nothing of one that was refused", async () => {
    const all = await world();
    const noSuchCard = 77;
    for (const call of ["submit", "submitFramed", "exchange"] as const) {
      new Int32Array(all.native.request, 0, 4).set([noSuchCard, 0, 0, 5]);
      new Uint8Array(all.native.request, commandAt).set([1, 2, 3, 4, 5]);
      expect(all.native[call]()).toBe(-1);
      expect(left(all)).toHaveLength(0);
    }
    await all.close();
  });
});

describe("the scripts that the addon keeps", () => {
  expectNothingLeft();

  test("go by number, which another one gets when one was removed", async () => {
    const { native, card, close } = await world();
    // Of the facade's own, which counts on from there.
    await card.runScript([read(1)]);
    const plan = Uint32Array.of(0, 5, 0);
    const first = native.addScript(read(2), plan);
    const second = native.addScript(read(3), plan);
    expect(second).not.toBe(first);
    native.removeScript(first);
    native.removeScript(first);
    native.removeScript(1_000);
    expect(native.addScript(read(4), plan)).toBe(first);
    expect(native.addScript(read(5), plan)).not.toBe(second);
    const results = await card.runScript([read(6)]);
    expect(hex(results.at(0))).toBe(expected(6));
    await close();
  });

  test("are none of a number that was not given, nor made of what does not add up", async () => {
    const { native, close } = await world();
    expect(() => native.addScript(read(2), Uint32Array.of(0, 6, 0))).toThrow(TypeError);
    expect(() => native.addScript(read(2), [] as never)).toThrow(TypeError);
    expect(() => native.addScript("00B0" as never, Uint32Array.of(0))).toThrow(TypeError);
    const script = native.addScript(read(2), Uint32Array.of(0, 5, 0));
    native.removeScript(script);
    new Int32Array(native.request, 0, 8).set([0, 0, 0, 0, 0, 100, 0, script]);
    expect(() => native.submitScript()).toThrow("there is no such script");
    await close();
  });
});

describe("a call made while answers are passed on", () => {
  expectNothingLeft();

  test("of a signal's own method, leaves the answers of the others as they are", async () => {
    const { card, close } = await world();
    const { signal } = new AbortController();
    const more: Promise<Uint8Array>[] = [];
    // The package calls this when the answer is there: between two answers of one batch.
    signal.removeEventListener = () => {
      more.push(card.transmit(read(9)), card.transmit(read(10)));
    };
    const all = [
      card.transmit(read(1), { signal }),
      card.transmit(read(2)),
      card.transmit(read(3)),
    ];
    compute();
    expect((await Promise.all(all)).map(hex)).toEqual([1, 2, 3].map(expected));
    expect((await Promise.all(more)).map(hex)).toEqual([9, 10].map(expected));
    await close();
  });

  test("synchronously, leaves them as they are too", async () => {
    const { card, close } = await world();
    const { signal } = new AbortController();
    let atOnce = "";
    signal.removeEventListener = () => {
      atOnce = hex(card.transmitSync(read(200)));
    };
    const all = [
      card.transmit(read(1), { signal }),
      card.transmit(read(2)),
      card.transmit(read(3)),
    ];
    compute();
    expect((await Promise.all(all)).map(hex)).toEqual([1, 2, 3].map(expected));
    expect(atOnce).toBe(expected(200));
    await close();
  });
});

test("an answer goes into memory that the caller's class writes otherwise", async () => {
  class Strange extends Uint8Array {
    override set(): void {
      throw new Error("not to be called");
    }
  }
  const { card, close } = await world();
  for (const length of [3, 200]) {
    const target = new Strange(length + 2);
    expect(await card.transmitInto(read(length), target)).toBe(length + 2);
    expect(hex(target)).toBe(expected(length));
    target.fill(0);
    expect(card.transmitSyncInto(read(length), target)).toBe(length + 2);
    expect(hex(target)).toBe(expected(length));
  }
  await close();
});

test("memory that went away while the card worked is too small, and the answer is kept", async () => {
  const { card, close } = await world();
  const target = new Uint8Array(64);
  const sent = card.transmitInto(read(8), target);
  structuredClone(target, { transfer: [target.buffer] });
  const error: unknown = await sent.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "ERR_SCARD_BUFFER_TOO_SMALL" });
  expect((error as Error).message).toContain("room for 0");
  expect(hex((error as { response: Uint8Array }).response)).toBe(expected(8));
  await close();
});

test("memory shared with other threads takes answers as any other", async () => {
  const { card, close } = await world();
  const target = new Uint8Array(new SharedArrayBuffer(300));
  for (const length of [3, 200]) {
    expect(await card.transmitInto(read(length), target)).toBe(length + 2);
    expect(hex(target.slice(0, length + 2))).toBe(expected(length));
  }
  await close();
});
