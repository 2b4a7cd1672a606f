import { checkBoolean, checkInteger, checkOptions } from "./arguments.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import { type Protocol, checkProtocols } from "./protocol.js";
import { type Disposition, type ShareMode, checkDisposition, checkShareMode } from "./words.js";

/** Options of `context.connect()` and `reader.connect()`. */
export interface ConnectOptions extends CallOptions {
  /** Default: `"shared"`. */
  readonly shareMode?: ShareMode | undefined;
  /**
   * Protocols to offer, and the order in which each is tried alone where the card refuses T=0 and
   * T=1 together. Default: `["t0", "t1"]`; none for `"direct"`, which needs no protocol.
   */
  readonly protocols?: readonly Protocol[] | undefined;
  /** What a disconnection that names nothing else does to the card. Default: `"leave"`. */
  readonly disposition?: Disposition | undefined;
  /**
   * How long a card may take to settle, in milliseconds, 0 to 60 000. Where a wait or tracker of the
   * same context saw the card come within the last 3 seconds, `SCARD_E_NOT_READY`,
   * `SCARD_W_UNRESPONSIVE_CARD`, `SCARD_E_COMM_DATA_LOST` and `SCARD_E_SHARING_VIOLATION` lead to
   * another attempt, after 25 ms and then ever longer up to 200 ms, until this time is over. 0 makes
   * one attempt. Default: 1000.
   */
  readonly settleMs?: number | undefined;
  /**
   * Whether a call on the card that fails with `SCARD_W_RESET_CARD`, because another program reset
   * the card, takes the connection up again (SCardReconnect, leaving the card as it is) and is then
   * made once more. The card has lost what was selected and verified, so this suits programs whose
   * commands stand alone. Never inside a transaction, whose calls reject. Default: false.
   */
  readonly reconnectOnReset?: boolean | undefined;
}

/** The options of a connection, checked. */
export interface CheckedConnectOptions {
  readonly shareMode: ShareMode;
  readonly protocols: readonly Protocol[];
  readonly disposition: Disposition;
  readonly settleMs: number;
  readonly reconnectOnReset: boolean;
  readonly limits: Limits | undefined;
}

const keys = [
  "shareMode",
  "protocols",
  "disposition",
  "settleMs",
  "reconnectOnReset",
  ...callOptionKeys,
] as const;

export function checkConnectOptions(options: ConnectOptions | undefined): CheckedConnectOptions {
  const given = checkOptions("options", options, keys);
  const shareMode = checkShareMode(given.shareMode ?? "shared");
  return {
    shareMode,
    protocols: checkProtocols(given.protocols, shareMode),
    disposition: checkDisposition(given.disposition ?? "leave"),
    settleMs: checkInteger("settleMs", given.settleMs ?? 1000, 0, 60_000),
    reconnectOnReset: checkBoolean("reconnectOnReset", given.reconnectOnReset ?? false),
    limits: Limits.from(given),
  };
}
