import type { BytesInput } from "../bytes.js";
import { decodeTlv } from "./ber-tlv.js";
import { findAllTlv, findTlv } from "./find-tlv.js";
import { TlvError } from "./format-error.js";

/** Extended length information of ISO/IEC 7816-4: the longest APDUs that a card supports. */
export interface ExtendedLengthInfo {
  /** Longest command APDU in bytes, header and length fields included. */
  readonly maxCommandLength: number;
  /** Longest response APDU in bytes, status word included. */
  readonly maxResponseLength: number;
}

const information = 0x7f66;
const integer = 0x02;

/**
 * Finds the extended length information in the content of EF.ATR/INFO (file 2F01, short identifier
 * 1): data object 7F66 with two integers.
 *
 * @returns Undefined when there is none.
 * @throws {TlvError} when the content is no BER-TLV, or the data object holds no two integers.
 */
export function extendedLengthInfo(efAtr: BytesInput): ExtendedLengthInfo | undefined {
  const found = findTlv(decodeTlv(efAtr), information);
  if (found === undefined) {
    return undefined;
  }
  const integers = findAllTlv(found.children, integer);
  const [command = 0, response = 0] = integers.map(({ value }) => unsigned(value));
  if (integers.length !== 2 || command === 0 || response === 0) {
    throw new TlvError("BER-TLV", {
      offset: found.offset,
      field: "7F66",
      expected: "two integers (tag 02) of 1 to 4 bytes, neither 0",
      found: integers.length === 2 ? "others" : `${String(integers.length)} integers`,
    });
  }
  return Object.freeze({ maxCommandLength: command, maxResponseLength: response });
}

function unsigned(bytes: Uint8Array): number {
  return bytes.length > 4 ? 0 : bytes.reduce((value, byte) => value * 256 + byte, 0);
}
