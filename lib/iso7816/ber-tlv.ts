import { checkInteger, checkOneOf, checkOptions } from "../arguments.js";
import { type BytesInput, hexByte, viewBytes } from "../bytes.js";
import { TlvError } from "./format-error.js";

/** The class of a BER-TLV tag, its two highest bits. */
export type TagClass = "universal" | "application" | "context-specific" | "private";

/** One decoded BER-TLV data object. */
export interface TlvElement {
  /**
   * The tag field's bytes, all of them, read as one big-endian number: 0x84, 0x7F49, 0x9F8101.
   * Class and constructed bit are part of it, as the standards print tags.
   */
  readonly tag: number;
  readonly tagClass: TagClass;
  /** Whether the value consists of data objects (bit 6 of the tag's first byte). */
  readonly constructed: boolean;
  /** Where the tag starts in the decoded bytes. */
  readonly offset: number;
  /** Length of tag and length field together, in bytes. */
  readonly headerLength: number;
  /**
   * The value, for a constructed object too. A view of the bytes given to `decodeTlv`, not a
   * copy: it changes with them, and keeps them alive.
   */
  readonly value: Uint8Array;
  /** The data objects in the value; empty for a primitive object. */
  readonly children: readonly TlvElement[];
}

/** Options of {@link decodeTlv}. */
export interface DecodeTlvOptions {
  /**
   * Which bytes between data objects are padding, to be skipped: `"00-and-ff"` (default, ISO/IEC
   * 7816-4), `"00"` (cards whose capabilities say that FF may start a tag), or `"none"`.
   */
  readonly padding?: "00-and-ff" | "00" | "none";
  /** Constructed objects inside one another, at most; 1 to 64. Default: 16. */
  readonly maxDepth?: number;
  /** Bytes given, at most. Default: 1 048 576. */
  readonly maxLength?: number;
  /** Data objects in all, at most. Default: 10 000. */
  readonly maxElements?: number;
}

const tagClasses = ["universal", "application", "context-specific", "private"] as const;
const paddings = ["00-and-ff", "00", "none"] as const;
const optionNames = ["padding", "maxDepth", "maxLength", "maxElements"] as const;
const noChildren: readonly TlvElement[] = Object.freeze([]);

/** One decoding run. Offsets are those of the whole input. */
interface Decoder {
  readonly bytes: Uint8Array;
  readonly padding: (typeof paddings)[number];
  readonly maxDepth: number;
  readonly maxElements: number;
  elements: number;
}

/**
 * Decodes a sequence of BER-TLV data objects (ISO/IEC 7816-4, "BER-TLV data objects"): tags of 1
 * to 4 bytes, lengths in the short form or with 1 to 4 length bytes (longer than needed is
 * accepted: cards send that). The indefinite length (80) is refused, as ISO/IEC 7816-4 has it.
 *
 * Values are views of `bytes`, not copies.
 * @param bytes Bytes or hexadecimal text; empty gives no objects.
 * @throws {TlvError} with the offset, for malformed bytes and for what goes past a limit.
 * @throws {ScardArgumentError} for a wrong argument or option.
 */
export function decodeTlv(bytes: BytesInput, options?: DecodeTlvOptions): TlvElement[] {
  const given = checkOptions("options", options, optionNames);
  const integer = (name: string, value: unknown, standard: number, max: number): number =>
    checkInteger(name, value ?? standard, 1, max);
  const maxLength = integer("maxLength", given.maxLength, 1_048_576, 0x7fffffff);
  const decoder: Decoder = {
    bytes: viewBytes("bytes", bytes),
    padding: checkOneOf("padding", given.padding ?? "00-and-ff", paddings),
    maxDepth: integer("maxDepth", given.maxDepth, 16, 64),
    maxElements: integer("maxElements", given.maxElements, 10_000, 0x7fffffff),
    elements: 0,
  };
  const length = decoder.bytes.length;
  if (length > maxLength) {
    const expected = `at most ${String(maxLength)} bytes (maxLength)`;
    throw fault(maxLength, "value", expected, `${String(length)} bytes`);
  }
  return decodeSequence(decoder, 0, length, 0);
}

function decodeSequence(decoder: Decoder, from: number, to: number, depth: number): TlvElement[] {
  const elements: TlvElement[] = [];
  let offset = from;
  while (offset < to) {
    const byte = at(decoder.bytes, offset);
    if (isPadding(decoder, byte)) {
      offset += 1;
      continue;
    }
    const element = decodeElement(decoder, offset, to, depth);
    elements.push(element);
    offset += element.headerLength + element.value.length;
  }
  return elements;
}

function isPadding(decoder: Decoder, byte: number): boolean {
  if (byte === 0x00) {
    return decoder.padding !== "none";
  }
  return byte === 0xff && decoder.padding === "00-and-ff";
}

function decodeElement(decoder: Decoder, offset: number, to: number, depth: number): TlvElement {
  decoder.elements += 1;
  if (decoder.elements > decoder.maxElements) {
    const expected = `at most ${String(decoder.maxElements)} data objects (maxElements)`;
    throw fault(offset, "tag", expected, "one more");
  }
  const { bytes } = decoder;
  const first = at(bytes, offset);
  const lengthOffset = tagEnd(bytes, offset, to);
  let tag = 0;
  for (let index = offset; index < lengthOffset; index += 1) {
    tag = tag * 256 + at(bytes, index);
  }
  const valueOffset = lengthEnd(bytes, lengthOffset, to);
  const length = readLength(bytes, lengthOffset, valueOffset);
  if (length > to - valueOffset) {
    const expected = `at most the ${String(to - valueOffset)} bytes that follow`;
    throw fault(lengthOffset, "length", expected, String(length));
  }
  const constructed = (first & 0x20) !== 0;
  const end = valueOffset + length;
  if (constructed && depth + 1 > decoder.maxDepth) {
    const expected = `at most ${String(decoder.maxDepth)} levels (maxDepth)`;
    throw fault(offset, "tag", expected, "a deeper constructed object");
  }
  return {
    tag,
    tagClass: tagClasses[first >> 6] ?? "universal",
    constructed,
    offset,
    headerLength: valueOffset - offset,
    value: bytes.subarray(valueOffset, end),
    children: constructed ? decodeSequence(decoder, valueOffset, end, depth + 1) : noChildren,
  };
}

/** Where the tag field ends: more bytes follow a first one of XXX11111, while bit 8 is set. */
function tagEnd(bytes: Uint8Array, offset: number, to: number): number {
  let end = offset + 1;
  if ((at(bytes, offset) & 0x1f) !== 0x1f) {
    return end;
  }
  for (;;) {
    if (end >= to) {
      throw fault(end, "tag", "a further tag byte", "the end");
    }
    if (end - offset >= 4) {
      throw fault(end, "tag", "a tag of at most 4 bytes", "a longer one");
    }
    end += 1;
    if ((at(bytes, end - 1) & 0x80) === 0) {
      return end;
    }
  }
}

function lengthEnd(bytes: Uint8Array, offset: number, to: number): number {
  if (offset >= to) {
    throw fault(offset, "length", "a length field", "the end");
  }
  const first = at(bytes, offset);
  if (first < 0x80) {
    return offset + 1;
  }
  if (first === 0x80) {
    const expected = "a definite length (ISO/IEC 7816-4 does not use the indefinite form)";
    throw fault(offset, "length", expected, "80");
  }
  if (first > 0x84) {
    throw fault(offset, "length", "00 to 7F, or 81 to 84", hexByte(first));
  }
  const end = offset + 1 + (first & 0x7f);
  if (end > to) {
    throw fault(to, "length", `${String(first & 0x7f)} bytes of length`, "the end");
  }
  return end;
}

function readLength(bytes: Uint8Array, offset: number, end: number): number {
  if (end === offset + 1) {
    return at(bytes, offset);
  }
  let length = 0;
  for (let index = offset + 1; index < end; index += 1) {
    length = length * 256 + at(bytes, index);
  }
  return length;
}

function at(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

function fault(offset: number, field: string, expected: string, found: string): TlvError {
  return new TlvError("BER-TLV", { offset, field, expected, found });
}
