import { checkOptions } from "./arguments.js";
import { type BytesInput, copyBytes } from "./bytes.js";
import { ScardArgumentError } from "./errors/argument-error.js";

/**
 * An ATR as bytes or hexadecimal text, or a pattern: an ATR matches that is as long as `atr` and
 * equal to it in the bits that are set in `mask`, which is as long as `atr`.
 */
export type AtrMatch = BytesInput | { readonly atr: BytesInput; readonly mask: BytesInput };

/** An {@link AtrMatch}, checked: `atr` has no bit that `mask` lacks. */
export interface AtrPattern {
  readonly atr: Uint8Array;
  readonly mask: Uint8Array;
}

const longestAtr = 33;

/** An ATR, or one under a mask. */
export function checkAtrPattern(name: string, value: unknown): AtrPattern {
  const masked = isPattern(value);
  const given = masked ? checkOptions(name, value, ["atr", "mask"]) : { atr: value };
  const atr = copyBytes(masked ? `${name}.atr` : name, given.atr, 1, longestAtr);
  const mask = masked
    ? copyBytes(`${name}.mask`, (value as { mask: unknown }).mask, 1, longestAtr)
    : new Uint8Array(atr.length).fill(0xff);
  if (mask.length !== atr.length) {
    const length = String(atr.length);
    throw new ScardArgumentError(`${name}.mask`, mask, `as many bytes as ${name}.atr, ${length}`);
  }
  return { atr: atr.map((byte, index) => byte & (mask[index] ?? 0)), mask };
}

/** Whether an ATR is one of the pattern. */
export function patternMatches({ atr, mask }: AtrPattern, candidate: Uint8Array | null): boolean {
  return (
    candidate?.length === atr.length &&
    candidate.every((byte, index) => (byte & (mask[index] ?? 0)) === atr[index])
  );
}

/** Whether an ATR is the one looked for; for `undefined` every ATR is, and none. */
export function checkAtrMatch(name: string, value: unknown): (atr: Uint8Array | null) => boolean {
  if (value === undefined) {
    return () => true;
  }
  const pattern = checkAtrPattern(name, value);
  return (atr) => patternMatches(pattern, atr);
}

function isPattern(value: unknown): boolean {
  return typeof value === "object" && value !== null && ("mask" in value || "atr" in value);
}
