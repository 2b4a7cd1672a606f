import { types } from "node:util";

/** Longest text of a caller's string that an error message repeats, in UTF-16 units. */
const longestString = 64;

/**
 * Says what a value is, for an error message. Bytes, arrays and objects are described by kind and
 * size alone: they can hold a PIN or a key.
 */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return describeString(value);
    case "bigint":
      return `${String(value)}n`;
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "object":
      return value === null ? "null" : describeObject(value);
    default:
      return String(value);
  }
}

/** As {@link describeValue}, for arguments whose text can be secret: strings by length alone. */
export function describeSecret(value: unknown): string {
  return typeof value === "string"
    ? `a string of ${String(value.length)} characters`
    : typeName(value);
}

function typeName(value: unknown): string {
  return typeof value === "object" && value !== null ? describeObject(value) : typeof value;
}

function describeString(value: string): string {
  if (value.length <= longestString) {
    return JSON.stringify(value);
  }
  const start = JSON.stringify(value.slice(0, longestString));
  return `${start}… (${String(value.length)} characters)`;
}

function describeObject(value: object): string {
  if (ArrayBuffer.isView(value)) {
    return `${viewName(value)} of ${String(value.byteLength)} bytes`;
  }
  if (types.isAnyArrayBuffer(value)) {
    return `ArrayBuffer of ${String(value.byteLength)} bytes`;
  }
  if (Array.isArray(value)) {
    return `an array of ${String(value.length)}`;
  }
  const constructor: unknown = (value as { constructor?: unknown }).constructor;
  return typeof constructor === "function" && constructor !== Object && constructor.name !== ""
    ? `an object of class ${constructor.name}`
    : "an object";
}

function viewName(view: ArrayBufferView): string {
  return Buffer.isBuffer(view) ? "Buffer" : Object.prototype.toString.call(view).slice(8, -1);
}
