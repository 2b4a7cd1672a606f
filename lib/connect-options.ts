import { checkOptions } from "./arguments.js";
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
}

/** The options of a connection, checked. */
export interface CheckedConnectOptions {
  readonly shareMode: ShareMode;
  readonly protocols: readonly Protocol[];
  readonly disposition: Disposition;
  readonly limits: Limits | undefined;
}

const keys = ["shareMode", "protocols", "disposition", ...callOptionKeys] as const;

export function checkConnectOptions(options: ConnectOptions | undefined): CheckedConnectOptions {
  const given = checkOptions("options", options, keys);
  const shareMode = checkShareMode(given.shareMode ?? "shared");
  return {
    shareMode,
    protocols: checkProtocols(given.protocols, shareMode),
    disposition: checkDisposition(given.disposition ?? "leave"),
    limits: Limits.from(given),
  };
}
