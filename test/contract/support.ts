// What the contract tests share: bytes, cards that are seen, errors that are typed.
import { expect } from "vitest";

import { PcscError, type establishContext } from "../../lib/index.js";
import { atrs } from "../harness/card-program.js";
import type { World } from "./world.js";

export type Context = Awaited<ReturnType<typeof establishContext>>;
export type Card = Awaited<ReturnType<Context["connect"]>>;
export type ReaderState = Awaited<ReturnType<Context["getStatusChange"]>>[number];

/** Commands of the test card. */
export const commands = {
  select: bytes("00A4040000"),
  selectUnknown: bytes("00A4040002CAFE00"),
  count: bytes("80C00000"),
  powerCounts: bytes("80CE0000"),
  /** The card works for that long. */
  work: (milliseconds: number): Uint8Array => bytes(`8050${hexNumber(milliseconds, 2)}`),
  /** Extended Le; byte i of the answer is i modulo 251. */
  pattern: (length: number): Uint8Array => bytes(`801A000000${hexNumber(length & 0xffff, 2)}`),
  echo: (data: Uint8Array): Uint8Array =>
    Buffer.concat([bytes(`80EC000000${hexNumber(data.length, 2)}`), data]),
} as const;

export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}

export function hex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex").toUpperCase();
}

function hexNumber(value: number, width: number): string {
  return value.toString(16).padStart(width * 2, "0");
}

/** The data of a response that ended with 9000. */
export function dataOf(response: Uint8Array): Buffer {
  const buffer = Buffer.from(response);
  expect(hex(buffer.subarray(-2))).toBe("9000");
  return buffer.subarray(0, -2);
}

export async function count(card: Pick<Card, "transmit">): Promise<number> {
  return dataOf(await card.transmit(commands.count)).readUInt32BE();
}

/** How often the card was powered and reset since it was put in. */
export async function powerCounts(
  card: Pick<Card, "transmit">,
): Promise<{ powerUps: number; resets: number }> {
  const data = dataOf(await card.transmit(commands.powerCounts));
  return { powerUps: data.readUInt16BE(0), resets: data.readUInt16BE(2) };
}

/** Waits, change by change, until the reader is in a state. */
export async function readerState(
  context: Context,
  reader: string,
  wanted: (state: ReaderState) => boolean,
): Promise<ReaderState> {
  let states: (string | ReaderState)[] = [reader];
  for (;;) {
    const now = await context.getStatusChange(states, { timeoutMs: 20_000 });
    const state = now.find((one) => one.reader === reader && wanted(one));
    if (state !== undefined) return state;
    states = now;
  }
}

/** Makes sure that a card with this ATR is in the reader, and seen. Returns the reader's name. */
export async function cardIn(
  world: World,
  context: Context,
  index: number,
  atr: string = atrs.both,
): Promise<string> {
  if (world.card(index).inserted !== atr) {
    // What the manager has not seen leave could still leave in the middle of a test.
    await noCardIn(world, context, index);
    await world.card(index).insert(atr);
  }
  const reader = readerName(world, index);
  await readerState(context, reader, (state) => state.present && !state.mute);
  return reader;
}

/** Takes out what is in the reader, and waits until that is seen. Returns the reader's name. */
export async function noCardIn(world: World, context: Context, index: number): Promise<string> {
  await world.card(index).remove();
  const reader = readerName(world, index);
  await readerState(context, reader, (state) => state.empty);
  return reader;
}

/** A fresh card: nothing is left of what other tests did to the one before. */
export async function freshCardIn(
  world: World,
  context: Context,
  index: number,
  atr?: string,
): Promise<string> {
  await noCardIn(world, context, index);
  return await cardIn(world, context, index, atr);
}

export function readerName(world: World, index: number): string {
  const reader = world.readers[index];
  if (reader === undefined) throw new RangeError(`No reader ${String(index)}`);
  return reader;
}

/**
 * Connects exclusively. What was given up before is undone in the background: until then the
 * reader may still be taken.
 */
export async function connectAlone(context: Context, reader: string): Promise<Card> {
  const deadline = Date.now() + 5000;
  for (;;) {
    try {
      return await context.connect(reader, { shareMode: "exclusive" });
    } catch (error) {
      const busy = error instanceof PcscError && error.code === "SCARD_E_SHARING_VIOLATION";
      if (!busy || Date.now() > deadline) throw error;
    }
  }
}

/** What a promise was rejected with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("The promise was not rejected");
}

/** The PcscError a promise was rejected with, which has one of these codes. */
export async function pcscFailure(
  promise: Promise<unknown>,
  ...codes: readonly string[]
): Promise<PcscError> {
  const error = await failure(promise);
  expect(error).toBeInstanceOf(PcscError);
  if (!(error instanceof PcscError)) throw error;
  expect(codes).toContain(error.code);
  return error;
}

/** How long something took, in milliseconds. */
export async function duration(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * A wait of `limit` ms ended on time: not before, and not only when something else did. The slack
 * is for machines that are busy; whatever would otherwise end the wait comes later than that.
 */
export function expectOnTime(took: number, limit: number): void {
  expect(took).toBeGreaterThanOrEqual(limit - 2);
  expect(took).toBeLessThan(limit + 3000);
}
