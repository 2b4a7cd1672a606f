// Every public function passes its arguments through these before anything native runs. Each
// returns the checked value with its type, or throws ScardArgumentError naming the argument.
import { types } from "node:util";

import { ScardArgumentError } from "./errors/argument-error.js";
import { nearestName } from "./nearest-name.js";

/** Longest time a Node timer and a PC/SC wait can both hold: 2^31 - 1 ms, almost 25 days. */
export const longestTimeout = 0x7fffffff;

/** Longest reader name in UTF-8 bytes: pcsclite's MAX_READERNAME without its ending NUL. */
export const longestReaderName = 127;

/** A string. With `secret` an error shows no more than its length. */
export function checkString(
  name: string,
  value: unknown,
  options: { readonly secret?: boolean } = {},
): string {
  if (typeof value !== "string") {
    throw new ScardArgumentError(name, value, "a string", options);
  }
  return value;
}

/** One of a few words. */
export function checkOneOf<Word extends string>(
  name: string,
  value: unknown,
  allowed: readonly Word[],
): Word {
  const word = allowed.find((candidate) => candidate === value);
  if (word === undefined) {
    const words = allowed.map((candidate) => JSON.stringify(candidate)).join(", ");
    throw new ScardArgumentError(name, value, `one of ${words}`);
  }
  return word;
}

/** An integer from `min` to `max`, both included. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw new ScardArgumentError(name, value, `an integer from ${String(min)} to ${String(max)}`);
  }
  return value;
}

/** true or false; nothing is converted. */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") {
    throw new ScardArgumentError(name, value, "true or false");
  }
  return value;
}

/** A function. Its parameters cannot be checked: the caller's type says what it takes. */
export function checkFunction<Callback extends (...parameters: never[]) => unknown>(
  name: string,
  value: Callback | undefined,
): Callback {
  if (typeof value !== "function") {
    throw new ScardArgumentError(name, value, "a function");
  }
  return value;
}

/**
 * Bytes: a `Uint8Array` (so also a `Buffer`) or an `ArrayBuffer`, `min` to `max` of them. The
 * result is a view of the caller's memory, not a copy: copy it before anything asynchronous. Other
 * views are refused, since their byte order would depend on the machine. Errors show lengths only.
 */
export function checkBytes(
  name: string,
  value: unknown,
  min = 0,
  max = Number.MAX_SAFE_INTEGER,
  expected = "a Uint8Array, Buffer or ArrayBuffer",
): Uint8Array {
  const bytes = types.isAnyArrayBuffer(value) ? new Uint8Array(value) : value;
  if (!types.isUint8Array(bytes)) {
    throw new ScardArgumentError(name, value, expected, { secret: true });
  }
  if (bytes.length < min || bytes.length > max) {
    throw new ScardArgumentError(name, value, byteRange(min, max));
  }
  return bytes;
}

function byteRange(min: number, max: number): string {
  if (min === max) {
    return `exactly ${String(min)} bytes`;
  }
  return max === Number.MAX_SAFE_INTEGER
    ? `at least ${String(min)} bytes`
    : `${String(min)} to ${String(max)} bytes`;
}

/**
 * An options object with no other keys than `allowed`: a misspelt option would otherwise be
 * ignored in silence. `undefined` gives an empty object; the values are still to be checked.
 */
export function checkOptions<Key extends string>(
  name: string,
  value: unknown,
  allowed: readonly Key[],
): { readonly [K in Key]?: unknown } {
  if (value === undefined) {
    return {};
  }
  if (typeof value !== "object" || value === null || isListLike(value)) {
    throw new ScardArgumentError(name, value, "an object");
  }
  for (const key of Object.keys(value)) {
    if (!(allowed as readonly string[]).includes(key)) {
      throw unknownOption(name, key, allowed);
    }
  }
  return value;
}

function isListLike(value: object): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

function unknownOption(name: string, key: string, allowed: readonly string[]): ScardArgumentError {
  const nearest = nearestName(key, allowed);
  const meant = nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
  const known = allowed.length === 0 ? "no options are known" : `known: ${allowed.join(", ")}`;
  return new ScardArgumentError(name, key, `an object of known options${meant}; ${known}`);
}

/** An `AbortSignal`, or undefined. */
export function checkSignal(name: string, value: unknown): AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw new ScardArgumentError(name, value, "an AbortSignal");
  }
  return value;
}

/**
 * A time limit in milliseconds, rounded up to whole ones. `undefined` and `Infinity` mean none and
 * give undefined; 0 means at once.
 */
export function checkTimeout(name: string, value: unknown): number | undefined {
  if (value === undefined || value === Infinity) {
    return undefined;
  }
  // Written so that NaN fails too.
  if (typeof value !== "number" || !(value >= 0 && value <= longestTimeout)) {
    const limit = String(longestTimeout);
    throw new ScardArgumentError(name, value, `milliseconds from 0 to ${limit}, or Infinity`);
  }
  return Math.ceil(value);
}

/** Names of reader groups, or undefined. */
export function checkGroups(value: unknown): readonly string[] | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (!Array.isArray(value) || value.length === 0) {
    throw new ScardArgumentError("groups", value, "an array of at least one group name");
  }
  return value.map((group: unknown) => {
    const name = checkString("groups", group);
    if (name === "" || name.includes("\0")) {
      throw new ScardArgumentError("groups", group, "group names: not empty and without NUL");
    }
    return name;
  });
}

/**
 * A reader's name as PC/SC calls take it: not empty, without NUL, well-formed Unicode, at most
 * {@link longestReaderName} bytes of UTF-8. The hot-plug pseudo reader `\\?PnP?\Notification`
 * passes.
 */
export function checkReaderName(name: string, value: unknown): string {
  const reader = checkString(name, value);
  const bytes = Buffer.from(reader, "utf8");
  if (reader === "" || reader.includes("\0")) {
    throw new ScardArgumentError(name, value, "a reader name: not empty and without NUL");
  }
  if (bytes.length > longestReaderName) {
    const limit = String(longestReaderName);
    throw new ScardArgumentError(name, value, `a reader name of at most ${limit} bytes of UTF-8`);
  }
  if (bytes.toString("utf8") !== reader) {
    throw new ScardArgumentError(name, value, "a reader name of well-formed Unicode");
  }
  return reader;
}
