// Files, short identifiers and occurrences as words and numbers.
import { checkInteger, checkOneOf } from "../../arguments.js";
import { encodeTlv } from "../ber-tlv-encode.js";

/** Which of several that match: P2 bits 2-1. */
export type Occurrence = "first" | "last" | "next" | "previous";

const occurrences: readonly Occurrence[] = ["first", "last", "next", "previous"];

/** Bits 2-1 of P2. */
export function occurrenceBits(value: unknown): number {
  return occurrences.indexOf(checkOneOf("occurrence", value, occurrences));
}

/** A short EF identifier; 31 is reserved. */
export function checkShortId(value: unknown): number {
  return checkInteger("sfi", value, 1, 30);
}

/** A file identifier, 2 bytes. */
export function checkFileId(name: string, value: unknown): number {
  return checkInteger(name, value, 0, 0xffff);
}

/** Offset data object (54) of the odd instructions, in as few bytes as it needs, 1 to 3. */
export function offsetObject(offset: number): Uint8Array {
  return encodeTlv({ tag: 0x54, value: numberBytes(offset) });
}

/** Discretionary data object (53) of the odd instructions. */
export function discretionaryObject(data: Uint8Array): Uint8Array {
  return encodeTlv({ tag: 0x53, value: data });
}

/** The highest offset that an offset data object is written for here: 3 bytes. */
export const highestOffset = 0xffffff;

function numberBytes(value: number): Uint8Array {
  if (value > 0xffff) {
    return Uint8Array.of(value >> 16, value >> 8, value);
  }
  return value > 0xff ? Uint8Array.of(value >> 8, value) : Uint8Array.of(value);
}

/** Bytes one after another. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
