import { checkOneOf } from "../../arguments.js";
import { type BytesInput, copyBytes } from "../../bytes.js";
import { ScardArgumentError } from "../../errors/argument-error.js";
import type { CommandApdu } from "../command-apdu.js";
import {
  buildCommand,
  checkCommandOptions,
  checkLength,
  type CommandTraits,
  type Unchecked,
} from "./build.js";
import { checkFileId, type Occurrence, occurrenceBits } from "./file-words.js";

/** What a SELECT asks the card to say about the file. */
export interface SelectAnswer extends CommandTraits {
  /**
   * File control information (`"fci"`, default), its control parameters (`"fcp"`) or management
   * data (`"fmd"`) alone, or `"none"`.
   */
  readonly answer?: "fci" | "fcp" | "fmd" | "none" | undefined;
  /** Most bytes of the answer. Default: as many as the form can ask for; no Le with `"none"`. */
  readonly length?: number | undefined;
}

/** SELECT by DF name (AID). */
export interface SelectByAid extends SelectAnswer {
  readonly by: "aid";
  /** The name or the beginning of it, 1 to 16 bytes. */
  readonly name: BytesInput;
  /** Which of several DFs whose names begin so. Default: `"first"`. */
  readonly occurrence?: Occurrence | undefined;
}

/** SELECT by file identifier. */
export interface SelectById extends SelectAnswer {
  readonly by: "id";
  /** 0x0000 to 0xFFFF; 0x3F00 is the MF. */
  readonly file: number;
  /** Any MF, DF or EF near by (default), a DF in the current one, or an EF in the current DF. */
  readonly kind?: "any" | "child-df" | "ef" | undefined;
}

/** SELECT by path: file identifiers one after another. */
export interface SelectByPath extends SelectAnswer {
  readonly by: "path";
  /** File identifiers without that of the start, or the same as bytes. */
  readonly path: readonly number[] | BytesInput;
  /** Where it starts: the MF (default) or the current DF. */
  readonly from?: "mf" | "current-df" | undefined;
}

/** SELECT of the MF, or of the current DF's parent. */
export interface SelectRelative extends SelectAnswer {
  readonly by: "mf" | "parent";
}

/** What {@link selectFile} selects. */
export type SelectFileOptions = SelectByAid | SelectById | SelectByPath | SelectRelative;

const ways = ["aid", "id", "path", "mf", "parent"] as const;
const answers = ["fci", "fcp", "fmd", "none"] as const;
const kinds = ["any", "child-df", "ef"] as const;

/** P1, the data field and bits 2-1 of P2. */
interface Selection {
  readonly p1: number;
  readonly data?: Uint8Array;
  readonly occurrence?: number;
}

/**
 * SELECT (A4), ISO/IEC 7816-4:2005, 7.1.1; `ISCardISO7816::SelectFile`. What was selected stays so
 * for the channel; the security state of files that are left may be dropped.
 */
export function selectFile(options: SelectFileOptions): CommandApdu {
  const by: unknown = (options as SelectFileOptions | null | undefined)?.by;
  const way = checkOneOf("by", by, ways);
  const own = {
    aid: ["name", "occurrence"],
    id: ["file", "kind"],
    path: ["path", "from"],
  } as const;
  const keys = way === "mf" || way === "parent" ? [] : own[way];
  const given = checkCommandOptions<string>(options, ["by", "answer", "length", ...keys]);
  const { p1, data, occurrence } = selection(way, given);
  const answer = answers.indexOf(checkOneOf("answer", given["answer"] ?? "fci", answers));
  const none = answers[answer] === "none";
  if (none && given["length"] !== undefined) {
    throw new ScardArgumentError("length", given["length"], 'absent with answer "none"');
  }
  return buildCommand(given, {
    ins: 0xa4,
    p1,
    p2: (occurrence ?? 0) | (answer << 2),
    ...(data === undefined ? {} : { data }),
    le: none ? undefined : checkLength(given["length"]),
  });
}

function selection(way: (typeof ways)[number], given: Unchecked<string>): Selection {
  switch (way) {
    case "aid":
      return {
        p1: 0x04,
        data: copyBytes("name", given["name"], 1, 16),
        occurrence: occurrenceBits(given["occurrence"] ?? "first"),
      };
    case "id":
      return {
        p1: kinds.indexOf(checkOneOf("kind", given["kind"] ?? "any", kinds)),
        data: fileIdBytes(checkFileId("file", given["file"])),
      };
    case "path":
      return {
        p1: checkOneOf("from", given["from"] ?? "mf", ["mf", "current-df"]) === "mf" ? 0x08 : 0x09,
        data: pathBytes(given["path"]),
      };
    case "mf":
      return { p1: 0x00, data: fileIdBytes(0x3f00) };
    case "parent":
      return { p1: 0x03 };
  }
}

function fileIdBytes(id: number): Uint8Array {
  return Uint8Array.of(id >> 8, id);
}

function pathBytes(path: unknown): Uint8Array {
  if (Array.isArray(path)) {
    if (path.length === 0 || path.length > 127) {
      throw new ScardArgumentError("path", path, "1 to 127 file identifiers");
    }
    return Uint8Array.from(path.flatMap((id) => [...fileIdBytes(checkFileId("path[]", id))]));
  }
  const bytes = copyBytes("path", path, 2, 254);
  if (bytes.length % 2 !== 0) {
    throw new ScardArgumentError("path", bytes, "file identifiers of 2 bytes each");
  }
  return bytes;
}
