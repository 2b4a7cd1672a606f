import { InvalidArgumentError } from "commander";

import { longestTimeout } from "../arguments.js";
import { type ExpectedStatus, parseExpectedStatus } from "./expect-status.js";
import type { CliProtocol } from "./io.js";

/** The options of `scard send` as commander gives them. */
export interface SendOptions {
  readonly reader?: string;
  readonly file?: string;
  readonly transaction?: boolean;
  readonly protocol?: CliProtocol;
  readonly share: "shared" | "exclusive" | "direct";
  /** Milliseconds. */
  readonly timeout?: number;
  readonly stopOnError?: boolean;
  readonly expect?: ExpectedStatus;
  readonly raw?: boolean;
  readonly showSecrets?: boolean;
  readonly json?: boolean;
}

/** `--timeout`: `500`, `500ms`, `5s`, `2m` as milliseconds. */
export function parseDuration(text: string): number {
  const [, digits, unit = "ms"] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text.trim()) ?? [];
  const factor = { ms: 1, s: 1000, m: 60_000 }[unit] ?? 1;
  const milliseconds = Math.ceil(Number(digits) * factor);
  if (digits === undefined || milliseconds < 1 || milliseconds > longestTimeout) {
    throw new InvalidArgumentError(
      `Expected a time from 1ms to ${String(Math.floor(longestTimeout / 60_000))}m, ` +
        "such as 500ms, 5s or 2m.",
    );
  }
  return milliseconds;
}

/** `--expect` */
export function parseExpect(text: string): ExpectedStatus {
  const expected = parseExpectedStatus(text);
  if (expected === undefined) {
    throw new InvalidArgumentError(
      "Expected status words of 4 hexadecimal digits, X for any: 9000 or 9000,61XX.",
    );
  }
  return expected;
}
