// Logical channels and what transports commands: ISO/IEC 7816-4:2005, 7.1.2 and 7.6.
import { checkInteger, checkOneOf } from "../../arguments.js";
import { type BytesInput, copyBytes } from "../../bytes.js";
import type { CommandApdu } from "../command-apdu.js";
import { buildCommand, checkCommandOptions, checkLength, type CommandTraits } from "./build.js";
import { checkChannel } from "./class-byte.js";

/** Options of {@link manageChannel}. */
export interface ManageChannelOptions extends CommandTraits {
  readonly action: "open" | "close";
  /**
   * The channel to open or close, 1 to 19. Default: for `"open"` the card chooses and answers with
   * the number, for `"close"` the channel on which the command is sent.
   */
  readonly number?: number | undefined;
}

/** Options of {@link getResponse}. */
export interface GetResponseOptions extends CommandTraits {
  /** Bytes, 1 to 65 536. Default: as many as the form can ask for. */
  readonly length?: number | undefined;
}

/** Options of {@link envelope}. */
export interface EnvelopeOptions extends CommandTraits {
  /** What is sent inside. Default: none, the end of data that came in several parts. */
  readonly data?: BytesInput | undefined;
  /** Most bytes of the answer. Default: none is asked for. */
  readonly length?: number | undefined;
}

/**
 * MANAGE CHANNEL (70); `ISCardISO7816::ManageChannel`. Opened from channel 0 the new one starts in
 * the MF with a fresh security state; opened from another it has that one's.
 */
export function manageChannel(options: ManageChannelOptions): CommandApdu {
  const given = checkCommandOptions(options, ["action", "number"]);
  const open = checkOneOf("action", given.action, ["open", "close"]) === "open";
  const p2 = given.number === undefined ? 0 : checkChannel("number", given.number, 1);
  const le = open && given.number === undefined ? 1 : undefined;
  return buildCommand(given, { ins: 0x70, p1: open ? 0x00 : 0x80, p2, le });
}

/**
 * GET RESPONSE (C0); `ISCardISO7816::GetResponse`. Only for programs that transmit commands as they
 * are: otherwise it is sent by itself.
 */
export function getResponse(options: GetResponseOptions = {}): CommandApdu {
  const given = checkCommandOptions(options, ["length"]);
  return buildCommand(given, { ins: 0xc0, le: checkLength(given.length) });
}

/** ENVELOPE (C2): carries a command, or a part of one, in its data field. */
export function envelope(options: EnvelopeOptions): CommandApdu {
  const given = checkCommandOptions(options, ["data", "length"]);
  return buildCommand(given, {
    ins: 0xc2,
    ...(given.data === undefined ? {} : { data: copyBytes("data", given.data, 1, 0xffff) }),
    le: given.length === undefined ? undefined : checkInteger("length", given.length, 1, 65_536),
    secret: true,
  });
}
