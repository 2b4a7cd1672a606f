import { checkOptions } from "./arguments.js";
import { type BytesInput, copyBytes } from "./bytes.js";
import { ScardArgumentError } from "./errors/argument-error.js";

/**
 * An ATR as bytes or hexadecimal text, or a pattern: an ATR matches that is as long as `atr` and
 * equal to it in the bits that are set in `mask`, which is as long as `atr`.
 */
export type AtrMatch = BytesInput | { readonly atr: BytesInput; readonly mask: BytesInput };

const longestAtr = 33;

/** Whether an ATR is the one looked for; for `undefined` every ATR is, and none. */
export function checkAtrMatch(name: string, value: unknown): (atr: Uint8Array | null) => boolean {
  if (value === undefined) {
    return () => true;
  }
  const masked = isPattern(value);
  const given = masked ? checkOptions(name, value, ["atr", "mask"]) : { atr: value };
  const pattern = copyBytes(masked ? `${name}.atr` : name, given.atr, 1, longestAtr);
  const mask = masked
    ? copyBytes(`${name}.mask`, (value as { mask: unknown }).mask, 1, longestAtr)
    : new Uint8Array(pattern.length).fill(0xff);
  if (mask.length !== pattern.length) {
    const length = String(pattern.length);
    throw new ScardArgumentError(`${name}.mask`, mask, `as many bytes as ${name}.atr, ${length}`);
  }
  return (atr) =>
    atr?.length === pattern.length &&
    atr.every((byte, index) => {
      const bits = mask[index] ?? 0;
      return (byte & bits) === ((pattern[index] ?? 0) & bits);
    });
}

function isPattern(value: unknown): boolean {
  return typeof value === "object" && value !== null && ("mask" in value || "atr" in value);
}
