import type { PcscCode, UnknownPcscCode } from "./errors/codes.js";
import { PcscError } from "./errors/pcsc-error.js";

/** Results that say the PC/SC service has gone, or forgot the context because it restarted. */
const goneCodes: ReadonlySet<PcscCode | UnknownPcscCode> = new Set<PcscCode>([
  "SCARD_E_NO_SERVICE",
  "SCARD_E_SERVICE_STOPPED",
  "SCARD_E_INVALID_HANDLE",
  "SCARD_E_SYSTEM_CANCELLED",
  "SCARD_P_SHUTDOWN",
  "SCARD_F_COMM_ERROR",
  "ERROR_INVALID_HANDLE",
  "ERROR_BROKEN_PIPE",
  "RPC_S_SERVER_UNAVAILABLE",
]);

/**
 * Calls that nobody may be refused once there is a context: libpcsclite says so all the same when the
 * daemon dies in the middle of one. A card may be refused (polkit), so SCardConnect is not here.
 */
const neverRefused: ReadonlySet<string> = new Set([
  "SCardListReaders",
  "SCardListReaderGroups",
  "SCardGetStatusChange",
]);

/** Whether a failure of a context's call means that only a new context can help. */
export function saysServiceGone(error: unknown): error is PcscError {
  if (!(error instanceof PcscError)) {
    return false;
  }
  const brokenOff = error.code === "SCARD_W_SECURITY_VIOLATION" && neverRefused.has(error.call);
  return brokenOff || goneCodes.has(error.code);
}
