import type { NativeCardStatus } from "../binding.js";
import { type Protocol, protocolWord } from "./protocol.js";

/**
 * How far a card has come, the same words on every platform: no card; a card that is not in place
 * (`"present"`), in place without power (`"swallowed"`), powered but mute so far (`"powered"`),
 * reset and ready to agree on a protocol (`"negotiable"`), speaking one (`"specific"`).
 */
export type CardState =
  "unknown" | "absent" | "present" | "swallowed" | "powered" | "negotiable" | "specific";

/** In the order of their numbers in binding.d.ts. */
const states: readonly CardState[] = [
  "unknown",
  "absent",
  "present",
  "swallowed",
  "powered",
  "negotiable",
  "specific",
];

/** State of a connection: SCardStatus. Frozen. */
export interface CardStatus {
  /** Name of the reader as connected. */
  readonly reader: string;
  /** Every name the resource manager knows the reader by; usually one. */
  readonly readers: readonly string[];
  /** State of the card. */
  readonly state: CardState;
  /** Protocol in use; null for none. */
  readonly protocol: Protocol | null;
  /** The card's answer to reset; empty without a card. */
  readonly atr: Uint8Array;
  /** dwState as reported: one number of several on Windows, a set of bits elsewhere. */
  readonly raw: number;
}

/** The status of a connection in words. */
export function cardStatus(reader: string, native: NativeCardStatus): CardStatus {
  return Object.freeze({
    reader,
    readers: Object.freeze([...native.readers]),
    state: states[native.state] ?? "unknown",
    protocol: protocolWord(native.protocol),
    atr: native.atr,
    raw: native.rawState,
  });
}
