import { ClosedError } from "./errors/closed-error.js";
import type { PcscCode, UnknownPcscCode } from "./errors/codes.js";
import { PcscError } from "./errors/pcsc-error.js";

/** Failures that say there is nothing left to release. */
const goneCodes: ReadonlySet<PcscCode | UnknownPcscCode> = new Set<PcscCode>([
  "SCARD_W_REMOVED_CARD",
  "SCARD_W_RESET_CARD",
  "SCARD_W_UNPOWERED_CARD",
  "SCARD_E_NO_SMARTCARD",
  "SCARD_E_READER_UNAVAILABLE",
  "SCARD_E_UNKNOWN_READER",
  "SCARD_E_NO_SERVICE",
  "SCARD_E_SERVICE_STOPPED",
  "SCARD_E_INVALID_HANDLE",
  // What pcsclite says when the card died and took the lock with it.
  "SCARD_E_NOT_TRANSACTED",
  "SCARD_E_SYSTEM_CANCELLED",
  "ERROR_INVALID_HANDLE",
  "ERROR_BROKEN_PIPE",
  "ERROR_DEVICE_NOT_CONNECTED",
  "RPC_S_SERVER_UNAVAILABLE",
]);

/**
 * Whether an error of a release (ending a transaction, disconnecting, closing) says that the card,
 * reader, service or context has gone, and what was to be released with it.
 */
export function saysGone(error: unknown): boolean {
  return error instanceof ClosedError || (error instanceof PcscError && goneCodes.has(error.code));
}

/**
 * How long leaving an `await using` scope waits for a release: a card that never answers must not
 * keep the error that ended the scope from being heard.
 */
export const disposePatienceMs = 1000;

/**
 * Waits for a release; that there is nothing left to release is no failure of it, nor that it goes on
 * after {@link disposePatienceMs}.
 */
export async function released(release: Promise<void>): Promise<void> {
  try {
    await release;
  } catch (error) {
    if (!saysGone(error) && !(error instanceof PcscError && error.code === "SCARD_E_TIMEOUT")) {
      throw error;
    }
  }
}
