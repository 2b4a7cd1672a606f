import { codeDescriptions, codeNames } from "./codes.gen.js";
import type { CodeDescription, PcscCode } from "./codes.gen.js";

export type { CodeDescription, PcscCode } from "./codes.gen.js";

/** A result that no header defines, by its number: `SCARD_0x8010FFFF`. */
export type UnknownPcscCode = `SCARD_0x${string}`;

type Names = ReadonlyMap<number, PcscCode>;

/** Made when the first error is: a program without one does not even load the table. */
let maps: { readonly windows: Names; readonly pcsclite: Names } | undefined;

function namesOn(platform: NodeJS.Platform): Names {
  maps ??= {
    windows: new Map(codeNames.map(([value, windows]) => [value, windows])),
    pcsclite: new Map(codeNames.map(([value, , pcsclite]) => [value, pcsclite])),
  };
  return platform === "win32" ? maps.windows : maps.pcsclite;
}

/**
 * Name of a PC/SC result.
 *
 * @param value 32-bit result; signed and unsigned forms are the same.
 * @param platform Whose numbering to read it by. Default: this platform's. 0x8010001F is
 *   `SCARD_E_UNEXPECTED` on Windows and `SCARD_E_UNSUPPORTED_FEATURE` elsewhere.
 */
export function codeName(
  value: number,
  platform: NodeJS.Platform = process.platform,
): PcscCode | UnknownPcscCode {
  const unsigned = value >>> 0;
  return namesOn(platform).get(unsigned) ?? `SCARD_0x${hexDigits(unsigned)}`;
}

/** Number of a PC/SC result as this platform's library returns it, unsigned. */
export function codeValue(code: PcscCode, platform: NodeJS.Platform = process.platform): number {
  const { windows, pcsclite } = codeDescriptions[code];
  return platform === "win32" ? windows : pcsclite;
}

/** What is known about a result; undefined for a number that no header defines. */
export function describeCode(code: PcscCode | UnknownPcscCode): CodeDescription | undefined {
  return Object.hasOwn(codeDescriptions, code) ? codeDescriptions[code as PcscCode] : undefined;
}

/** A 32-bit value as error messages show it: `0x80100069`. */
export function formatCodeValue(value: number): string {
  return `0x${hexDigits(value >>> 0)}`;
}

function hexDigits(unsigned: number): string {
  return unsigned.toString(16).toUpperCase().padStart(8, "0");
}
