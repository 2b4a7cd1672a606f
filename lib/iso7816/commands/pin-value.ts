// PINs and passwords as cards take them. Errors never show them.
import {
  checkBytes,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkString,
} from "../../arguments.js";
import { ScardArgumentError } from "../../errors/argument-error.js";

/** A PIN with the way it is written. */
export interface EncodedPin {
  /** What the user typed. */
  readonly text: string;
  /**
   * `"text"` (default): a byte per character, UTF-8. `"bcd"`: two digits per byte, an odd one
   * followed by F. `"format-2"`: the PIN block of ISO 9564-1, format 2 (EMV), 8 bytes with 4 to 12
   * digits.
   */
  readonly encoding?: "text" | "bcd" | "format-2" | undefined;
  /** Bytes in all, 1 to 255; what is missing is filled up. Default: as many as the PIN has. */
  readonly length?: number | undefined;
  /** The filling byte. Default: 0xFF. */
  readonly padding?: number | undefined;
}

/** A PIN: text as it is typed (never hexadecimal), its bytes, or text and how it is written. */
export type PinValue = string | Uint8Array | EncodedPin;

const longestPin = 255;

/**
 * The bytes of a PIN; a new array.
 * @param name The argument's name, for the error, which never shows the PIN.
 * @throws {ScardArgumentError} for what is no PIN, or does not fit its encoding or length.
 */
export function pinBytes(name: string, value: unknown): Uint8Array {
  if (typeof value === "string") {
    return textBytes(name, value);
  }
  if (typeof value === "object" && value !== null && "text" in value) {
    return encodePin(name, value);
  }
  return new Uint8Array(checkBytes(name, value, 1, longestPin));
}

function textBytes(name: string, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === 0 || bytes.length > longestPin) {
    throw new ScardArgumentError(name, text, "a PIN of 1 to 255 bytes", { secret: true });
  }
  return bytes;
}

function encodePin(name: string, value: object): Uint8Array {
  const given = checkOptions(name, value, ["text", "encoding", "length", "padding"]);
  const text = checkString(`${name}.text`, given.text, { secret: true });
  const encodings = ["text", "bcd", "format-2"] as const;
  const encoding = checkOneOf(`${name}.encoding`, given.encoding ?? "text", encodings);
  if (encoding === "format-2") {
    return format2(name, text, given);
  }
  const bytes = encoding === "text" ? textBytes(`${name}.text`, text) : bcdBytes(name, text);
  if (given.length === undefined) {
    return bytes;
  }
  const length = checkInteger(`${name}.length`, given.length, 1, longestPin);
  if (bytes.length > length) {
    throw new ScardArgumentError(`${name}.text`, text, `a PIN that fits ${String(length)} bytes`, {
      secret: true,
    });
  }
  const padded = new Uint8Array(length);
  padded.fill(checkInteger(`${name}.padding`, given.padding ?? 0xff, 0, 0xff));
  padded.set(bytes);
  return padded;
}

function bcdBytes(name: string, text: string): Uint8Array {
  if (!/^\d{1,510}$/.test(text)) {
    const expected = "decimal digits in this encoding";
    throw new ScardArgumentError(`${name}.text`, text, expected, { secret: true });
  }
  return pairs(text.length % 2 === 0 ? text : `${text}F`);
}

function format2(
  name: string,
  text: string,
  given: { readonly length?: unknown; readonly padding?: unknown },
): Uint8Array {
  if (!/^\d{4,12}$/.test(text)) {
    const expected = "4 to 12 decimal digits in this encoding";
    throw new ScardArgumentError(`${name}.text`, text, expected, { secret: true });
  }
  if (given.length !== undefined || given.padding !== undefined) {
    const expected = 'absent with encoding "format-2", which has 8 bytes';
    throw new ScardArgumentError(`${name}.length`, given.length ?? given.padding, expected);
  }
  return pairs(`2${text.length.toString(16)}${text}`.padEnd(16, "F"));
}

function pairs(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}
