// Commands on EFs of records: ISO/IEC 7816-4:2005, 7.3.
import { checkInteger } from "../../arguments.js";
import { type BytesInput, copyBytes } from "../../bytes.js";
import { ScardArgumentError } from "../../errors/argument-error.js";
import type { CommandApdu } from "../command-apdu.js";
import {
  buildCommand,
  checkCommandOptions,
  checkLength,
  checkWrappedLength,
  type CommandTraits,
  type Unchecked,
} from "./build.js";
import {
  checkShortId,
  highestOffset,
  type Occurrence,
  occurrenceBits,
  offsetObject,
} from "./file-words.js";

/** Which EF of records. */
export interface RecordFile extends CommandTraits {
  /** Short EF identifier, 1 to 30: the file becomes current. Default: the current file. */
  readonly sfi?: number | undefined;
}

/** A record by its number; it does not become current. */
export interface RecordByNumber {
  /** 1 to 254, or the current record. */
  readonly record: number | "current";
}

/** A record by where it is, seen from the current one; it becomes current. */
export interface RecordByOccurrence {
  /** The first or last one, or the one after or before the current one. */
  readonly occurrence: Occurrence;
  /** Only records with this identifier, 1 to 254 (a SIMPLE-TLV record's tag). Default: any. */
  readonly identifier?: number | undefined;
}

/** Several records by number: from one to the last, or from the last back to one. */
export type RecordRange =
  { readonly from: number; readonly to: "last" } | { readonly from: "last"; readonly to: number };

/** Options of {@link readRecord}. */
export type ReadRecordOptions = RecordFile &
  (RecordByNumber | RecordByOccurrence | RecordRange) & {
    /** Most bytes. Default: the whole record or records, as far as the form can ask. */
    readonly length?: number | undefined;
    /** First byte of the record, 0 to 16 777 215; written with the odd instruction (B3). */
    readonly offset?: number | undefined;
  };

/** Options of {@link writeRecord} and {@link updateRecord}. */
export type ChangeRecordOptions = RecordFile &
  (RecordByNumber | { readonly occurrence: Occurrence }) & {
    /** The record; at least one byte. */
    readonly data: BytesInput;
  };

/** Options of {@link appendRecord}. */
export interface AppendRecordOptions extends RecordFile {
  /** The record; at least one byte. */
  readonly data: BytesInput;
}

/** Options of {@link eraseRecord}. */
export type EraseRecordOptions = RecordFile &
  (
    | { readonly record: number }
    | {
        /** From this record to the last. */
        readonly from: number;
        readonly to: "last";
      }
  );

/** P1 and the mode in bits 3-1 of P2. */
interface Place {
  readonly p1: number;
  readonly mode: number;
}

const byNumber = 0b100;
const fromNumber = 0b101;
const fromLast = 0b110;
const mostRecords = 254;
const placeKeys = ["record", "occurrence", "identifier", "from", "to"] as const;

/** READ RECORD (B2, B3); `ISCardISO7816::ReadRecord`. */
export function readRecord(options: ReadRecordOptions): CommandApdu {
  const given = checkCommandOptions(options, ["sfi", "length", "offset", ...placeKeys]);
  const { p1, mode } = checkPlace(given);
  const p2 = fileBits(given.sfi) | mode;
  if (given.offset === undefined) {
    return buildCommand(given, { ins: 0xb2, p1, p2, le: checkLength(given.length) });
  }
  const le = checkWrappedLength(given.length);
  const offset = checkInteger("offset", given.offset, 0, highestOffset);
  return buildCommand(given, { ins: 0xb3, p1, p2, data: offsetObject(offset), le });
}

/** WRITE RECORD (D2); `ISCardISO7816::WriteRecord`. What it does to the bytes is the file's own. */
export function writeRecord(options: ChangeRecordOptions): CommandApdu {
  return changeRecord(0xd2, options);
}

/**
 * UPDATE RECORD (DC); `ISCardISO7816::UpdateRecord`. Replaces a record. In a linear-fixed or cyclic
 * file the new one must be as long; `occurrence: "previous"` in a cyclic file appends.
 */
export function updateRecord(options: ChangeRecordOptions): CommandApdu {
  return changeRecord(0xdc, options);
}

/** APPEND RECORD (E2); `ISCardISO7816::AppendRecord`. In a cyclic file it becomes record 1. */
export function appendRecord(options: AppendRecordOptions): CommandApdu {
  const given = checkCommandOptions(options, ["sfi", "data"]);
  const data = copyBytes("data", given.data, 1, 0xffff);
  return buildCommand(given, { ins: 0xe2, p2: fileBits(given.sfi), data });
}

/** ERASE RECORD (0C): clears one record, or all from it on. They stay in the file. */
export function eraseRecord(options: EraseRecordOptions): CommandApdu {
  const given = checkCommandOptions(options, ["sfi", "record", "from", "to"]);
  const { p1, mode } = checkPlace(given);
  if (mode === fromLast || p1 === 0) {
    throw new ScardArgumentError("record", given.record ?? given.from, "a number, 1 to 254");
  }
  return buildCommand(given, { ins: 0x0c, p1, p2: fileBits(given.sfi) | mode });
}

function changeRecord(ins: number, options: ChangeRecordOptions): CommandApdu {
  const given = checkCommandOptions(options, ["sfi", "data", "record", "occurrence"]);
  const { p1, mode } = checkPlace(given);
  const data = copyBytes("data", given.data, 1, 0xffff);
  return buildCommand(given, { ins, p1, p2: fileBits(given.sfi) | mode, data });
}

function checkPlace(given: Partial<Unchecked<(typeof placeKeys)[number]>>): Place {
  const { record, occurrence, identifier, from, to } = given;
  const ways = [record, occurrence, from ?? to].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    const expected = 'given as one of "record", "occurrence", or "from" and "to"';
    throw new ScardArgumentError("record", record, expected);
  }
  if (identifier !== undefined && occurrence === undefined) {
    throw new ScardArgumentError("identifier", identifier, 'absent without "occurrence"');
  }
  if (record !== undefined) {
    return { p1: record === "current" ? 0 : checkNumber("record", record), mode: byNumber };
  }
  if (occurrence !== undefined) {
    const p1 = identifier === undefined ? 0 : checkNumber("identifier", identifier);
    return { p1, mode: occurrenceBits(occurrence) };
  }
  if (to === "last") {
    return { p1: checkNumber("from", from), mode: fromNumber };
  }
  if (from !== "last") {
    throw new ScardArgumentError("from", from, '"last", or a number with "to" being "last"');
  }
  return { p1: checkNumber("to", to), mode: fromLast };
}

function checkNumber(name: string, value: unknown): number {
  return checkInteger(name, value, 1, mostRecords);
}

function fileBits(sfi: unknown): number {
  return sfi === undefined ? 0 : checkShortId(sfi) << 3;
}
