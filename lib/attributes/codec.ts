// How the bytes of SCardGetAttrib become values and back. Numbers are in the byte order of the
// machine: they come from the memory of the resource manager or of a driver.
import { endianness } from "node:os";

import { MalformedDataError } from "../errors/malformed-data-error.js";

/** Turns the bytes of the attribute called `name` into its value. */
export type Decode<Value> = (bytes: Uint8Array, name: string) => Value;

/** Protocols as reader attributes name them: bit n is T=n, bit 16 is raw. */
export type AttributeProtocol = `t${number}` | "raw";

/** How a reader is attached. `vendor` is the driver's own kind, `unknown` one nobody defines. */
export type ChannelType =
  | "serial"
  | "parallel"
  | "keyboard"
  | "scsi"
  | "ide"
  | "usb"
  | "pcmcia"
  | "tpm"
  | "nfc"
  | "uicc"
  | "embedded"
  | "vendor"
  | "unknown";

/** Value of the attribute `channelId`. */
export interface ChannelId {
  readonly type: ChannelType;
  /**
   * Port, device or SCSI number, 16 bits. For USB the usual Linux and macOS driver gives the bus
   * in the high byte and the device's address in the low one.
   */
  readonly number: number;
  /** The whole value, 0xDDDDCCCC. */
  readonly raw: number;
}

/** Value of the attribute `characteristics`. */
export interface Characteristics {
  /** The reader draws the card in. */
  readonly swallow: boolean;
  /** The reader can eject the card. */
  readonly eject: boolean;
  /** The reader can keep the card. */
  readonly capture: boolean;
  /** The reader works without contacts (set by some drivers only). */
  readonly contactless: boolean;
  readonly raw: number;
}

/** Value of the attribute `iccPresence`. `inserted` is present but not swallowed. */
export type IccPresence = "absent" | "inserted" | "present" | "confiscated" | "unknown";

/** Value of the attribute `iccType`. */
export type IccType =
  | "unknown"
  | "7816-asynchronous"
  | "7816-synchronous"
  | "7816-10-type-1"
  | "7816-10-type-2"
  | "14443-a"
  | "14443-b"
  | "15693";

const maxDword = 0xffffffffn;

/**
 * An unsigned number of 1, 2, 4 or 8 bytes. A DWORD has 4, or 8 where pcsclite's own 64-bit DWORD
 * shines through; a value above 32 bits is malformed.
 */
export const decodeNumber: Decode<number> = (bytes, name) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = endianness() === "LE";
  switch (bytes.length) {
    case 1:
      return view.getUint8(0);
    case 2:
      return view.getUint16(0, littleEndian);
    case 4:
      return view.getUint32(0, littleEndian);
    case 8: {
      const value = view.getBigUint64(0, littleEndian);
      if (value <= maxDword) {
        return Number(value);
      }
      throw new MalformedDataError(`attribute ${name}`, bytes, 0, "the number exceeds 32 bits");
    }
    default:
      throw new MalformedDataError(
        `attribute ${name}`,
        bytes,
        bytes.length,
        "a number has 1, 2, 4 or 8 bytes",
      );
  }
};

/** A DWORD, the form in which a number is set. */
export function encodeNumber(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, endianness() === "LE");
  return bytes;
}

/** Zero is false, anything else true. */
export const decodeBoolean: Decode<boolean> = (bytes, name) => decodeNumber(bytes, name) !== 0;

export const decodeBytes: Decode<Uint8Array> = (bytes) => bytes;

/** Text without its ending NULs: UTF-8, or Windows-1252 where it is not well-formed UTF-8. */
export const decodeText: Decode<string> = (bytes) => {
  const text = bytes.subarray(0, lengthWithoutNuls(bytes));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(text);
  } catch {
    // Vendors' strings are in the code page of whoever wrote the driver, mostly Western.
    return new TextDecoder("windows-1252").decode(text);
  }
};

/** UTF-16LE text without its ending NULs: Windows' W attributes. */
export const decodeWideText: Decode<string> = (bytes, name) => {
  if (bytes.length % 2 !== 0) {
    throw new MalformedDataError(
      `attribute ${name}`,
      bytes,
      bytes.length - 1,
      "UTF-16 text has an even number of bytes",
    );
  }
  return new TextDecoder("utf-16le", { ignoreBOM: true }).decode(bytes).replace(/\0+$/, "");
};

function lengthWithoutNuls(bytes: Uint8Array): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) {
    length -= 1;
  }
  return length;
}

/** 0xMMmmbbbb as "major.minor.build". */
export const decodeVersion: Decode<string> = (bytes, name) => {
  const value = decodeNumber(bytes, name);
  return `${String(value >>> 24)}.${String((value >>> 16) & 0xff)}.${String(value & 0xffff)}`;
};

const channelTypes: ReadonlyMap<number, ChannelType> = new Map([
  [0x01, "serial"],
  [0x02, "parallel"],
  [0x04, "keyboard"],
  [0x08, "scsi"],
  [0x10, "ide"],
  [0x20, "usb"],
  [0x40, "pcmcia"],
  [0x80, "tpm"],
  [0x100, "nfc"],
  [0x200, "uicc"],
  [0x800, "embedded"],
]);

export const decodeChannelId: Decode<ChannelId> = (bytes, name) => {
  const raw = decodeNumber(bytes, name);
  return Object.freeze({ type: channelType(raw >>> 16), number: raw & 0xffff, raw });
};

/** The word for a kind of channel: the high half of a channel id, or what GetDeviceTypeId gives. */
export function channelType(type: number): ChannelType {
  // Vendor kinds are 0xF0 to 0xFF in PC/SC part 3, 0xFXXX in Windows' NFC drivers.
  const vendor = (type >= 0xf0 && type <= 0xff) || type >= 0xf000;
  return channelTypes.get(type) ?? (vendor ? "vendor" : "unknown");
}

export const decodeCharacteristics: Decode<Characteristics> = (bytes, name) => {
  const raw = decodeNumber(bytes, name);
  return Object.freeze({
    swallow: (raw & 1) !== 0,
    eject: (raw & 2) !== 0,
    capture: (raw & 4) !== 0,
    contactless: (raw & 8) !== 0,
    raw,
  });
};

export const decodeProtocols: Decode<readonly AttributeProtocol[]> = (bytes, name) => {
  const raw = decodeNumber(bytes, name);
  const protocols: AttributeProtocol[] = [];
  for (let bit = 0; bit < 16; bit += 1) {
    if ((raw & (1 << bit)) !== 0) {
      protocols.push(`t${bit}`);
    }
  }
  if ((raw & 0x10000) !== 0) {
    protocols.push("raw");
  }
  return Object.freeze(protocols);
};

/** The protocol in use; null when there is none. */
export const decodeProtocol: Decode<AttributeProtocol | null> = (bytes, name) =>
  decodeProtocols(bytes, name)[0] ?? null;

/** T=1's error detection: 0 LRC, 1 CRC. */
export const decodeErrorDetection: Decode<"lrc" | "crc"> = (bytes, name) =>
  decodeNumber(bytes, name) === 0 ? "lrc" : "crc";

const presences: ReadonlyMap<number, IccPresence> = new Map([
  [0, "absent"],
  [1, "inserted"],
  [2, "present"],
  [4, "confiscated"],
]);

export const decodePresence: Decode<IccPresence> = (bytes, name) =>
  presences.get(decodeNumber(bytes, name)) ?? "unknown";

const iccTypes: readonly IccType[] = [
  "unknown",
  "7816-asynchronous",
  "7816-synchronous",
  "7816-10-type-1",
  "7816-10-type-2",
  "14443-a",
  "14443-b",
  "15693",
];

export const decodeIccType: Decode<IccType> = (bytes, name) =>
  iccTypes[decodeNumber(bytes, name)] ?? "unknown";
