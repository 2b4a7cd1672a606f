// One file of a database: read when it has changed, and replaced as a whole.
import { statSync, type BigIntStats } from "node:fs";
import { mkdir, open, readFile, realpath, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

import { PcscError } from "../errors/pcsc-error.js";
import { formatDatabase, parseDatabase } from "./format.js";
import { type DatabaseImage, emptyImage } from "./image.js";

const absent = "absent";

export class DatabaseFile {
  readonly path: string;
  /** What was last read, and the file it was read from. */
  #image: DatabaseImage = emptyImage();
  #stamp = absent;

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
   */
  async read(call: string): Promise<DatabaseImage> {
    try {
      const stamp = stampOf(await stat(this.path, { bigint: true }));
      if (stamp !== this.#stamp) {
        const text = await readFile(this.path, "utf8");
        this.#image = parseDatabase(text, this.path);
        this.#stamp = stamp;
      }
    } catch (error) {
      if (!isCode(error, "ENOENT", "ENOTDIR")) {
        throw explained(error, call);
      }
      this.#image = emptyImage();
      this.#stamp = absent;
    }
    return this.#image;
  }

  /** Makes the folder of the file. */
  async prepare(call: string): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true });
    } catch (error) {
      throw explained(error, call);
    }
  }

  /** Replaces the file: whoever reads has the old content or the new. Under the lock alone. */
  async write(image: DatabaseImage, call: string): Promise<void> {
    try {
      // A file that is a link is replaced where it lies.
      const target = await realpath(this.path).catch(() => this.path);
      const mode = await stat(target).then(
        (found) => found.mode & 0o777,
        () => 0o666,
      );
      // One name, so that a process that dies leaves nothing that is not overwritten.
      const temporary = `${target}.tmp`;
      const file = await open(temporary, "w", mode);
      try {
        await file.writeFile(formatDatabase(image));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
      await syncFolder(dirname(target));
      this.#stamp = stampOf(await stat(this.path, { bigint: true }));
      this.#image = image;
    } catch (error) {
      throw explained(error, call);
    }
  }
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

function explained(error: unknown, call: string): unknown {
  return isCode(error, "EACCES", "EPERM", "EROFS")
    ? PcscError.of("SCARD_E_NO_ACCESS", call, undefined, { cause: error })
    : error;
}
