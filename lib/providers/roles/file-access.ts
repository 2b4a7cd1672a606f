import { checkOptions } from "../../arguments.js";
import { copyBytes } from "../../bytes.js";
import { ScardArgumentError } from "../../errors/argument-error.js";
import { StatusWordError } from "../../errors/status-word-error.js";
import type { TlvInput } from "../../iso7816/ber-tlv-encode.js";
import type { IsoCalls } from "../../iso7816/commands/calls.js";
import { type FileControl, parseFileControl } from "../../iso7816/commands/file-control.js";
import { checkShortId } from "../../iso7816/commands/file-words.js";
import type { SelectFileOptions } from "../../iso7816/commands/select-file.js";
import type { CallOptions } from "../../limits.js";
import type {
  CardFileAccess,
  DirectoryReference,
  FileReference,
  OpenBinaryFile,
  OpenRecordFile,
} from "./interfaces.js";
import { openBinary, openRecords, type Placed } from "./open-file.js";
import type { RoleSession } from "./session.js";

type Directory = { readonly path?: readonly number[]; readonly name?: Uint8Array };

/** {@link CardFileAccess} over SELECT and the commands on EFs. */
export class IsoFileAccess implements CardFileAccess {
  readonly #session: RoleSession;
  #directory: Directory = {};
  /** What the directory is known from: the card's resets until then. */
  #since = 0;

  /** @internal Part of `IsoCardManagement`. */
  constructor(session: RoleSession) {
    this.#session = session;
  }

  get currentDirectory(): Directory {
    return this.#since === this.#session.resets ? this.#directory : {};
  }

  async changeDirectory(
    directory: DirectoryReference,
    options?: CallOptions,
  ): Promise<FileControl> {
    const selection = directorySelection(directory);
    return this.#session.inTurn(async (iso) => {
      const control = await iso.selectFile(selection, options);
      this.#directory = Object.freeze(nextDirectory(this.currentDirectory, directory, control));
      this.#since = this.#session.resets;
      this.#session.selected = undefined;
      return control;
    });
  }

  async open(file: FileReference, options?: CallOptions): Promise<OpenBinaryFile | OpenRecordFile> {
    const reference = checkReference(file);
    if ("sfi" in reference) {
      return this.#openBySfi(reference.sfi, options);
    }
    const selection = fileSelection(reference);
    const select = async (iso: IsoCalls, limits: CallOptions | undefined): Promise<void> => {
      await iso.selectFile(selection, limits);
    };
    const placed: Placed = { session: this.#session, sfi: undefined, select };
    const control = await this.#select(selection, placed, options);
    return isRecordFile(control) ? openRecords(placed, control) : openBinary(placed, control);
  }

  async properties(file: FileReference, options?: CallOptions): Promise<FileControl> {
    return this.#select(fileSelection(checkReference(file)), undefined, options);
  }

  async create(parameters: readonly TlvInput[], options?: CallOptions): Promise<void> {
    await this.#session.inTurn(async (iso) => {
      this.#session.selected = undefined;
      await iso.createFile({ parameters }, options);
    });
  }

  async delete(file: FileReference, options?: CallOptions): Promise<void> {
    await this.#onFile(file, options, async (iso) => iso.deleteFile({}, options));
  }

  async deactivate(file: FileReference, options?: CallOptions): Promise<void> {
    await this.#onFile(file, options, async (iso) => iso.deactivateFile({}, options));
  }

  async activate(file: FileReference, options?: CallOptions): Promise<void> {
    await this.#onFile(file, options, async (iso) => iso.activateFile({}, options));
  }

  /** Selects a file and does something with it; nothing comes between. */
  async #onFile(
    file: FileReference,
    options: CallOptions | undefined,
    work: (iso: IsoCalls) => Promise<void>,
  ): Promise<void> {
    const selection = fileSelection(checkReference(file));
    await this.#session.inTurn(async () => {
      this.#session.selected = undefined;
      await this.#session.locked(async (iso) => {
        await iso.selectFile(selection, options);
        await work(iso);
      });
    });
  }

  /** A short identifier stands in each command; what kind of file it is a first byte tells. */
  async #openBySfi(
    sfi: number,
    options: CallOptions | undefined,
  ): Promise<OpenBinaryFile | OpenRecordFile> {
    const select = async (): Promise<void> => Promise.resolve();
    const placed: Placed = { session: this.#session, sfi, select };
    const control = parseFileControl(new Uint8Array(0));
    try {
      await this.#session.inTurn(async (iso) => {
        this.#session.selected = undefined;
        await iso.readBinary({ sfi, length: 1 }, options);
      });
    } catch (error) {
      if (!(error instanceof StatusWordError)) {
        throw error;
      }
      if (error.sw === wrongFileType) {
        return openRecords(placed, control);
      }
      if (error.notFound) {
        throw error;
      }
      // Something else bars the reading: rights, or an empty file. Its own calls will say.
    }
    return openBinary(placed, control);
  }

  async #select(
    selection: SelectFileOptions,
    owner: Placed | undefined,
    options: CallOptions | undefined,
  ): Promise<FileControl> {
    return this.#session.inTurn(async (iso) => {
      const control = await iso.selectFile(selection, options);
      this.#session.selected = owner;
      return control;
    });
  }
}

/** Command incompatible with file structure. */
const wrongFileType = 0x6981;

function checkReference(file: unknown): FileReference {
  const given = checkOptions("file", file, ["name", "id", "sfi", "path"]);
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  if (present.length !== 1) {
    throw new ScardArgumentError("file", file, "one of { name }, { id }, { sfi } and { path }");
  }
  const reference = Object.fromEntries(present) as FileReference;
  return "sfi" in reference ? { sfi: checkShortId(reference.sfi) } : reference;
}

function fileSelection(file: FileReference): SelectFileOptions {
  if ("name" in file) {
    return { by: "aid", name: file.name };
  }
  if ("path" in file) {
    return { by: "path", path: file.path };
  }
  if ("sfi" in file) {
    throw new ScardArgumentError("file", file, "{ id }, { name } or { path } here");
  }
  return { by: "id", file: file.id };
}

function directorySelection(directory: unknown): SelectFileOptions {
  if (directory === "mf" || directory === "parent") {
    return { by: directory };
  }
  const reference = checkReference(directory);
  return "id" in reference
    ? { by: "id", file: reference.id, kind: "child-df" }
    : fileSelection(reference);
}

function nextDirectory(
  { path }: Directory,
  to: DirectoryReference,
  control: FileControl,
): Directory {
  if (to === "mf") {
    return { path: [] };
  }
  if (to === "parent") {
    return path === undefined ? {} : { path: path.slice(0, -1) };
  }
  if ("path" in to) {
    return { path: [...to.path] };
  }
  if ("id" in to) {
    return path === undefined ? {} : { path: [...path, to.id] };
  }
  return { name: control.name ?? copyBytes("name", to.name) };
}

function isRecordFile({ structure }: FileControl): boolean {
  return structure?.startsWith("linear") === true || structure === "cyclic";
}
