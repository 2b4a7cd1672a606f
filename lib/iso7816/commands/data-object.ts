// GET DATA and PUT DATA: ISO/IEC 7816-4:2005, 7.4.
import { checkInteger } from "../../arguments.js";
import { type BytesInput, copyBytes } from "../../bytes.js";
import { ScardArgumentError } from "../../errors/argument-error.js";
import { checkTag, encodeTlv, type TlvInput } from "../ber-tlv-encode.js";
import type { CommandApdu } from "../command-apdu.js";
import { encodeSimpleTlv, type SimpleTlvInput } from "../simple-tlv.js";
import {
  buildCommand,
  checkCommandOptions,
  checkLength,
  type CommandTraits,
  parameters,
  type Unchecked,
} from "./build.js";
import { checkFileId } from "./file-words.js";

/** One data object by its tag: in P1-P2, or for a tag of 3 or 4 bytes in the data field. */
export interface DataObjectByTag {
  /** BER-TLV tag, all its bytes as one number: 0x5C, 0x5F50, 0x9F8101. */
  readonly tag: number;
}

/** A SIMPLE-TLV data object. */
export interface DataObjectBySimpleTag {
  /** SIMPLE-TLV tag, 1 to 254. */
  readonly simpleTag: number;
}

/** Something that only the application gives a meaning. */
export interface ProprietaryData {
  /** P2 with P1 being 01: 0 to 255. */
  readonly proprietary: number;
}

/** Where the odd instructions look. */
export interface DataObjectPlace {
  /** File identifier; 0x3FFF (default) is the current DF, 0x0000 the current EF. */
  readonly file?: number | undefined;
}

/** Options of {@link getData}. */
export type GetDataOptions = CommandTraits & {
  /** Most bytes. Default: as many as the form can ask for. */
  readonly length?: number | undefined;
} & (
    | DataObjectByTag
    | DataObjectBySimpleTag
    | ProprietaryData
    | ({
        /** Several BER-TLV data objects: the odd instruction with a tag list. */
        readonly tags: readonly number[];
      } & DataObjectPlace)
    | {
        /** All BER-TLV or SIMPLE-TLV data objects that the context has. */
        readonly all: "ber-tlv" | "simple-tlv";
      }
  );

/** Options of {@link putData}. */
export type PutDataOptions = CommandTraits &
  (
    | ((DataObjectByTag | DataObjectBySimpleTag | ProprietaryData) & {
        /** The value alone; of a constructed tag the data objects in it. */
        readonly data: BytesInput;
      })
    | ({
        /** BER-TLV data objects with tags and lengths: the odd instruction. */
        readonly objects: TlvInput | readonly TlvInput[];
      } & DataObjectPlace)
    | {
        /** SIMPLE-TLV data objects with tags and lengths. */
        readonly simpleObjects: SimpleTlvInput | readonly SimpleTlvInput[];
      }
  );

const tagKeys = ["tag", "simpleTag", "proprietary"] as const;
const currentDf = 0x3fff;
const allBer = 0x00ff;
const allSimple = 0x02ff;

/** GET DATA (CA, CB); `ISCardISO7816::GetData`. */
export function getData(options: GetDataOptions): CommandApdu {
  const given = checkCommandOptions(options, [...tagKeys, "tags", "file", "all", "length"]);
  const way = onlyOne(given, [...tagKeys, "tags", "all"]);
  onlyWith(given.file, way === "tags");
  const le = checkLength(given.length);
  if (way === "tags") {
    return tagList(given, checkTags(given.tags), le);
  }
  if (way === "all") {
    const p1p2 = given.all === "simple-tlv" ? allSimple : checkAll(given.all);
    return buildCommand(given, { ins: 0xca, ...parameters(p1p2), le });
  }
  const p1p2 = place(way, given);
  return p1p2 === undefined
    ? tagList(given, [given.tag as number], le)
    : buildCommand(given, { ins: 0xca, ...parameters(p1p2), le });
}

/** PUT DATA (DA, DB); `ISCardISO7816::PutData`. */
export function putData(options: PutDataOptions): CommandApdu {
  const keys = [...tagKeys, "data", "objects", "file", "simpleObjects"] as const;
  const given = checkCommandOptions(options, keys);
  const way = onlyOne(given, [...tagKeys, "objects", "simpleObjects"]);
  onlyWith(given.file, way === "objects");
  if (way === "objects" || way === "simpleObjects") {
    if (given.data !== undefined) {
      throw new ScardArgumentError("data", given.data, `absent together with "${way}"`);
    }
    return way === "objects"
      ? putObjects(given, encodeTlv(given.objects as TlvInput))
      : buildCommand(given, {
          ins: 0xda,
          ...parameters(allSimple),
          data: encodeSimpleTlv(given.simpleObjects as SimpleTlvInput),
        });
  }
  const data = copyBytes("data", given.data, 0, 0xffff);
  const p1p2 = place(way, given);
  return p1p2 === undefined
    ? putObjects(given, encodeTlv({ tag: given.tag as number, value: data }))
    : buildCommand(given, { ins: 0xda, ...parameters(p1p2), data });
}

/** P1-P2; undefined for a tag that does not fit. */
function place(
  way: "tag" | "simpleTag" | "proprietary",
  given: Unchecked<(typeof tagKeys)[number]>,
): number | undefined {
  if (way === "simpleTag") {
    return 0x0200 | checkInteger("simpleTag", given.simpleTag, 1, 254);
  }
  if (way === "proprietary") {
    return 0x0100 | checkInteger("proprietary", given.proprietary, 0, 0xff);
  }
  const tag = checkTag("tag", given.tag);
  // 0001 to 003F and 00FF mean other things; so do two bytes below 4000.
  const fits = (tag >= 0x40 && tag <= 0xfe) || (tag >= 0x4000 && tag <= 0xffff);
  return fits ? tag : undefined;
}

function tagList(given: Unchecked<"file">, tags: readonly number[], le: number): CommandApdu {
  // An object without a value is a tag and 00: what is left is the tag's bytes.
  const list = tags.flatMap((tag) => [...encodeTlv({ tag })].slice(0, -1));
  return buildCommand(given, {
    ins: 0xcb,
    ...parameters(checkFileId("file", given.file ?? currentDf)),
    data: encodeTlv({ tag: 0x5c, value: Uint8Array.from(list) }),
    le,
  });
}

function putObjects(given: Unchecked<"file">, data: Uint8Array): CommandApdu {
  const file = checkFileId("file", given.file ?? currentDf);
  return buildCommand(given, { ins: 0xdb, ...parameters(file), data });
}

function checkTags(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 255) {
    throw new ScardArgumentError("tags", value, "an array of 1 to 255 tags");
  }
  return value.map((tag: unknown) => checkTag("tags[]", tag));
}

function checkAll(value: unknown): number {
  if (value !== "ber-tlv") {
    throw new ScardArgumentError("all", value, '"ber-tlv" or "simple-tlv"');
  }
  return allBer;
}

/** The one of `keys` that is given. */
function onlyOne<Key extends string>(
  given: { readonly [K in Key]?: unknown },
  keys: readonly Key[],
): Key {
  const present = keys.filter((key) => given[key] !== undefined);
  const [key] = present;
  if (key === undefined || present.length > 1) {
    const words = keys.map((name) => JSON.stringify(name)).join(", ");
    throw new ScardArgumentError("options", given, `an object with exactly one of ${words}`);
  }
  return key;
}

function onlyWith(file: unknown, allowed: boolean): void {
  if (file !== undefined && !allowed) {
    throw new ScardArgumentError("file", file, "absent with this way of naming data objects");
  }
}
