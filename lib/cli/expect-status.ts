import { hexWord } from "../bytes.js";

/** What a status word shall look like: `9000`, `61XX`, `9000,61XX`. */
export interface ExpectedStatus {
  readonly text: string;
  readonly matches: (sw: number) => boolean;
}

/** Reads such a pattern, where `X` stands for any digit; undefined when it is none. */
export function parseExpectedStatus(text: string): ExpectedStatus | undefined {
  const words = text.split(",").map((word) => word.trim().toUpperCase());
  if (!words.every((word) => /^[0-9A-FX]{4}$/.test(word))) {
    return undefined;
  }
  const patterns = words.map((word) => new RegExp(`^${word.replaceAll("X", ".")}$`));
  return {
    text: words.join(" or "),
    matches: (sw) => patterns.some((pattern) => pattern.test(hexWord(sw))),
  };
}
