// Lists of what is on a card, over the commands of ISO/IEC 7816-4.
import { StatusWordError } from "../../errors/status-word-error.js";
import { type TlvElement, decodeTlv } from "../../iso7816/ber-tlv.js";
import type { IsoCalls } from "../../iso7816/commands/calls.js";
import { findTlv } from "../../iso7816/find-tlv.js";
import type { CallOptions } from "../../limits.js";
import type { ApplicationEntry, FileEntry } from "./interfaces.js";

/** EF.DIR in the MF: ISO/IEC 7816-4:2005, 8.2.1.1. */
export const efDir = 0x2f00;

/** Command incompatible with file structure. */
export const wrongFileType = 0x6981;

const wrongOffset = 0x6b00;
const longestShortId = 30;

/**
 * The applications that the content of EF.DIR names: application templates (61), or names (4F) alone.
 *
 * @throws {TlvError}
 */
export function applications(content: readonly Uint8Array[]): ApplicationEntry[] {
  return content
    .flatMap((bytes) => decodeTlv(bytes))
    .flatMap((element): ApplicationEntry[] => {
      const elements = element.tag === 0x61 ? element.children : [element];
      const name = findTlv(elements, 0x4f)?.value;
      return name === undefined ? [] : [application(name, elements)];
    });
}

function application(name: Uint8Array, elements: readonly TlvElement[]): ApplicationEntry {
  const label = findTlv(elements, 0x50)?.value;
  return Object.freeze({
    name: name.slice(),
    label: label === undefined ? undefined : new TextDecoder().decode(label),
    path: pathOf(findTlv(elements, 0x51)?.value),
    elements,
  });
}

function pathOf(value: Uint8Array | undefined): readonly number[] | undefined {
  if (value === undefined || value.length % 2 !== 0) {
    return undefined;
  }
  const path: number[] = [];
  for (let at = 0; at < value.length; at += 2) {
    path.push(((value[at] ?? 0) << 8) | (value[at + 1] ?? 0));
  }
  return Object.freeze(path[0] === 0x3f00 ? path.slice(1) : path);
}

/** The files of the current DF that have a short identifier: each is tried. */
export async function filesByShortId(
  iso: IsoCalls,
  options: CallOptions | undefined,
): Promise<FileEntry[]> {
  const files: FileEntry[] = [];
  for (let sfi = 1; sfi <= longestShortId; sfi += 1) {
    const kind = await kindOf(iso, sfi, options);
    if (kind !== "absent") {
      files.push(Object.freeze({ sfi, kind: kind === "hidden" ? undefined : kind }));
    }
  }
  return files;
}

/**
 * What a first byte tells of a file; `"hidden"` when something bars the reading.
 *
 * @throws {StatusWordError} (rejects) when the card does not read by short identifiers.
 */
export async function kindOf(
  iso: IsoCalls,
  sfi: number,
  options: CallOptions | undefined,
): Promise<"transparent" | "records" | "hidden" | "absent"> {
  try {
    await iso.readBinary({ sfi, length: 1 }, options);
    return "transparent";
  } catch (error) {
    if (!(error instanceof StatusWordError) || error.unsupported) {
      throw error;
    }
    if (error.notFound) {
      return "absent";
    }
    const { sw } = error;
    return sw === wrongFileType ? "records" : sw === wrongOffset ? "transparent" : "hidden";
  }
}
