import { checkBytes } from "../arguments.js";
import { MalformedDataError } from "../errors/malformed-data-error.js";
import { decodeLcdLayout, decodeValidation } from "./display.js";
import type { LcdLayout, PinValidation } from "./display.js";

/** How a reader takes pseudo APDUs, which are for the reader and not for the card. */
export interface PpduSupport {
  /** By `card.control()` with the control code of the feature `ccidEscape`. */
  readonly control: boolean;
  /** By `card.transmit()`. */
  readonly transmit: boolean;
}

/** A property whose tag this package has no name for. */
export interface UnknownProperty {
  readonly tag: number;
  readonly value: Uint8Array;
}

/**
 * Properties of a reader: FEATURE_GET_TLV_PROPERTIES of PC/SC part 10, whose names follow each
 * description. Absent ones were not given by the reader.
 */
export interface TlvProperties {
  /** The display; null when there is none. wLcdLayout */
  readonly lcdLayout?: LcdLayout | null;
  /** What can end the entry of a PIN. bEntryValidationCondition */
  readonly validation?: readonly PinValidation[];
  /** Whether the reader has a separate time limit after the first key. bTimeOut2 */
  readonly timeoutAfterFirstKey?: boolean;
  /** Characters a line of the display holds. wLcdMaxCharacters */
  readonly lcdMaxCharacters?: number;
  /** Lines the display holds. wLcdMaxLines */
  readonly lcdMaxLines?: number;
  /** Shortest PIN the reader takes, digits. bMinPINSize */
  readonly minPinSize?: number;
  /** Longest PIN the reader takes, digits. bMaxPINSize */
  readonly maxPinSize?: number;
  /** The firmware's version, in the vendor's words. sFirmwareID */
  readonly firmwareId?: string;
  /** bPPDUSupport */
  readonly ppduSupport?: PpduSupport;
  /** Most data bytes of a command: 256, or up to 65536 with extended length. dwMaxAPDUDataSize */
  readonly maxApduDataSize?: number;
  /** USB vendor. wIdVendor */
  readonly vendorId?: number;
  /** USB product. wIdProduct */
  readonly productId?: number;
  /** Properties without a name here. */
  readonly unknown: readonly UnknownProperty[];
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type Known = Writable<Omit<TlvProperties, "unknown">>;
type Reader = (known: Known, value: Uint8Array, number: () => number) => void;

/** By tag: puts the value in its place. `number` reads it as a little-endian number. */
const readers: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [1, (known, _value, number) => (known.lcdLayout = decodeLcdLayout(number()))],
  [2, (known, _value, number) => (known.validation = decodeValidation(number()))],
  [3, (known, _value, number) => (known.timeoutAfterFirstKey = number() !== 0)],
  [4, (known, _value, number) => (known.lcdMaxCharacters = number())],
  [5, (known, _value, number) => (known.lcdMaxLines = number())],
  [6, (known, _value, number) => (known.minPinSize = number())],
  [7, (known, _value, number) => (known.maxPinSize = number())],
  [8, (known, value) => (known.firmwareId = decodeFirmwareId(value))],
  [9, (known, _value, number) => (known.ppduSupport = decodePpduSupport(number()))],
  [10, (known, _value, number) => (known.maxApduDataSize = number())],
  [11, (known, _value, number) => (known.vendorId = number())],
  [12, (known, _value, number) => (known.productId = number())],
]);

const subject = "TLV properties";

/**
 * Reads the answer to the feature `tlvProperties`: entries of a tag, a length and a value, with
 * numbers in little-endian order (PC/SC part 10, 2.6.14).
 *
 * @throws {MalformedDataError} when an entry is cut short or a number has not 1 to 4 bytes.
 */
export function parseTlvProperties(bytes: Uint8Array): TlvProperties {
  const list = checkBytes("bytes", bytes);
  const known: Known = {};
  const unknown: UnknownProperty[] = [];
  let offset = 0;
  while (offset < list.length) {
    const tag = list[offset] ?? 0;
    const start = offset + 2;
    const end = start + (list[offset + 1] ?? 0);
    if (start > list.length || end > list.length) {
      throw new MalformedDataError(subject, list, offset, "the last entry is cut short");
    }
    const value = list.slice(start, end);
    const read = readers.get(tag);
    if (read === undefined) {
      unknown.push(Object.freeze({ tag, value }));
    } else {
      read(known, value, () => littleEndian(list, start, end));
    }
    offset = end;
  }
  return Object.freeze({ ...known, unknown: Object.freeze(unknown) });
}

function littleEndian(list: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > 4) {
    throw new MalformedDataError(subject, list, start - 1, "a number has 1 to 4 bytes");
  }
  // Not by shifting: the fourth byte would become a sign.
  return list.slice(start, end).reduceRight((number, byte) => number * 256 + byte, 0);
}

function decodeFirmwareId(value: Uint8Array): string {
  return new TextDecoder("windows-1252").decode(value).replace(/\0+$/, "");
}

function decodePpduSupport(bits: number): PpduSupport {
  return Object.freeze({ control: (bits & 1) !== 0, transmit: (bits & 2) !== 0 });
}
