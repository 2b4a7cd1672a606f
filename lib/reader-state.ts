import type { NativeReaderState } from "../binding.js";
import { checkInteger, checkOptions, checkReaderName } from "./arguments.js";
import { ScardArgumentError } from "./errors/argument-error.js";

/**
 * Name of the pseudo reader that changes when a reader is attached or detached: give it to
 * `context.getStatusChange` beside readers' names.
 */
export const pnpNotification = "\\\\?PnP?\\Notification";

/**
 * Entries that one wait may have: pcsclite refuses more, and has no more readers. A list that is
 * full has no room for {@link pnpNotification}, and no reader can join it.
 */
export const mostEntries = 16;

/**
 * What a reader reports: dwEventState of SCARD_READERSTATE in words. Frozen. Give it back to
 * `context.getStatusChange` to wait for the next change.
 */
export interface ReaderState {
  /** Name of the reader. */
  readonly reader: string;
  /** The entry was passed over. SCARD_STATE_IGNORE */
  readonly ignore: boolean;
  /** The state differs from the one that was given. SCARD_STATE_CHANGED */
  readonly changed: boolean;
  /** There is no reader of this name. SCARD_STATE_UNKNOWN */
  readonly unknown: boolean;
  /** The reader's state cannot be told. SCARD_STATE_UNAVAILABLE */
  readonly unavailable: boolean;
  /** No card is in. SCARD_STATE_EMPTY */
  readonly empty: boolean;
  /** A card is in. SCARD_STATE_PRESENT */
  readonly present: boolean;
  /** The card is one of those looked for; only locating cards sets it. SCARD_STATE_ATRMATCH */
  readonly atrMatch: boolean;
  /** The card is connected exclusively by another program. SCARD_STATE_EXCLUSIVE */
  readonly exclusive: boolean;
  /** The card is connected by one or more programs. SCARD_STATE_INUSE */
  readonly inUse: boolean;
  /** The card does not answer a reset. SCARD_STATE_MUTE */
  readonly mute: boolean;
  /** The card has no power. SCARD_STATE_UNPOWERED */
  readonly unpowered: boolean;
  /**
   * Insertions and removals counted by the resource manager, modulo 65536: it differs when a card
   * was changed for another between two looks. For {@link pnpNotification} it counts readers or
   * their events, or is 0, by platform.
   */
  readonly eventCount: number;
  /** The card's answer to reset; null when none is known. */
  readonly atr: Uint8Array | null;
  /** dwEventState as reported, event count in the high 16 bits. */
  readonly raw: number;
}

/** The part of a {@link ReaderState} that the next wait needs. */
export type ReportedState = Pick<ReaderState, "reader" | "raw">;

/** What a reader's state is compared with, as a number: dwCurrentState. */
export interface ReaderStateQuery {
  /** Name of the reader, or {@link pnpNotification}. */
  readonly reader: string;
  /** SCARD_STATE_* bits, event count in the high 16 bits; 0 is "tell me now". */
  readonly current: number;
}

const ignore = 0x1;
const changed = 0x2;
const unknown = 0x4;

/** A reader's state in words. */
export function readerState({ reader, eventState, atr }: NativeReaderState): ReaderState {
  const raw = eventState >>> 0;
  const has = (bit: number): boolean => (raw & bit) !== 0;
  return Object.freeze({
    reader,
    ignore: has(ignore),
    changed: has(changed),
    unknown: has(unknown),
    unavailable: has(0x8),
    empty: has(0x10),
    present: has(0x20),
    atrMatch: has(0x40),
    exclusive: has(0x80),
    inUse: has(0x100),
    mute: has(0x200),
    unpowered: has(0x400),
    eventCount: raw >>> 16,
    atr: atr.length === 0 ? null : atr,
    raw,
  });
}

/** One entry of getStatusChange's list, checked. */
export function checkQuery(value: unknown): ReaderStateQuery {
  if (typeof value === "string") {
    return { reader: checkReaderName("readers", value), current: 0 };
  }
  if (typeof value !== "object" || value === null) {
    throw new ScardArgumentError(
      "readers",
      value,
      "an array of reader names, reader states and { reader, current }",
    );
  }
  if ("raw" in value) {
    const { reader, raw } = value as Partial<ReportedState>;
    const state = checkInteger("readers[].raw", raw, 0, 0xffffffff);
    return { reader: checkReaderName("readers[].reader", reader), current: nextBelief(state) };
  }
  const query = checkOptions("readers[]", value, ["reader", "current"]);
  return {
    reader: checkReaderName("readers[].reader", query.reader),
    current: checkInteger("readers[].current", query.current, 0, 0xffffffff),
  };
}

/**
 * The state to wait on after a report. CHANGED is no state; and Windows reports IGNORE with a
 * reader that is unknown, which given back would silence the entry for good.
 */
export function nextBelief(raw: number): number {
  return (raw & ~changed & ((raw & unknown) === 0 ? -1 : ~ignore)) >>> 0;
}
