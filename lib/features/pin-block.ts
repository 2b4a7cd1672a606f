import { checkBoolean, checkInteger, checkOptions } from "../arguments.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { readPinEntry } from "./pin-entry.js";
import type { PinEntry } from "./pin-entry.js";
import { pinEntryKeys } from "./pin-options.js";
import type { PinModifyOptions, PinVerifyOptions } from "./pin-options.js";

/** bNumberMessage that leaves the choice of texts to the reader. */
const defaultMessages = 0xff;

/**
 * PIN_VERIFY_STRUCTURE of PC/SC part 10, for the feature `verifyPinDirect`: 19 bytes and the
 * command. Numbers are little-endian, which drivers take on every machine.
 *
 * @throws {ScardArgumentError} for options that are wrong or do not fit together, such as a PIN
 * longer than its block.
 */
export function buildPinVerifyBlock(options: PinVerifyOptions): Uint8Array {
  const checked = checkOptions("options", options, [...pinEntryKeys, "message"]);
  const entry = readPinEntry(checked, [0]);
  const [count, index] = readMessage(checked.message ?? "default");
  return Uint8Array.from([
    ...startBytes(entry),
    ...lengthBytes(entry),
    entry.validation,
    count,
    ...word(entry.languageId),
    index,
    ...endBytes(entry),
  ]);
}

/**
 * PIN_MODIFY_STRUCTURE of PC/SC part 10, for the feature `modifyPinDirect`: 24 bytes and the
 * command. Numbers are little-endian, which drivers take on every machine.
 *
 * @throws {ScardArgumentError} for options that are wrong or do not fit together, such as PIN
 * blocks that overlap.
 */
export function buildPinModifyBlock(options: PinModifyOptions): Uint8Array {
  const checked = checkOptions("options", options, [
    ...pinEntryKeys,
    "oldOffset",
    "newOffset",
    "confirm",
    "askOld",
    "messages",
  ]);
  const askOld = checkBoolean("askOld", checked.askOld ?? true);
  const confirm = checkBoolean("confirm", checked.confirm ?? true);
  const oldOffset = checkInteger("oldOffset", checked.oldOffset ?? 0, 0, 255);
  const newOffset = checkInteger("newOffset", checked.newOffset, 0, 255);
  const entry = readPinEntry(checked, askOld ? [oldOffset, newOffset] : [newOffset]);
  const [count, indexes] = readMessages(checked.messages ?? "default");
  return Uint8Array.from([
    ...startBytes(entry),
    oldOffset,
    newOffset,
    ...lengthBytes(entry),
    (confirm ? 1 : 0) | (askOld ? 2 : 0),
    entry.validation,
    count,
    ...word(entry.languageId),
    ...indexes,
    ...endBytes(entry),
  ]);
}

/** bTimerOut, bTimerOut2, bmFormatString, bmPINBlockString, bmPINLengthFormat. */
function startBytes(entry: PinEntry): readonly number[] {
  const { timeout, timeout2, formatString, blockString, lengthFormat } = entry;
  return [timeout, timeout2, formatString, blockString, lengthFormat];
}

/** wPINMaxExtraDigit: the minimum in its high byte. */
function lengthBytes(entry: PinEntry): readonly number[] {
  return [entry.maxLength, entry.minLength];
}

/** bTeoPrologue, ulDataLength, abData. */
function endBytes({ prologue, command }: PinEntry): readonly number[] {
  return [...prologue, ...word(command.length), 0, 0, ...command];
}

function word(value: number): readonly [number, number] {
  return [value & 0xff, value >> 8];
}

/** bNumberMessage and bMsgIndex. */
function readMessage(value: unknown): readonly [count: number, index: number] {
  if (value === "default") {
    return [defaultMessages, 0];
  }
  if (value === "none") {
    return [0, 0];
  }
  if (typeof value !== "number") {
    const expected = '"default", "none" or the number of a message, 0 to 255';
    throw new ScardArgumentError("message", value, expected);
  }
  return [1, checkInteger("message", value, 0, 255)];
}

/** bNumberMessage and bMsgIndex1 to 3. */
function readMessages(value: unknown): readonly [count: number, indexes: readonly number[]] {
  if (value === "default") {
    return [defaultMessages, [0, 0, 0]];
  }
  if (value === "none") {
    return [0, [0, 0, 0]];
  }
  if (!Array.isArray(value) || value.length < 1 || value.length > 3) {
    const expected = '"default", "none" or an array of 1 to 3 numbers of messages';
    throw new ScardArgumentError("messages", value, expected);
  }
  const indexes = value.map((index: unknown) => checkInteger("messages", index, 0, 255));
  return [indexes.length, [...indexes, 0, 0].slice(0, 3)];
}
