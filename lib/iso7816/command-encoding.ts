// The seven encodings of a command APDU, ISO/IEC 7816-3 clause 12.1 and ISO/IEC 7816-4 clause 5.1:
// case 1; cases 2, 3 and 4 with short (S) or extended (E) length fields.
import { ApduError } from "./format-error.js";

/** What the bytes after the header hold. */
export interface CommandBody {
  /** Where the data field starts and ends; equal without one. */
  readonly dataStart: number;
  readonly dataEnd: number;
  /** Ne, 1 to 65536, or undefined without an Le field. */
  readonly le: number | undefined;
  readonly extended: boolean;
}

const headerLength = 4;

/** Finds the fields of a command. @throws {ApduError} naming the field and its offset. */
export function parseCommandBody(bytes: Uint8Array): CommandBody {
  const length = bytes.length;
  if (length < headerLength) {
    const field = ["CLA", "INS", "P1", "P2"][length] ?? "P2";
    throw fault(length, field, "a header of 4 bytes: CLA, INS, P1, P2", countBytes(length));
  }
  if (length === headerLength) {
    return { dataStart: 4, dataEnd: 4, le: undefined, extended: false };
  }
  const first = at(bytes, 4);
  if (length === 5) {
    return { dataStart: 5, dataEnd: 5, le: first === 0 ? 256 : first, extended: false };
  }
  return first === 0 ? parseExtended(bytes) : parseShort(bytes, first);
}

function parseShort(bytes: Uint8Array, lc: number): CommandBody {
  const dataEnd = 5 + lc;
  const rest = bytes.length - dataEnd;
  if (rest !== 0 && rest !== 1) {
    throw wrongDataLength(bytes.length, 4, lc, 5, "nothing or a 1-byte Le");
  }
  const last = at(bytes, dataEnd);
  const le = rest === 0 ? undefined : last === 0 ? 256 : last;
  return { dataStart: 5, dataEnd, le, extended: false };
}

function parseExtended(bytes: Uint8Array): CommandBody {
  const length = bytes.length;
  if (length < 7) {
    const expected = "an extended Lc or Le of 3 bytes (00 and two more)";
    throw fault(length, "extended length", expected, `${countBytes(length)} in all`);
  }
  const word = (at(bytes, 5) << 8) | at(bytes, 6);
  if (length === 7) {
    return { dataStart: 7, dataEnd: 7, le: word === 0 ? 65_536 : word, extended: true };
  }
  if (word === 0) {
    throw fault(5, "Lc", "an extended Lc from 1 to 65535", "0 with bytes after it");
  }
  const dataEnd = 7 + word;
  const rest = length - dataEnd;
  if (rest !== 0 && rest !== 2) {
    throw wrongDataLength(length, 5, word, 7, "nothing or a 2-byte Le");
  }
  const last = (at(bytes, dataEnd) << 8) | at(bytes, dataEnd + 1);
  const le = rest === 0 ? undefined : last === 0 ? 65_536 : last;
  return { dataStart: 7, dataEnd, le, extended: true };
}

function wrongDataLength(
  length: number,
  lcOffset: number,
  lc: number,
  dataStart: number,
  after: string,
): ApduError {
  const found = `${countBytes(length - dataStart)} after Lc`;
  const expected = `${countBytes(lc)} of data (Lc at byte ${String(lcOffset)}), then ${after}`;
  const missing = length < dataStart + lc;
  return missing
    ? fault(length, "data", expected, found)
    : fault(dataStart + lc, "Le", expected, found);
}

/** The bytes of a command. The caller has checked every value against the form. */
export function encodeCommand(
  header: readonly [cla: number, ins: number, p1: number, p2: number],
  data: Uint8Array,
  le: number | undefined,
  extended: boolean,
): Uint8Array {
  const lcLength = data.length === 0 ? 0 : extended ? 3 : 1;
  const leLength = le === undefined ? 0 : !extended ? 1 : data.length === 0 ? 3 : 2;
  const bytes = new Uint8Array(headerLength + lcLength + data.length + leLength);
  bytes.set(header);
  // Stored into bytes, 256 and 65536 become the zeros that stand for them.
  if (lcLength === 1) {
    bytes[4] = data.length;
  } else if (lcLength === 3) {
    bytes[5] = data.length >> 8;
    bytes[6] = data.length;
  }
  bytes.set(data, headerLength + lcLength);
  if (le !== undefined) {
    bytes[bytes.length - 1] = le;
    if (extended) {
      bytes[bytes.length - 2] = le >> 8;
    }
  }
  return bytes;
}

function at(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

function fault(offset: number, field: string, expected: string, found: string): ApduError {
  return new ApduError("command APDU", { offset, field, expected, found });
}

function countBytes(count: number): string {
  return count === 1 ? "1 byte" : `${String(count)} bytes`;
}
