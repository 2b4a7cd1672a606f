// Making, deleting and blocking files: ISO/IEC 7816-9.
import { type BytesInput, copyBytes } from "../../bytes.js";
import { encodeTlv, type TlvInput } from "../ber-tlv-encode.js";
import type { CommandApdu } from "../command-apdu.js";
import { buildCommand, checkCommandOptions, type CommandTraits } from "./build.js";
import { checkFileId } from "./file-words.js";

/** Options of {@link createFile}. */
export interface CreateFileOptions extends CommandTraits {
  /** The control parameters: the data objects in the template (62). */
  readonly parameters: readonly TlvInput[];
}

/** Options of {@link deleteFile}, {@link activateFile} and {@link deactivateFile}. */
export interface FileLifeOptions extends CommandTraits {
  /** Identifier of a file in the current DF. Default: the current file. */
  readonly file?: number | undefined;
  /** DF name (AID), 1 to 16 bytes, instead of `file`. */
  readonly name?: BytesInput | undefined;
}

/** CREATE FILE (E0); `ISCardFileAccess::Create`. */
export function createFile(options: CreateFileOptions): CommandApdu {
  const given = checkCommandOptions(options, ["parameters"]);
  const children = given.parameters as readonly TlvInput[];
  return buildCommand(given, { ins: 0xe0, data: encodeTlv({ tag: 0x62, children }) });
}

/** DELETE FILE (E4); `ISCardFileAccess::Delete`. */
export function deleteFile(options: FileLifeOptions = {}): CommandApdu {
  return fileLife(0xe4, options);
}

/** ACTIVATE FILE (44); `ISCardFileAccess::Rehabilitate`. */
export function activateFile(options: FileLifeOptions = {}): CommandApdu {
  return fileLife(0x44, options);
}

/** DEACTIVATE FILE (04); `ISCardFileAccess::Invalidate`. */
export function deactivateFile(options: FileLifeOptions = {}): CommandApdu {
  return fileLife(0x04, options);
}

function fileLife(ins: number, options: FileLifeOptions): CommandApdu {
  const given = checkCommandOptions(options, ["file", "name"]);
  if (given.name !== undefined) {
    return buildCommand(given, { ins, p1: 0x04, data: copyBytes("name", given.name, 1, 16) });
  }
  if (given.file === undefined) {
    return buildCommand(given, { ins });
  }
  const id = checkFileId("file", given.file);
  return buildCommand(given, { ins, data: Uint8Array.of(id >> 8, id) });
}
