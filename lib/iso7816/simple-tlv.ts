import { checkInteger, checkOptions } from "../arguments.js";
import { type BytesInput, hexByte, viewBytes } from "../bytes.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { TlvError } from "./format-error.js";

/** One decoded SIMPLE-TLV data object. */
export interface SimpleTlvElement {
  /** 1 to 254. */
  readonly tag: number;
  /** Where the tag starts in the decoded bytes. */
  readonly offset: number;
  /** A view of the bytes given to `decodeSimpleTlv`, not a copy. */
  readonly value: Uint8Array;
}

/** A SIMPLE-TLV data object to encode. */
export interface SimpleTlvInput {
  /** 1 to 254. */
  readonly tag: number;
  /** At most 65 535 bytes. Default: empty. */
  readonly value?: BytesInput | undefined;
}

/** Options of {@link decodeSimpleTlv}. */
export interface DecodeSimpleTlvOptions {
  /** Data objects, at most. Default: 10 000. */
  readonly maxElements?: number;
}

/**
 * Decodes a sequence of SIMPLE-TLV data objects (ISO/IEC 7816-4, "SIMPLE-TLV data objects"): a tag
 * byte from 01 to FE, a length of 1 byte (00 to FE) or 3 bytes (FF, then two), a value. There is
 * no nesting and no padding. Values are views of `bytes`, not copies.
 * @throws {TlvError} with the offset, for malformed bytes and for too many objects.
 * @throws {ScardArgumentError} for a wrong argument or option.
 */
export function decodeSimpleTlv(
  bytes: BytesInput,
  options?: DecodeSimpleTlvOptions,
): SimpleTlvElement[] {
  const given = checkOptions("options", options, ["maxElements"]);
  const most = checkInteger("maxElements", given.maxElements ?? 10_000, 1, 0x7fffffff);
  const view = viewBytes("bytes", bytes);
  const elements: SimpleTlvElement[] = [];
  let offset = 0;
  while (offset < view.length) {
    if (elements.length >= most) {
      const expected = `at most ${String(most)} data objects (maxElements)`;
      throw fault(offset, "tag", expected, "one more");
    }
    const element = decodeElement(view, offset);
    elements.push(element);
    offset = element.value.byteOffset - view.byteOffset + element.value.length;
  }
  return elements;
}

function decodeElement(bytes: Uint8Array, offset: number): SimpleTlvElement {
  const tag = bytes[offset] ?? 0;
  if (tag === 0x00 || tag === 0xff) {
    throw fault(offset, "tag", "01 to FE", hexByte(tag));
  }
  const first = bytes[offset + 1];
  const start = offset + (first === 0xff ? 4 : 2);
  if (first === undefined || start > bytes.length) {
    const expected = first === undefined ? "a length field" : "2 bytes of length after FF";
    throw fault(bytes.length, "length", expected, "the end");
  }
  const long = ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
  const length = first === 0xff ? long : first;
  const rest = bytes.length - start;
  if (length > rest) {
    const expected = `at most the ${String(rest)} bytes that follow`;
    throw fault(offset + 1, "length", expected, String(length));
  }
  return { tag, offset, value: bytes.subarray(start, start + length) };
}

/**
 * Encodes SIMPLE-TLV data objects one after another, each length in its shortest form.
 * @param objects One object or a list; an empty list gives no bytes.
 * @throws {ScardArgumentError} for a tag that is no integer from 1 to 254, or a longer value than
 * 65 535 bytes. Values are never shown.
 */
export function encodeSimpleTlv(objects: SimpleTlvInput | readonly SimpleTlvInput[]): Uint8Array {
  const list: readonly unknown[] = Array.isArray(objects) ? objects : [objects];
  const checked = list.map((object, index) => checkInput(object, `objects[${String(index)}]`));
  const size = checked.reduce((total, { value }) => total + headerLength(value) + value.length, 0);
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const { tag, value } of checked) {
    const start = offset + headerLength(value);
    bytes[offset] = tag;
    if (value.length < 0xff) {
      bytes[offset + 1] = value.length;
    } else {
      bytes.set([0xff, value.length >> 8, value.length & 0xff], offset + 1);
    }
    bytes.set(value, start);
    offset = start + value.length;
  }
  return bytes;
}

function checkInput(object: unknown, name: string): { tag: number; value: Uint8Array } {
  if (typeof object !== "object" || object === null) {
    throw new ScardArgumentError(name, object, "an object with a tag", { secret: true });
  }
  const given = checkOptions(name, object, ["tag", "value", "offset"]);
  const tag = checkInteger(`${name}.tag`, given.tag, 1, 254);
  const value = viewBytes(`${name}.value`, given.value ?? new Uint8Array(0));
  if (value.length > 0xffff) {
    throw new ScardArgumentError(`${name}.value`, value, "at most 65535 bytes");
  }
  return { tag, value };
}

function headerLength(value: Uint8Array): number {
  return value.length < 0xff ? 2 : 4;
}

function fault(offset: number, field: string, expected: string, found: string): TlvError {
  return new TlvError("SIMPLE-TLV", { offset, field, expected, found });
}
