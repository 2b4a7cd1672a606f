import { checkOneOf, checkOptions } from "../../arguments.js";
import { copyBytes } from "../../bytes.js";
import { ScardArgumentError } from "../../errors/argument-error.js";
import { StatusWordError } from "../../errors/status-word-error.js";
import type { TlvInput } from "../../iso7816/ber-tlv-encode.js";
import { parseAtr } from "../../iso7816/atr.js";
import type { IsoCalls } from "../../iso7816/commands/calls.js";
import { type FileControl, parseFileControl } from "../../iso7816/commands/file-control.js";
import { checkShortId } from "../../iso7816/commands/file-words.js";
import type { SelectFileOptions } from "../../iso7816/commands/select-file.js";
import type { CallOptions } from "../../limits.js";
import { applications, efDir, filesByShortId, kindOf } from "./directory.js";
import type {
  ApplicationEntry,
  CardFileAccess,
  DirectoryReference,
  FileCapabilities,
  FileEntry,
  FileReference,
  OpenBinaryFile,
  OpenRecordFile,
} from "./interfaces.js";
import { openBinary, openRecords, type Placed } from "./open-file.js";
import type { Directory, Place, RoleSession } from "./session.js";

/** {@link CardFileAccess} over SELECT and the commands on EFs. */
export class IsoFileAccess implements CardFileAccess {
  readonly #session: RoleSession;
  #place: Place;
  /** What the place is known from: the card's resets until then. */
  #since = 0;

  /** @internal Part of `IsoCardManagement`. */
  constructor(session: RoleSession) {
    this.#session = session;
    this.#place = session.entered;
  }

  get currentDirectory(): Directory {
    return this.#here.directory;
  }

  async changeDirectory(
    directory: DirectoryReference,
    options?: CallOptions,
  ): Promise<FileControl> {
    const selection = directorySelection(directory);
    return this.#session.inTurn(async (iso) => {
      const { path } = this.currentDirectory;
      if (directory === "parent" || (typeof directory === "object" && "id" in directory)) {
        await this.#session.enter(this.#here, iso, options);
      }
      const control = await iso.selectFile(selection, options);
      this.#moved(nextDirectory(path, directory, control));
      return control;
    });
  }

  directory(type: "applications", options?: CallOptions): Promise<ApplicationEntry[]>;
  directory(type: "files", options?: CallOptions): Promise<FileEntry[]>;
  async directory(
    type: "applications" | "files",
    options?: CallOptions,
  ): Promise<ApplicationEntry[] | FileEntry[]> {
    return checkOneOf("type", type, ["applications", "files"]) === "files"
      ? this.#session.inTurn(async (iso) => {
          await this.#session.enter(this.#here, iso, options);
          this.#session.selected = undefined;
          return filesByShortId(iso, options);
        })
      : this.#applications(options);
  }

  async open(file: FileReference, options?: CallOptions): Promise<OpenBinaryFile | OpenRecordFile> {
    const reference = checkReference(file);
    if ("sfi" in reference) {
      return this.#openBySfi(reference.sfi, options);
    }
    return this.#session.inTurn(async (iso) => this.#openHere(iso, reference, options));
  }

  async properties(file: FileReference, options?: CallOptions): Promise<FileControl> {
    const reference = checkReference(file);
    fileSelection(reference);
    return this.#session.inTurn(async (iso) => {
      const { control } = await this.#select(iso, reference, options);
      return control;
    });
  }

  async capabilities(options?: CallOptions): Promise<FileCapabilities> {
    const { card, transaction } = this.#session;
    const { atr } = await (transaction ?? card).status(options);
    const { cardCapabilities, cardServiceData } = parseAtr(atr).historicalBytes;
    return Object.freeze({ capabilities: cardCapabilities, services: cardServiceData });
  }

  async create(parameters: readonly TlvInput[], options?: CallOptions): Promise<void> {
    await this.#session.inTurn(async (iso) => {
      await this.#session.enter(this.#here, iso, options);
      this.#session.selected = undefined;
      await iso.createFile({ parameters }, options);
      if (isKnown(this.#here)) {
        // The new file is the current one, and may be a directory.
        this.#session.entered = { directory: {} };
      }
    });
  }

  async delete(file: FileReference, options?: CallOptions): Promise<void> {
    await this.#onFile(file, options, async (iso, { type }) => {
      await iso.deleteFile({}, options);
      if (type === "df") {
        this.#moved({});
      }
    });
  }

  async deactivate(file: FileReference, options?: CallOptions): Promise<void> {
    await this.#onFile(file, options, async (iso) => iso.deactivateFile({}, options));
  }

  async activate(file: FileReference, options?: CallOptions): Promise<void> {
    await this.#onFile(file, options, async (iso) => iso.activateFile({}, options));
  }

  /** Where references count from. */
  get #here(): Place {
    if (this.#since !== this.#session.resets) {
      // As after a connection: somewhere.
      this.#since = this.#session.resets;
      this.#place = this.#session.entered;
    }
    return this.#place;
  }

  /** The card is in another directory, and the program means it. */
  #moved(directory: Directory): Place {
    const place = { directory: Object.freeze(directory) };
    this.#since = this.#session.resets;
    this.#place = place;
    this.#session.entered = place;
    this.#session.selected = undefined;
    return place;
  }

  async #applications(options: CallOptions | undefined): Promise<ApplicationEntry[]> {
    const file = await this.#session.inTurn(async (iso) => {
      const before = this.#here;
      const opened = await this.#openHere(iso, { path: [efDir] }, options);
      if (isKnown(before)) {
        // The next reference that counts from there takes the card back.
        this.#place = before;
      }
      return opened;
    });
    const content = await file.read(undefined, options);
    return applications(content instanceof Uint8Array ? [content] : content);
  }

  async #openHere(
    iso: IsoCalls,
    reference: FileReference,
    options: CallOptions | undefined,
  ): Promise<OpenBinaryFile | OpenRecordFile> {
    const { control, place } = await this.#select(iso, reference, options);
    const placed = this.#placed(reference, place);
    this.#session.selected = placed;
    return isRecordFile(control) ? openRecords(placed, control) : openBinary(placed, control);
  }

  /** Selects a file and does something with it; nothing comes between. */
  async #onFile(
    file: FileReference,
    options: CallOptions | undefined,
    work: (iso: IsoCalls, control: FileControl) => Promise<void>,
  ): Promise<void> {
    const reference = checkReference(file);
    fileSelection(reference);
    await this.#session.inTurn(async () =>
      this.#session.locked(async (iso) => {
        const { control } = await this.#select(iso, reference, options);
        await work(iso, control);
      }),
    );
  }

  /** A short identifier stands in each command; what kind of file it is a first byte tells. */
  async #openBySfi(
    sfi: number,
    options: CallOptions | undefined,
  ): Promise<OpenBinaryFile | OpenRecordFile> {
    const control = parseFileControl(new Uint8Array(0));
    return this.#session.inTurn(async (iso) => {
      const place = this.#here;
      await this.#session.enter(place, iso, options);
      this.#session.selected = undefined;
      const kind = await kindOf(iso, sfi, options);
      if (kind === "absent") {
        throw new StatusWordError("READ BINARY", fileNotFound);
      }
      const placed = this.#placed({ sfi }, place);
      // Something else may bar the reading: rights. The file's own calls will say.
      return kind === "records" ? openRecords(placed, control) : openBinary(placed, control);
    });
  }

  /** Takes the card to a file, and the program to its directory. */
  async #select(
    iso: IsoCalls,
    reference: FileReference,
    options: CallOptions | undefined,
  ): Promise<{ readonly control: FileControl; readonly place: Place }> {
    if ("id" in reference) {
      await this.#session.enter(this.#here, iso, options);
    }
    this.#session.selected = undefined;
    const control = await iso.selectFile(fileSelection(reference), options);
    const directory = directoryOf(reference, control);
    return { control, place: directory === undefined ? this.#here : this.#moved(directory) };
  }

  /** How the card gets to a file again. */
  #placed(reference: FileReference, place: Place): Placed {
    const session = this.#session;
    const select = async (iso: IsoCalls, limits: CallOptions | undefined): Promise<void> => {
      if ("sfi" in reference || "id" in reference) {
        await session.enter(place, iso, limits);
      }
      if (!("sfi" in reference)) {
        await iso.selectFile(fileSelection(reference), limits);
      }
      if ("path" in reference || "name" in reference) {
        session.entered = place;
      }
    };
    return { session, sfi: "sfi" in reference ? reference.sfi : undefined, select };
  }
}

const fileNotFound = 0x6a82;

/** Whether there is a way to a place from anywhere. */
function isKnown({ directory }: Place): boolean {
  return directory.path !== undefined || directory.name !== undefined;
}

/** The directory that the card is in once it has selected a file; undefined: the one it was in. */
function directoryOf(reference: FileReference, control: FileControl): Directory | undefined {
  const { type, name } = control;
  if ("path" in reference) {
    return { path: type === "df" ? [...reference.path] : reference.path.slice(0, -1) };
  }
  if ("name" in reference) {
    return { name: name ?? copyBytes("name", reference.name) };
  }
  if (type !== "df") {
    return undefined;
  }
  return "id" in reference && reference.id === masterFile
    ? { path: [] }
    : name === undefined
      ? {}
      : { name };
}

const masterFile = 0x3f00;

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
  path: readonly number[] | undefined,
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
