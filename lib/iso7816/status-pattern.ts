// Status words with wildcards, as people write them: 9000, 61XX, 63CX.
import { ScardArgumentError } from "../errors/argument-error.js";

/** A status word of four hexadecimal digits, `X` for any digit: `"9000"`, `"61XX"`, `"63CX"`. */
export type StatusPattern = string;

/** A pattern as bits: a status word matches when it equals `value` where `mask` has ones. */
export interface StatusMask {
  readonly value: number;
  readonly mask: number;
}

/** Reads a pattern; undefined when it is none. */
export function parseStatusPattern(text: string): StatusMask | undefined {
  const digits = text.toUpperCase();
  if (!/^[0-9A-FX]{4}$/.test(digits)) {
    return undefined;
  }
  return {
    value: parseInt(digits.replaceAll("X", "0"), 16),
    mask: parseInt(digits.replace(/[^X]/g, "F").replaceAll("X", "0"), 16),
  };
}

export function matchesStatus(sw: number, { value, mask }: StatusMask): boolean {
  return ((sw ^ value) & mask) === 0;
}

/** One pattern or several, as an option. */
export function checkStatusPatterns(name: string, given: unknown): readonly StatusMask[] {
  if (given === undefined) {
    return [];
  }
  const patterns: readonly unknown[] = Array.isArray(given) ? given : [given];
  return patterns.map((pattern) => {
    const parsed = typeof pattern === "string" ? parseStatusPattern(pattern) : undefined;
    if (parsed === undefined) {
      const expected = 'status words of four hexadecimal digits, X for any: "9000", "63CX"';
      throw new ScardArgumentError(name, pattern, expected);
    }
    return parsed;
  });
}
