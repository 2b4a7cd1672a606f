// The plain description of an IsoCard, checked and made what the addon takes.
import { checkBoolean, checkInteger, checkOneOf, checkOptions } from "../arguments.js";
import { type BytesInput, copyBytes } from "../bytes.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import type { NativeIsoAccess, NativeIsoDescription, NativeIsoFile } from "./native.js";

/** Who may do something: anybody, nobody, who has verified a PIN, or authenticated with a key. */
export type IsoAccess = "always" | "never" | { readonly pin: number } | { readonly key: number };

interface IsoEf {
  /** File identifier, 0x0001 to 0xFFFE; not 0x3F00. */
  readonly id: number;
  /** Short EF identifier, 1 to 30. Default: none. */
  readonly sfi?: number | undefined;
  /** Who may read. Default: `"always"`. */
  readonly read?: IsoAccess | undefined;
  /** Who may write, update, append and erase. Default: `"always"`. */
  readonly update?: IsoAccess | undefined;
}

/** A dedicated file. */
export interface IsoDf {
  readonly type: "df";
  /** File identifier, 0x0001 to 0xFFFE; not 0x3F00. */
  readonly id: number;
  /** DF name (AID), up to 16 bytes. Default: none. */
  readonly aid?: BytesInput | undefined;
  /** What is in it. Default: nothing. */
  readonly files?: readonly IsoFile[] | undefined;
}

/** An elementary file of bytes. */
export interface IsoTransparentEf extends IsoEf {
  readonly type: "transparent";
  readonly content: BytesInput;
  /** Bytes it can grow to, up to 65 535. Default: those of `content`. */
  readonly size?: number | undefined;
}

/** An elementary file of records. */
export interface IsoRecordEf extends IsoEf {
  readonly type: "linear-fixed" | "linear-variable" | "cyclic";
  /** The first one first; of a cyclic file the newest first. */
  readonly records: readonly BytesInput[];
  /** Bytes of each, not for `"linear-variable"`. Default: those of the first record. */
  readonly recordSize?: number | undefined;
  /** How many fit, up to 254. Default: as many as there are. */
  readonly maxRecords?: number | undefined;
  /** Records are SIMPLE-TLV objects; their tags are record identifiers. Default: false. */
  readonly tlv?: boolean | undefined;
}

/** A file of an {@link IsoCardDescription}. */
export type IsoFile = IsoDf | IsoTransparentEf | IsoRecordEf;

/** A PIN or password. */
export interface IsoPin {
  /** P2 of VERIFY, 0 to 255; 0x80 and above belongs to a DF. */
  readonly reference: number;
  /** Its bytes; a string is text, so `"1234"` is 31 32 33 34. */
  readonly value: Uint8Array | string;
  /** Tries before it is blocked, 1 to 15. Default: 3. */
  readonly tries?: number | undefined;
  /** Code that unblocks it (RESET RETRY COUNTER), as `value`. Default: none. */
  readonly unblockingCode?: Uint8Array | string | undefined;
  /** Tries of the unblocking code, 1 to 15. Default: 10. */
  readonly unblockingTries?: number | undefined;
  /** Fewest bytes of a new value. Default: 4. */
  readonly minLength?: number | undefined;
  /**
   * Who may reset its counter, or replace it, without the unblocking code: RESET RETRY COUNTER with
   * P1 2 and 3. Default: `"never"`.
   */
  readonly reset?: IsoAccess | undefined;
}

/** A key for INTERNAL and EXTERNAL AUTHENTICATE. */
export interface IsoKey {
  readonly reference: number;
  /** Any length; the cryptogram is the first 8 bytes of HMAC-SHA-256 over the challenge. */
  readonly value: BytesInput;
}

/** A data object for GET DATA and PUT DATA. */
export interface IsoDataObject {
  /** Tag, 0x0001 to 0xFFFF; one below 0x40 is reached with the odd instructions only. */
  readonly tag: number;
  readonly value: BytesInput;
  /** Default: `"always"`. */
  readonly read?: IsoAccess | undefined;
  /** Default: `"always"`. */
  readonly update?: IsoAccess | undefined;
}

/** What is on an {@link IsoCard}. */
export interface IsoCardDescription {
  /** Answer to reset. Default: 3B 80 80 01 01, which offers T=0 and T=1. */
  readonly atr?: BytesInput | undefined;
  /** What is in the MF (3F00). Default: nothing. */
  readonly files?: readonly IsoFile[] | undefined;
  readonly pins?: readonly IsoPin[] | undefined;
  readonly keys?: readonly IsoKey[] | undefined;
  readonly objects?: readonly IsoDataObject[] | undefined;
  /** Whether the card takes extended length fields. Default: true. */
  readonly extendedLength?: boolean | undefined;
  /** Whether the card takes chained commands. Default: true. */
  readonly commandChaining?: boolean | undefined;
  /**
   * How a program can list the files of the current DF on the basic channel. ISO/IEC 7816-4 has no
   * command for it; `"tcos"` answers that of TCOS cards, 80 AA 01 00 for DFs and 80 AA 02 00 for
   * EFs, so that `ls` works in `opensc-explorer -c tcos`. Default: `"none"`.
   */
  readonly listing?: "none" | "tcos" | undefined;
  /** Logical channels, the basic one included, 1 to 20. Default: 4. */
  readonly channels?: number | undefined;
  /** The same seed gives the same challenges. Default: 1. */
  readonly seed?: number | undefined;
}

const cardKeys = [
  "atr",
  "files",
  "pins",
  "keys",
  "objects",
  "extendedLength",
  "commandChaining",
  "listing",
  "channels",
  "seed",
] as const;

const mostFileBytes = 0xffff;
const mostRecords = 254;
/** Files within files: deeper is a mistake, or a cycle. */
const deepestTree = 16;

export function checkDescription(value: unknown): NativeIsoDescription {
  const given = checkOptions("description", value, cardKeys);
  const files = list("files", given.files);
  return {
    ...(given.atr === undefined ? {} : { atr: copyBytes("atr", given.atr, 2, 33) }),
    mf: { kind: "df", identifier: 0x3f00, children: files.map((file) => checkFile(file, 1)) },
    pins: list("pins", given.pins).map(checkPin),
    keys: list("keys", given.keys).map((key) => {
      const { reference, value: secret } = checkOptions("keys[]", key, ["reference", "value"]);
      return {
        reference: checkInteger("keys[].reference", reference, 0, 0xff),
        value: copyBytes("keys[].value", secret, 1, 255),
      };
    }),
    objects: list("objects", given.objects).map(checkObject),
    extendedLength: checkBoolean("extendedLength", given.extendedLength ?? true),
    commandChaining: checkBoolean("commandChaining", given.commandChaining ?? true),
    tcosListing: checkOneOf("listing", given.listing ?? "none", ["none", "tcos"]) === "tcos",
    channels: checkInteger("channels", given.channels ?? 4, 1, 20),
    seed: checkInteger("seed", given.seed ?? 1, 0, Number.MAX_SAFE_INTEGER),
  };
}

function list(name: string, value: unknown): readonly unknown[] {
  if (value === undefined) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw new ScardArgumentError(name, value, "an array");
  }
  return value;
}

const efKeys = ["type", "id", "sfi", "read", "update"] as const;
const recordTypes = ["linear-fixed", "linear-variable", "cyclic"] as const;

function checkFile(value: unknown, depth: number): NativeIsoFile {
  if (depth > deepestTree) {
    throw new ScardArgumentError("files", value, `at most ${String(deepestTree)} files deep`);
  }
  const given = (typeof value === "object" ? value : undefined) as { type?: unknown } | undefined;
  const type = checkOneOf("files[].type", given?.type, ["df", "transparent", ...recordTypes]);
  if (type === "df") {
    const df = checkOptions("files[]", value, ["type", "id", "aid", "files"]);
    return {
      kind: type,
      identifier: checkId(df.id),
      ...(df.aid === undefined ? {} : { name: copyBytes("files[].aid", df.aid, 1, 16) }),
      children: list("files[].files", df.files).map((file) => checkFile(file, depth + 1)),
    };
  }
  return type === "transparent" ? checkTransparent(value) : checkRecords(type, value);
}

function checkTransparent(value: unknown): NativeIsoFile {
  const given = checkOptions("files[]", value, [...efKeys, "content", "size"]);
  const content = copyBytes("files[].content", given.content, 0, mostFileBytes);
  const size = given.size ?? content.length;
  return {
    kind: "transparent",
    ...common(given),
    content,
    capacity: checkInteger("files[].size", size, content.length, mostFileBytes),
  };
}

function checkRecords(kind: IsoRecordEf["type"], value: unknown): NativeIsoFile {
  const keys = [...efKeys, "records", "recordSize", "maxRecords", "tlv"] as const;
  const given = checkOptions("files[]", value, keys);
  const records = list("files[].records", given.records).map((record) => ({
    bytes: copyBytes("files[].records[]", record, 1, mostFileBytes),
  }));
  const most = given.maxRecords ?? records.length;
  return {
    kind,
    ...common(given),
    records,
    recordSize: checkInteger("files[].recordSize", given.recordSize ?? 0, 0, mostFileBytes),
    maxRecords: checkInteger("files[].maxRecords", most, records.length, mostRecords),
    tlvRecords: checkBoolean("files[].tlv", given.tlv ?? false),
  };
}

function common(given: {
  readonly id?: unknown;
  readonly sfi?: unknown;
  readonly read?: unknown;
  readonly update?: unknown;
}): Pick<NativeIsoFile, "identifier" | "shortIdentifier" | "read" | "update"> {
  return {
    identifier: checkId(given.id),
    shortIdentifier: given.sfi === undefined ? 0 : checkInteger("files[].sfi", given.sfi, 1, 30),
    read: checkAccess("files[].read", given.read),
    update: checkAccess("files[].update", given.update),
  };
}

function checkId(value: unknown): number {
  return checkInteger("files[].id", value, 1, 0xfffe);
}

function checkAccess(name: string, value: unknown = "always"): NativeIsoAccess {
  if (typeof value !== "object" || value === null) {
    return { rule: checkOneOf(name, value, ["always", "never"]) };
  }
  const { pin, key } = checkOptions(name, value, ["pin", "key"]);
  if ((pin === undefined) === (key === undefined)) {
    throw new ScardArgumentError(name, value, '"always", "never", { pin } or { key }');
  }
  return pin === undefined
    ? { rule: "key", reference: checkInteger(`${name}.key`, key, 0, 0xff) }
    : { rule: "pin", reference: checkInteger(`${name}.pin`, pin, 0, 0xff) };
}

const pinKeys = [
  "reference",
  "value",
  "tries",
  "unblockingCode",
  "unblockingTries",
  "minLength",
  "reset",
] as const;

function checkPin(value: unknown): NonNullable<NativeIsoDescription["pins"]>[number] {
  const pin = checkOptions("pins[]", value, pinKeys);
  return {
    reference: checkInteger("pins[].reference", pin.reference, 0, 0xff),
    value: secretBytes("pins[].value", pin.value),
    maxTries: checkInteger("pins[].tries", pin.tries ?? 3, 1, 15),
    ...(pin.unblockingCode === undefined
      ? {}
      : { unblockingCode: secretBytes("pins[].unblockingCode", pin.unblockingCode) }),
    maxUnblockingTries: checkInteger("pins[].unblockingTries", pin.unblockingTries ?? 10, 1, 15),
    minLength: checkInteger("pins[].minLength", pin.minLength ?? 4, 0, 255),
    reset: checkAccess("pins[].reset", pin.reset ?? "never"),
  };
}

function secretBytes(name: string, value: unknown): Uint8Array {
  return copyBytes(name, typeof value === "string" ? Buffer.from(value, "utf8") : value, 1, 255);
}

function checkObject(value: unknown): NonNullable<NativeIsoDescription["objects"]>[number] {
  const object = checkOptions("objects[]", value, ["tag", "value", "read", "update"]);
  return {
    tag: checkInteger("objects[].tag", object.tag, 1, 0xffff),
    value: copyBytes("objects[].value", object.value, 0, mostFileBytes),
    read: checkAccess("objects[].read", object.read),
    update: checkAccess("objects[].update", object.update),
  };
}
