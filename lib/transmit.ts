// Arguments and answers of transmit.
import { types } from "node:util";

import { checkBytes, checkOneOf, checkOptions } from "./arguments.js";
import { type BytesInput, fromHex } from "./bytes.js";
import { IncompleteResponseError } from "./errors/incomplete-response-error.js";
import { CommandApdu, type CommandApduFields } from "./iso7816/command-apdu.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import { type Protocol, checkProtocol, protocolBit } from "./protocol.js";

/** Options of `transmitApdu`. */
export interface TransmitApduOptions extends CallOptions {
  /**
   * Protocol of the send PCI (pioSendPci). Default: the connection's. It must be one that the
   * connection agreed on: PC/SC refuses others.
   */
  readonly protocol?: Protocol | undefined;
}

/** Options of `transmit`. */
export interface TransmitOptions extends TransmitApduOptions {
  /**
   * What an answer must end with. `"required"` (default): a status word, 61XX to 6FXX or 9XXX;
   * else the call rejects with {@link IncompleteResponseError}, because resource managers report
   * success with an empty or cut answer when a card dies or leaves in the middle of a command.
   * `"any"`: anything, for cards that do not speak ISO/IEC 7816-4.
   */
  readonly statusWord?: "required" | "any" | undefined;
}

/** Options of `transmitSync`: there is nothing that could give it up. */
export type TransmitSyncOptions = Omit<TransmitOptions, keyof CallOptions>;

/** A command as callers give it. */
export type CommandInput = BytesInput | CommandApdu;

/** Header, extended Lc, 65 535 bytes of data, extended Le. */
const longestCommand = 4 + 3 + 65_535 + 2;

/** The bytes of a command. Not copied: the native call does that before it returns. */
export function checkCommand(command: unknown): Uint8Array {
  // The usual case first: this is on the way of every APDU.
  if (types.isUint8Array(command) && command.length >= 1 && command.length <= longestCommand) {
    return command;
  }
  if (command instanceof CommandApdu) {
    return command.toBytes();
  }
  const bytes = typeof command === "string" ? fromHex(command, "command") : command;
  return checkBytes("command", bytes, 1, longestCommand);
}

/** A command APDU, made of its fields where they were given. */
export function checkCommandApdu(command: CommandApdu | CommandApduFields): CommandApdu {
  return command instanceof CommandApdu ? command : new CommandApdu(command);
}

/** Options of transmit, checked. */
export interface CheckedTransmitOptions {
  /** 0 stands for the connection's protocol. */
  readonly protocol: number;
  readonly anyStatusWord: boolean;
  readonly limits: Limits | undefined;
}

const defaults: CheckedTransmitOptions = { protocol: 0, anyStatusWord: false, limits: undefined };

export function checkTransmitOptions(
  options: TransmitOptions | undefined,
  keys: readonly (keyof TransmitOptions)[] = transmitKeys,
): CheckedTransmitOptions {
  if (options === undefined) {
    return defaults;
  }
  const { protocol, statusWord, ...limits } = checkOptions("options", options, keys);
  const wanted = checkOneOf("statusWord", statusWord ?? "required", ["required", "any"]);
  return {
    protocol: protocol === undefined ? 0 : protocolBit(checkProtocol("protocol", protocol)),
    anyStatusWord: wanted === "any",
    limits: Limits.from(limits),
  };
}

export const transmitApduKeys = ["protocol", ...callOptionKeys] as const;
const transmitKeys = ["statusWord", ...transmitApduKeys] as const;
export const transmitSyncKeys = ["protocol", "statusWord"] as const;

/**
 * The answer, if it ends with a status word of ISO/IEC 7816-3, 10.3.3: SW1 is 61 to 6F or 90 to 9F.
 *
 * @throws {IncompleteResponseError} otherwise.
 */
export function requireStatusWord(response: Uint8Array, reader: string): Uint8Array {
  if (!endsWithStatusWord(response)) {
    throw new IncompleteResponseError(response, reader);
  }
  return response;
}

/** Whether an answer ends with a status word of ISO/IEC 7816-3, 10.3.3. */
export function endsWithStatusWord(response: Uint8Array): boolean {
  const sw1 = response[response.length - 2] ?? 0;
  const high = sw1 & 0xf0;
  return (high === 0x60 || high === 0x90) && sw1 !== 0x60;
}
