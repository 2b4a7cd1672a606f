// Arguments and answers of send: which APDUs an exchange may consist of is decided natively.
import type { NativeBrokenExchange } from "../binding.js";
import { checkBoolean, checkBytes, checkInteger, checkOneOf, checkOptions } from "./arguments.js";
import { type BytesInput, fromHex } from "./bytes.js";
import { ScardArgumentError } from "./errors/argument-error.js";
import { ExchangeError, type ExchangeErrorCode } from "./errors/exchange-error.js";
import { type FailureContext, fromNativeFailure } from "./errors/from-native.js";
import { IncompleteResponseError } from "./errors/incomplete-response-error.js";
import { CommandApdu, type CommandApduFields, carriesSecret } from "./iso7816/command-apdu.js";
import { parseCommandBody } from "./iso7816/command-encoding.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";

const quirkWords = ["67xx-exact-le", "9fxx-more-data"] as const;

/** What a card does that the standard does not know; see {@link FramingOptions.quirks}. */
export type CardQuirk = (typeof quirkWords)[number];

/** How a command and its answer are taken apart and put together: ISO/IEC 7816-3, 12.2. */
export interface FramingOptions {
  /**
   * When GET RESPONSE fetches more of the answer. `"announced"` (default): after 61XX, with any
   * protocol, as often as the card says so. `"expected"`: also when a command with data and Le was
   * answered 9000, 62XX or 63XX without data under T=0, as ISO/IEC 7816-3 has it for cards that do
   * not announce; if the card then gives nothing, its first answer counts. `"never"`: 61XX is the
   * answer.
   */
  readonly getResponse?: "announced" | "expected" | "never" | undefined;
  /**
   * What 6CXX leads to. `"repeat"` (default): the command is sent again with the Le that the card
   * names. `"return"`: it is the answer. A command with data under T=0 is never repeated.
   */
  readonly wrongLe?: "repeat" | "return" | undefined;
  /**
   * How a command is sent that needs extended length fields. `"auto"` (default): under T=0 in
   * parts (chaining if the card's historical bytes say so, else ENVELOPE; an Le above 256 needs
   * none of both); else extended if the card's historical bytes allow it or say nothing, or in a
   * chain if they allow only that. `"extended"`, `"chaining"` (bit 5 of the class byte) and
   * `"envelope"` insist on one way.
   */
  readonly longCommands?: "auto" | "extended" | "chaining" | "envelope" | undefined;
  /**
   * Habits of some cards. `"67xx-exact-le"`: 67XX means what 6CXX means, unless XX is 00.
   * `"9fxx-more-data"`: 9FXX means what 61XX means (SIM cards, 3GPP TS 51.011). Default: none.
   */
  readonly quirks?: readonly CardQuirk[] | undefined;
  /**
   * Class byte of the GET RESPONSE and ENVELOPE commands that are added (Windows: AlternateClassId
   * of ISCardCmd). Default: the command's own, with its logical channel and secure messaging bits,
   * without the chaining bit.
   */
  readonly alternateClass?: number | undefined;
  /** Most response data taken, in bytes, 1 to 16 777 216. Default: 1 048 576. */
  readonly maxLength?: number | undefined;
  /**
   * Longest command APDU the card takes, in bytes, 8 to 65 544: from the extended length information
   * in EF.ATR/INFO, or a contactless frame. Longer ones are split. Default: no limit known.
   */
  readonly maxCommandLength?: number | undefined;
}

/** Options of `send`. */
export interface SendOptions extends FramingOptions, CallOptions {
  /**
   * Whether the card's lock is held from the first APDU to the last, so that no other program comes
   * between a command and its GET RESPONSE. Takes two calls more. Default: false. Inside a
   * transaction it changes nothing.
   */
  readonly transaction?: boolean | undefined;
}

/** A command as `send` takes it. */
export type SendInput = CommandApdu | CommandApduFields | BytesInput;

export const framingKeys = [
  "getResponse",
  "wrongLe",
  "longCommands",
  "quirks",
  "alternateClass",
  "maxLength",
  "maxCommandLength",
] as const;

const sendKeys = [...framingKeys, "transaction", ...callOptionKeys] as const;

/** The numbers of `Card.send` in binding.d.ts. */
export interface NativeFraming {
  readonly flags: number;
  readonly maxLength: number;
  readonly maxCommand: number;
}

const usualLength = 1_048_576;
const usual: NativeFraming = { flags: 0, maxLength: usualLength, maxCommand: 0 };

const longCommandWords = ["auto", "extended", "chaining", "envelope"] as const;
const getResponseWords = ["announced", "expected", "never"] as const;

/** Checks the options of {@link FramingOptions}. */
export function checkFraming(given: {
  readonly [K in keyof FramingOptions]?: unknown;
}): NativeFraming {
  const long = checkOneOf("longCommands", given.longCommands ?? "auto", longCommandWords);
  const more = checkOneOf("getResponse", given.getResponse ?? "announced", getResponseWords);
  const wrongLe = checkOneOf("wrongLe", given.wrongLe ?? "repeat", ["repeat", "return"]);
  const quirks = checkQuirks(given.quirks);
  let flags = longCommandWords.indexOf(long) | (getResponseWords.indexOf(more) << 2);
  flags |= wrongLe === "return" ? 1 << 4 : 0;
  flags |= quirks.includes("67xx-exact-le") ? 1 << 5 : 0;
  flags |= quirks.includes("9fxx-more-data") ? 1 << 6 : 0;
  if (given.alternateClass !== undefined) {
    flags |= (1 << 8) | (checkInteger("alternateClass", given.alternateClass, 0, 0xff) << 16);
  }
  return {
    flags,
    maxLength: checkInteger("maxLength", given.maxLength ?? usualLength, 1, 16_777_216),
    maxCommand:
      given.maxCommandLength === undefined
        ? 0
        : checkInteger("maxCommandLength", given.maxCommandLength, 8, 65_544),
  };
}

function checkQuirks(given: unknown): readonly CardQuirk[] {
  if (given === undefined) {
    return [];
  }
  if (!Array.isArray(given)) {
    throw new ScardArgumentError("quirks", given, "an array of words");
  }
  return given.map((word: unknown) => checkOneOf("quirks", word, quirkWords));
}

/** Options of send, checked. */
export interface CheckedSendOptions {
  readonly framing: NativeFraming;
  readonly limits: Limits | undefined;
}

export function checkSendOptions(options: SendOptions | undefined): CheckedSendOptions {
  if (options === undefined) {
    return { framing: usual, limits: undefined };
  }
  const given = checkOptions("options", options, sendKeys);
  const framing = checkFraming(given);
  const locked = checkBoolean("transaction", given.transaction ?? false);
  return {
    framing: locked ? { ...framing, flags: framing.flags | (1 << 7) } : framing,
    limits: Limits.from(given),
  };
}

/** A command's bytes, well-formed, and whether they are secret. Not copied. */
export interface CheckedCommand {
  readonly bytes: Uint8Array;
  readonly secret: boolean;
}

/**
 * @throws {ApduError} when bytes are no command of ISO/IEC 7816-3, 12.1.
 * @throws {ScardArgumentError} for wrong fields or what is no command at all.
 */
export function checkSendCommand(command: unknown): CheckedCommand {
  if (command instanceof CommandApdu) {
    return { bytes: command.toBytes(), secret: command.secret };
  }
  if (isBytesInput(command)) {
    const given = typeof command === "string" ? fromHex(command, "command") : command;
    const bytes = checkBytes("command", given);
    parseCommandBody(bytes);
    return { bytes, secret: carriesSecret(bytes[0] ?? 0, bytes[1] ?? 0) };
  }
  const apdu = new CommandApdu(command as CommandApduFields);
  return { bytes: apdu.toBytes(), secret: apdu.secret };
}

/** What `checkBytes` is to judge; anything else is judged as fields. */
function isBytesInput(command: unknown): boolean {
  return (
    typeof command !== "object" ||
    command === null ||
    ArrayBuffer.isView(command) ||
    "byteLength" in command
  );
}

const codes: Readonly<Partial<Record<NativeBrokenExchange["problem"], ExchangeErrorCode>>> = {
  "too-long": "ERR_SCARD_RESPONSE_TOO_LONG",
  endless: "ERR_SCARD_ENDLESS_RESPONSE",
  "command-too-long": "ERR_SCARD_COMMAND_TOO_LONG",
  "already-chained": "ERR_SCARD_COMMAND_CHAINED",
};

/** The error of an exchange that broke off. */
export function brokenExchange(
  broken: NativeBrokenExchange,
  reader: string,
  context: FailureContext,
): Error {
  const { problem, failure, received, exchanges } = broken;
  if (failure !== undefined) {
    return fromNativeFailure(failure, { ...context, received });
  }
  const code = codes[problem];
  return code === undefined
    ? new IncompleteResponseError(received, reader)
    : new ExchangeError(code, reader, exchanges, received);
}
