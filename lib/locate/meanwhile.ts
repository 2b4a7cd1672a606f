// What the ways to a card share: between a look at the readers and a connection time goes by, and cards
// go.
import { PcscError } from "../errors/pcsc-error.js";
import type { CallOptions, Limits } from "../limits.js";

/** What is left of the limits, as options of the next call. */
export function limitOptions(limits: Limits | undefined): CallOptions {
  return { signal: limits?.signal, timeoutMs: limits?.remaining };
}

const leftCodes: readonly string[] = [
  "SCARD_W_REMOVED_CARD",
  "SCARD_E_NO_SMARTCARD",
  "SCARD_E_UNKNOWN_READER",
  "SCARD_E_READER_UNAVAILABLE",
];

/** Whether a failure says that the card or its reader has gone between a look and a connection. */
export function leftMeanwhile(error: unknown): boolean {
  return error instanceof PcscError && leftCodes.includes(error.code);
}

const refusedCodes: readonly string[] = [
  "SCARD_E_SHARING_VIOLATION",
  "SCARD_W_UNRESPONSIVE_CARD",
  "SCARD_W_UNPOWERED_CARD",
];

/** Whether a failure is about this one card, such as one held exclusively: another may do. */
export function refusedCard(error: unknown): error is PcscError {
  return error instanceof PcscError && refusedCodes.includes(error.code);
}
