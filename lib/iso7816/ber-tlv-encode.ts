import { checkOptions } from "../arguments.js";
import { type BytesInput, viewBytes } from "../bytes.js";
import { ScardArgumentError } from "../errors/argument-error.js";

/**
 * A BER-TLV data object to encode: a tag with a value, or a constructed tag with children. A
 * decoded `TlvElement` fits; it is encoded from its children when it is constructed, so padding
 * that stood between them is dropped and lengths become as short as they can be.
 */
export interface TlvInput {
  /** The tag field's bytes as one big-endian number, such as 0x84 or 0x7F49. */
  readonly tag: number;
  /** The value. Default: empty. Not looked at when there are children. */
  readonly value?: BytesInput | undefined;
  /** The data objects in the value of a constructed tag. Default: none. */
  readonly children?: readonly TlvInput[] | undefined;
}

/** Deepest nesting `encodeTlv` follows: it also ends a structure that contains itself. */
const deepest = 64;

const noBytes = new Uint8Array(0);
const inputNames = ["tag", "value", "children"] as const;
/** What a decoded element has besides; taken, so that it can be encoded as it is. */
const decodedNames = ["tagClass", "constructed", "offset", "headerLength"] as const;

/** A checked object with its sizes, so that the second pass only writes. */
interface Sized {
  readonly tag: number;
  readonly value: Uint8Array;
  readonly children: readonly Sized[];
  /** Length of the value field. */
  readonly length: number;
  /** Length of the whole object. */
  readonly size: number;
}

/**
 * Encodes BER-TLV data objects one after another, each length in its shortest form (at most 4
 * length bytes), without padding. The result is new memory.
 * @param objects One object or a list; an empty list gives no bytes.
 * @throws {ScardArgumentError} for a tag that is none (such as 0x7F, which announces a second
 * byte), children under a primitive tag, or more than 64 levels. Values are never shown.
 */
export function encodeTlv(objects: TlvInput | readonly TlvInput[]): Uint8Array {
  const list: readonly unknown[] = Array.isArray(objects) ? objects : [objects];
  const sized = list.map((object, index) => measure(object, `objects[${String(index)}]`, 1));
  const bytes = new Uint8Array(sized.reduce((total, { size }) => total + size, 0));
  let offset = 0;
  for (const object of sized) {
    offset = write(bytes, offset, object);
  }
  return bytes;
}

function measure(object: unknown, name: string, depth: number): Sized {
  if (depth > deepest) {
    throw new ScardArgumentError(name, object, `at most ${String(deepest)} levels deep`);
  }
  if (typeof object !== "object" || object === null) {
    throw new ScardArgumentError(name, object, "an object with a tag", { secret: true });
  }
  const given = checkOptions(name, object, [...inputNames, ...decodedNames]);
  const tag = checkTag(`${name}.tag`, given.tag);
  const children = measureChildren(`${name}.children`, given.children, tag, depth);
  const value = children.length > 0 ? noBytes : measureValue(`${name}.value`, given);
  const length = children.reduce((total, { size }) => total + size, value.length);
  const size = tagLength(tag) + lengthLength(length) + length;
  return { tag, value, children, length, size };
}

function measureValue(name: string, given: { readonly value?: unknown }): Uint8Array {
  if ("constructed" in given && given.constructed === true && "children" in given) {
    // A decoded constructed object without children: its value is nothing but padding.
    return noBytes;
  }
  return viewBytes(name, given.value ?? noBytes);
}

function measureChildren(name: string, children: unknown, tag: number, depth: number): Sized[] {
  if (children === undefined) {
    return [];
  }
  if (!Array.isArray(children)) {
    throw new ScardArgumentError(name, children, "an array of objects with tags");
  }
  if (children.length > 0 && !isConstructed(tag)) {
    throw new ScardArgumentError(name, children, "absent: the tag is primitive (bit 6 clear)");
  }
  const list: readonly unknown[] = children;
  return list.map((child, index) => measure(child, `${name}[${String(index)}]`, depth + 1));
}

/**
 * A BER-TLV tag of 1 to 4 bytes as one number: 1 byte unless its low 5 bits are all set; then
 * further bytes, each but the last with bit 8 set. 0 is padding, never a tag.
 * @throws {ScardArgumentError} for anything else.
 */
export function checkTag(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 0xffffffff) {
    const length = tagLength(value);
    const first = Math.floor(value / 256 ** (length - 1));
    let valid = ((first & 0x1f) === 0x1f) === length > 1;
    for (let index = length - 2; valid && index >= 0; index -= 1) {
      const more = ((value >>> (8 * index)) & 0x80) !== 0;
      valid = more === index > 0;
    }
    if (valid) {
      return value;
    }
  }
  const shown = typeof value === "number" && value > 0 ? `0x${value.toString(16)}` : value;
  throw new ScardArgumentError(name, shown, "a BER-TLV tag of 1 to 4 bytes as a number");
}

function isConstructed(tag: number): boolean {
  return ((tag >>> (8 * (tagLength(tag) - 1))) & 0x20) !== 0;
}

function tagLength(tag: number): number {
  return tag > 0xffffff ? 4 : tag > 0xffff ? 3 : tag > 0xff ? 2 : 1;
}

function lengthLength(length: number): number {
  if (length < 0x80) {
    return 1;
  }
  return length > 0xffffff ? 5 : length > 0xffff ? 4 : length > 0xff ? 3 : 2;
}

/** Writes one object; returns where it ends. */
function write(bytes: Uint8Array, start: number, object: Sized): number {
  let offset = writeNumber(bytes, start, object.tag, tagLength(object.tag));
  const following = lengthLength(object.length) - 1;
  if (following > 0) {
    bytes[offset] = 0x80 | following;
    offset += 1;
  }
  offset = writeNumber(bytes, offset, object.length, Math.max(following, 1));
  bytes.set(object.value, offset);
  offset += object.value.length;
  for (const child of object.children) {
    offset = write(bytes, offset, child);
  }
  return offset;
}

function writeNumber(bytes: Uint8Array, start: number, value: number, length: number): number {
  for (let index = 0; index < length; index += 1) {
    // Stored into a byte, so only the low 8 bits count.
    bytes[start + index] = value >>> (8 * (length - 1 - index));
  }
  return start + length;
}
