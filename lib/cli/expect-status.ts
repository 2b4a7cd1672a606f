import { matchesStatus, parseStatusPattern } from "../iso7816/status-pattern.js";

/** What a status word shall look like: `9000`, `61XX`, `9000,61XX`. */
export interface ExpectedStatus {
  readonly text: string;
  readonly matches: (sw: number) => boolean;
}

/** Reads such a pattern, where `X` stands for any digit; undefined when it is none. */
export function parseExpectedStatus(text: string): ExpectedStatus | undefined {
  const words = text.split(",").map((word) => word.trim().toUpperCase());
  const patterns = words.map(parseStatusPattern).filter((pattern) => pattern !== undefined);
  if (patterns.length < words.length) {
    return undefined;
  }
  return {
    text: words.join(" or "),
    matches: (sw) => patterns.some((pattern) => matchesStatus(sw, pattern)),
  };
}
