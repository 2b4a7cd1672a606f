// What winscard has a result for and the package checks before: with the argument, its value and what
// was expected.
import { toHex } from "../bytes.js";
import type { PcscCode } from "../errors/codes.js";
import { PcscError } from "../errors/pcsc-error.js";

/** Longest value that is shown whole. */
const longestShown = 80;

/** "1 byte", "2 bytes". */
export function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${String(count)} bytes`;
}

export function wrongArgument(
  code: PcscCode,
  call: string,
  argument: string,
  value: string | Uint8Array,
  expected: string,
): PcscError {
  const given = typeof value === "string" ? text(value) : `${bytes(value.length)}${hex(value)}`;
  return PcscError.found(code, call, `"${argument}" must be ${expected}; given ${given}.`);
}

function text(value: string): string {
  return value.length > longestShown ? `${String(value.length)} characters` : JSON.stringify(value);
}

function hex(value: Uint8Array): string {
  return value.length === 0 || value.length > longestShown ? "" : ` (${toHex(value)})`;
}
