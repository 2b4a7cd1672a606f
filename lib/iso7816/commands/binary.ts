// Commands on transparent EFs: ISO/IEC 7816-4:2005, 7.2.
import { checkInteger, checkOneOf } from "../../arguments.js";
import { type BytesInput, copyBytes } from "../../bytes.js";
import { ScardArgumentError } from "../../errors/argument-error.js";
import type { CommandApdu } from "../command-apdu.js";
import {
  buildCommand,
  checkCommandOptions,
  checkLength,
  checkWrappedLength,
  type CommandTraits,
  parameters,
  type Unchecked,
} from "./build.js";
import {
  checkFileId,
  checkShortId,
  discretionaryObject,
  highestOffset,
  joinBytes,
  offsetObject,
} from "./file-words.js";

/** Which bytes of which transparent EF. */
export interface BinaryTarget extends CommandTraits {
  /** First data unit (byte, on nearly every card), 0 to 16 777 215. Default: 0. */
  readonly offset?: number | undefined;
  /** Short EF identifier, 1 to 30: the file becomes current. Default: the current file. */
  readonly sfi?: number | undefined;
  /**
   * File identifier, of a file in the current DF; it becomes current. Written with the odd
   * instruction. Not together with `sfi`. Default: the current file.
   */
  readonly file?: number | undefined;
  /**
   * The even instruction holds offsets to 32 767 (255 with `sfi`), the odd one wraps offset and
   * data in data objects. `"auto"` (default) takes the odd one where the even one does not do.
   */
  readonly instruction?: "auto" | "even" | "odd" | undefined;
}

/** Options of {@link readBinary}. */
export interface ReadBinaryOptions extends BinaryTarget {
  /** Most bytes of content. Default: to the end of the file, as far as the form can ask. */
  readonly length?: number | undefined;
}

/** Options of {@link writeBinary} and {@link updateBinary}. */
export interface ChangeBinaryOptions extends BinaryTarget {
  /** At least one byte. */
  readonly data: BytesInput;
}

/** Options of {@link eraseBinary}. */
export interface EraseBinaryOptions extends BinaryTarget {
  /** The first data unit that stays, above `offset`. Default: to the end of the file. */
  readonly end?: number | undefined;
}

export const targetKeys = ["offset", "sfi", "file", "instruction"] as const;
type TargetKey = (typeof targetKeys)[number];

/** P1-P2 of the even instruction, or P1-P2 and the offset object of the odd one. */
interface Target {
  readonly p1: number;
  readonly p2: number;
  readonly offset: number;
  readonly odd: boolean;
}

/**
 * READ BINARY (B0, B1); `ISCardISO7816::ReadBinary`. The answer to the odd instruction is a data
 * object (53), which `IsoCalls.readBinary` takes off.
 */
export function readBinary(options: ReadBinaryOptions = {}): CommandApdu {
  const given = checkCommandOptions(options, [...targetKeys, "length"]);
  const { p1, p2, offset, odd } = checkTarget(given);
  if (odd) {
    const le = checkWrappedLength(given.length);
    return buildCommand(given, { ins: 0xb1, p1, p2, data: offsetObject(offset), le });
  }
  return buildCommand(given, { ins: 0xb0, p1, p2, le: checkLength(given.length) });
}

/**
 * WRITE BINARY (D0, D1); `ISCardISO7816::WriteBinary`. What it does to bytes that are there is the
 * file's own: a logical OR, AND, or one-time writing.
 */
export function writeBinary(options: ChangeBinaryOptions): CommandApdu {
  return changeBinary(0xd0, options);
}

/** UPDATE BINARY (D6, D7); `ISCardISO7816::UpdateBinary`. Replaces bytes. */
export function updateBinary(options: ChangeBinaryOptions): CommandApdu {
  return changeBinary(0xd6, options);
}

/** ERASE BINARY (0E, 0F); `ISCardISO7816::EraseBinary`. */
export function eraseBinary(options: EraseBinaryOptions = {}): CommandApdu {
  const given = checkCommandOptions(options, [...targetKeys, "end"]);
  const { p1, p2, offset, odd } = checkTarget(given, given.end);
  const end =
    given.end === undefined
      ? undefined
      : checkInteger("end", given.end, offset + 1, odd ? highestOffset : 0x7fff);
  if (odd) {
    const objects = end === undefined ? [offset] : [offset, end];
    const data = joinBytes(...objects.map(offsetObject));
    return buildCommand(given, { ins: 0x0f, p1, p2, data });
  }
  const data = end === undefined ? {} : { data: Uint8Array.of(end >> 8, end) };
  return buildCommand(given, { ins: 0x0e, p1, p2, ...data });
}

function changeBinary(ins: number, options: ChangeBinaryOptions): CommandApdu {
  const given = checkCommandOptions(options, [...targetKeys, "data"]);
  const { p1, p2, offset, odd } = checkTarget(given);
  const data = copyBytes("data", given.data, 1, odd ? 0xfff0 : 0xffff);
  return odd
    ? buildCommand(given, {
        ins: ins | 1,
        p1,
        p2,
        data: joinBytes(offsetObject(offset), discretionaryObject(data)),
      })
    : buildCommand(given, { ins, p1, p2, data });
}

function checkTarget(given: Unchecked<TargetKey>, end?: unknown): Target {
  const offset = checkInteger("offset", given.offset ?? 0, 0, highestOffset);
  const sfi = given.sfi === undefined ? undefined : checkShortId(given.sfi);
  const file = given.file === undefined ? undefined : checkFileId("file", given.file);
  if (sfi !== undefined && file !== undefined) {
    throw new ScardArgumentError("file", file, 'absent together with "sfi"');
  }
  const instructions = ["auto", "even", "odd"] as const;
  const instruction = checkOneOf("instruction", given.instruction ?? "auto", instructions);
  const highest = sfi === undefined ? 0x7fff : 0xff;
  const needsOdd =
    file !== undefined || offset > highest || (typeof end === "number" && end > 0x7fff);
  if (instruction === "even" && needsOdd) {
    const expected = `"auto" or "odd": the even one takes no file and no offset above ${String(highest)}`;
    throw new ScardArgumentError("instruction", instruction, expected);
  }
  if (instruction === "odd" || needsOdd) {
    return { ...parameters(file ?? sfi ?? 0), offset, odd: true };
  }
  return sfi === undefined
    ? { ...parameters(offset), offset, odd: false }
    : { p1: 0x80 | sfi, p2: offset, offset, odd: false };
}
