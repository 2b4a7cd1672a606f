// Checks the options that PIN_VERIFY_STRUCTURE and PIN_MODIFY_STRUCTURE share and makes their bytes.
import { checkInteger, checkOneOf, checkOptions } from "../arguments.js";
import { copyBytes } from "../bytes.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { validationBits, validations } from "./display.js";
import type { pinEntryKeys } from "./pin-options.js";

/** Options as given: names checked, values not yet. */
export type RawPinEntry = { readonly [Key in (typeof pinEntryKeys)[number]]?: unknown };

/** The shared fields, ready to be written. */
export interface PinEntry {
  readonly timeout: number;
  readonly timeout2: number;
  readonly formatString: number;
  readonly blockString: number;
  readonly lengthFormat: number;
  readonly minLength: number;
  readonly maxLength: number;
  readonly validation: number;
  readonly languageId: number;
  readonly prologue: Uint8Array;
  readonly command: Uint8Array;
}

const encodings = ["binary", "bcd", "ascii"] as const;
const units = ["bytes", "bits"] as const;
type Encoding = (typeof encodings)[number];

/**
 * @param offsets Where PINs are written, in bytes of the data field: 0 when verifying, the old and
 * the new PIN's offsets when modifying.
 */
export function readPinEntry(options: RawPinEntry, offsets: readonly number[]): PinEntry {
  const command = readCommand(options.command);
  const encoding = checkOneOf("encoding", options.encoding ?? "ascii", encodings);
  const justify = checkOneOf("justify", options.justify ?? "left", ["left", "right"] as const);
  const unit = checkOneOf("positionUnit", options.positionUnit ?? "bytes", units);
  const position = checkInteger("position", options.position ?? 0, 0, 15);
  const firstByte = unit === "bytes" ? position : Math.ceil(position / 8);
  const blockSize = readBlockSize(options.blockSize, { command, offsets, firstByte });
  const lengthField = readLengthField(options.lengthField);
  return {
    timeout: checkInteger("timeoutSeconds", options.timeoutSeconds ?? 0, 0, 255),
    timeout2: checkInteger(
      "timeoutAfterFirstKeySeconds",
      options.timeoutAfterFirstKeySeconds ?? 0,
      0,
      255,
    ),
    formatString:
      unitBit(unit, 7) |
      (position << 3) |
      (justify === "right" ? 4 : 0) |
      encodings.indexOf(encoding),
    blockString: (lengthField.bits << 4) | blockSize,
    lengthFormat: unitBit(lengthField.unit, 4) | lengthField.position,
    ...readLengths(options, blockSize, encoding),
    validation: readValidation(options.validation ?? ["key"]),
    languageId: checkInteger("languageId", options.languageId ?? 0x0409, 0, 0xffff),
    prologue: copyBytes("prologue", options.prologue ?? new Uint8Array(3), 3, 3),
    command,
  };
}

/** The standard marks bytes by a set bit, bits by a clear one. */
function unitBit(unit: "bytes" | "bits", bit: number): number {
  return unit === "bytes" ? 1 << bit : 0;
}

function readCommand(value: unknown): Uint8Array {
  const command = copyBytes("command", value, 4, 260);
  if (command.length > 4 && command[4] !== command.length - 5) {
    throw new ScardArgumentError(
      "command",
      command,
      "4 bytes, or 5 bytes and as many data bytes as the fifth (Lc) says, without Le",
    );
  }
  return command;
}

interface BlockPlace {
  readonly command: Uint8Array;
  readonly offsets: readonly number[];
  readonly firstByte: number;
}

function readBlockSize(value: unknown, place: BlockPlace): number {
  const room = blockRoom(place);
  if (value === undefined && room > 15) {
    const expected = `given, 0 to 15: the command's data field has room for ${String(room)} bytes`;
    throw new ScardArgumentError("blockSize", value, expected);
  }
  const blockSize = checkInteger("blockSize", value ?? room, 0, 15);
  if (blockSize > room) {
    const expected = `at most the ${String(room)} bytes that the command's data field has for it`;
    throw new ScardArgumentError("blockSize", blockSize, expected);
  }
  return blockSize;
}

/** Bytes of the data field that each PIN block can take without reaching the next one or the end. */
function blockRoom({ command, offsets, firstByte }: BlockPlace): number {
  const dataLength = Math.max(0, command.length - 5);
  if (Math.max(...offsets) > dataLength) {
    return 0;
  }
  const borders = [...offsets, dataLength].sort((left, right) => left - right);
  const rooms = borders.slice(1).map((border, index) => border - (borders[index] ?? 0));
  return Math.max(0, Math.min(...rooms) - firstByte);
}

function readLengths(
  options: RawPinEntry,
  blockSize: number,
  encoding: Encoding,
): { readonly minLength: number; readonly maxLength: number } {
  const digitsPerByte = encoding === "bcd" ? 2 : 1;
  // A block of 0 bytes grows with the PIN.
  const capacity = blockSize === 0 ? 255 : blockSize * digitsPerByte;
  const maxLength = checkInteger("maxLength", options.maxLength ?? Math.min(8, capacity), 1, 255);
  if (maxLength > capacity) {
    // A longer PIN would be cut, and a wrong one cost the user a try.
    const expected = `at most the ${String(capacity)} digits that the PIN block holds`;
    throw new ScardArgumentError("maxLength", maxLength, expected);
  }
  const minLength = options.minLength ?? Math.min(4, maxLength);
  return { minLength: checkInteger("minLength", minLength, 0, maxLength), maxLength };
}

function readLengthField(value: unknown): {
  readonly bits: number;
  readonly position: number;
  readonly unit: "bytes" | "bits";
} {
  if (value === undefined) {
    return { bits: 0, position: 0, unit: "bits" };
  }
  const field = checkOptions("lengthField", value, ["bits", "position", "unit"]);
  return {
    bits: checkInteger("lengthField.bits", field.bits, 1, 15),
    position: checkInteger("lengthField.position", field.position, 0, 15),
    unit: checkOneOf("lengthField.unit", field.unit ?? "bits", units),
  };
}

function readValidation(value: unknown): number {
  if (!Array.isArray(value) || value.length === 0) {
    const words = validations.map((word) => JSON.stringify(word)).join(", ");
    throw new ScardArgumentError("validation", value, `an array with one or more of ${words}`);
  }
  return value.reduce<number>(
    (bits, word: unknown) => bits | validationBits[checkOneOf("validation", word, validations)],
    0,
  );
}
