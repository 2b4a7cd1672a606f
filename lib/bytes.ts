// Bytes and hexadecimal text. Lookup tables, because every APDU and trace line passes here.
import { checkBytes } from "./arguments.js";
import { ScardArgumentError } from "./errors/argument-error.js";

/** Bytes as callers may give them: a view, a buffer, or hexadecimal text (see {@link fromHex}). */
export type BytesInput = Uint8Array | ArrayBuffer | string;

const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).toUpperCase().padStart(2, "0"),
);

const notHex = 0xff;
const separator = 0xfe;

/** By character code: the nibble's value, {@link separator}, or {@link notHex}. */
const nibbleOfCode = makeNibbleTable();

function makeNibbleTable(): Uint8Array {
  const table = new Uint8Array(128).fill(notHex);
  for (let nibble = 0; nibble < 16; nibble += 1) {
    const digit = nibble.toString(16);
    table[digit.charCodeAt(0)] = nibble;
    table[digit.toUpperCase().charCodeAt(0)] = nibble;
  }
  for (const character of " \t\r\n:-") {
    table[character.charCodeAt(0)] = separator;
  }
  return table;
}

/**
 * Bytes as upper-case hexadecimal text.
 * @param between Text put between two bytes. Default: nothing.
 */
export function toHex(bytes: Uint8Array, between = ""): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 1) {
    text += (index === 0 ? "" : between) + hexByte(bytes[index] ?? 0);
  }
  return text;
}

/** One byte as two upper-case hexadecimal digits; only the low 8 bits count. */
export function hexByte(byte: number): string {
  return hexOfByte[byte & 0xff] ?? "";
}

/** A 16-bit number, such as a status word, as four upper-case hexadecimal digits. */
export function hexWord(word: number): string {
  return hexByte(word >> 8) + hexByte(word);
}

/**
 * Bytes from hexadecimal text, in either case. Spaces, tabs, line ends, colons and hyphens may
 * stand between two bytes, not inside one.
 * @param name The argument's name, for the error.
 * @throws {ScardArgumentError} for anything else. It names the position, never the text itself:
 * the text may hold a PIN or a key.
 */
export function fromHex(text: string, name = "hex"): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  let length = 0;
  let position = 0;
  while (position < text.length) {
    const high = nibbleAt(text, position);
    if (high === separator) {
      position += 1;
      continue;
    }
    const low = high === notHex ? notHex : nibbleAt(text, position + 1);
    if (low > 0x0f) {
      throw badHex(name, text, high === notHex ? position : position + 1);
    }
    bytes[length] = (high << 4) | low;
    length += 1;
    position += 2;
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

function nibbleAt(text: string, position: number): number {
  // Past the end charCodeAt gives NaN, which indexes nothing.
  return nibbleOfCode[text.charCodeAt(position)] ?? notHex;
}

function badHex(name: string, text: string, position: number): ScardArgumentError {
  const fault =
    position >= text.length
      ? "it ends in the middle of a byte"
      : `it has something else at position ${String(position)}`;
  return new ScardArgumentError(name, text, `pairs of hexadecimal digits (${fault})`, {
    secret: true,
  });
}

const bytesOrText = "a Uint8Array, Buffer, ArrayBuffer or hexadecimal text";

/**
 * A private copy of what the caller gave, always a plain `Uint8Array`, never a `Buffer`.
 * @throws {ScardArgumentError} when it is no bytes, or not `min` to `max` of them.
 */
export function copyBytes(name: string, value: unknown, min = 0, max?: number): Uint8Array {
  if (typeof value === "string") {
    return checkBytes(name, fromHex(value, name), min, max);
  }
  return new Uint8Array(checkBytes(name, value, min, max, bytesOrText));
}

/**
 * The caller's own memory as a plain `Uint8Array`; hexadecimal text becomes new bytes. For
 * synchronous reading only, or where a view is what is documented.
 * @throws {ScardArgumentError} when it is no bytes.
 */
export function viewBytes(name: string, value: unknown): Uint8Array {
  if (typeof value === "string") {
    return fromHex(value, name);
  }
  const bytes = checkBytes(name, value, 0, undefined, bytesOrText);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
