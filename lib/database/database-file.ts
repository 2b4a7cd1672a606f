// One file of a database: read when it has changed, and replaced as a whole.
import { statSync, type BigIntStats, type Stats } from "node:fs";
import { type FileHandle, mkdir, open, readFile, realpath, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

import { codeValue } from "../errors/codes.js";
import { PcscError } from "../errors/pcsc-error.js";
import { DatabaseAccessError } from "./access-error.js";
import { formatDatabase, parseDatabase } from "./format.js";
import { type DatabaseImage, emptyImage } from "./image.js";
import { textOf } from "./utf8.js";

const absent = "absent";
/** Of a file that is not there: one image, since another one is a change. */
const nothing: DatabaseImage = emptyImage();

/**
 * For how long after a change a file may change again and keep its date, ms: kernels take the time
 * from a clock that ticks, and a file that is replaced may get the number of the one before.
 */
const tick = 100;

export class DatabaseFile {
  readonly path: string;
  /** What was last read, its text while its date may not tell it from the next, and its file. */
  #image: DatabaseImage = nothing;
  #text: string | undefined;
  #stamp = absent;
  /** Counts writings: what was read meanwhile is read again. */
  #writings = 0;

  constructor(path: string) {
    this.path = path;
  }

  get known(): DatabaseImage {
    return this.#image;
  }

  /** Whether {@link DatabaseFile.known} is what the file holds: one look at its date. */
  get fresh(): boolean {
    try {
      return this.#stamp === stampOf(statSync(this.path, { bigint: true, throwIfNoEntry: false }));
    } catch {
      return false;
    }
  }

  /**
   * What the file holds; nothing for a file that is not there.
   *
   * @throws {DatabaseFileError} when it is no database, or a newer one.
   * @throws {PcscError} SCARD_E_NO_ACCESS when it may not be read.
   * @throws {DatabaseAccessError} when it cannot be read otherwise.
   */
  async read(call: string): Promise<DatabaseImage> {
    let current: () => boolean;
    do {
      const writings = this.#writings;
      current = () => writings === this.#writings;
      await this.#read(call, current);
    } while (!current());
    return this.#image;
  }

  /** @param current Whether nothing was written since. */
  async #read(call: string, current: () => boolean): Promise<void> {
    try {
      const found = await stat(this.path, { bigint: true });
      const stamp = stampOf(found);
      if (stamp !== this.#stamp) {
        const text = textOf(await readFile(this.path), this.path);
        if (current()) {
          this.#image = text === this.#text ? this.#image : parseDatabase(text, this.path);
          this.#keep(found, text);
        }
      }
    } catch (error) {
      if (!isCode(error, "ENOENT", "ENOTDIR")) {
        throw explained(error, call, this.path);
      }
      if (current()) {
        this.#image = nothing;
        this.#text = undefined;
        this.#stamp = absent;
      }
    }
  }

  /** Remembers the date of a file that had this text, once the next change will give another. */
  #keep(found: BigIntStats, text: string): void {
    const settled = Date.now() - Number(found.mtimeMs) > tick;
    this.#text = settled ? undefined : text;
    this.#stamp = settled ? stampOf(found) : "young";
  }

  /** Makes the folder of the file. The result is what is locked: one for all links to the file. */
  async prepare(call: string): Promise<string> {
    try {
      await mkdir(dirname(this.path), { recursive: true });
      return `${await this.#target()}.lock`;
    } catch (error) {
      throw explained(error, call, this.path);
    }
  }

  /** A file that is a link is replaced where it lies. */
  async #target(): Promise<string> {
    return realpath(this.path).catch(() => this.path);
  }

  /**
   * Replaces the file, unless it holds the same already: whoever reads has the old content or the new.
   * Under the lock alone.
   */
  async write(image: DatabaseImage, call: string): Promise<void> {
    const text = formatDatabase(image);
    if (text === formatDatabase(this.#image)) {
      return;
    }
    try {
      const target = await this.#target();
      const before = await stat(target).catch(() => undefined);
      // One name, so that a process that dies leaves nothing that is not overwritten.
      const temporary = `${target}.tmp`;
      const file = await open(temporary, "w", 0o666);
      try {
        await likeBefore(file, before);
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
      this.#writings += 1;
      this.#image = image;
      this.#text = text;
      this.#stamp = "young";
      await syncFolder(dirname(target));
    } catch (error) {
      throw explained(error, call, this.path);
    }
  }
}

/** Gives a new file the rights of the one that it replaces and, as far as that is allowed, its owner. */
async function likeBefore(file: FileHandle, before: Stats | undefined): Promise<void> {
  if (before === undefined) {
    return;
  }
  const made = await file.stat();
  if (made.uid !== before.uid || made.gid !== before.gid) {
    await file.chown(before.uid, before.gid).catch(() => undefined);
  }
  await file.chmod(before.mode & 0o777);
}

/** Lets the new name outlast a loss of power, where folders can be synchronised. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") {
    return;
  }
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function stampOf(found: BigIntStats | undefined): string {
  return found === undefined
    ? absent
    : `${String(found.ino)} ${String(found.mtimeNs)} ${String(found.size)}`;
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

function explained(error: unknown, call: string, path: string): unknown {
  if (isCode(error, "EACCES", "EPERM", "EROFS")) {
    const failure = { value: codeValue("SCARD_E_NO_ACCESS"), call, path };
    return new PcscError(failure, { cause: error });
  }
  return isSystemError(error) ? new DatabaseAccessError(path, error) : error;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}
