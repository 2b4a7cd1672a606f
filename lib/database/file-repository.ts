// Databases in files, shared by processes.
import type { FSWatcher } from "node:fs";
import type { Limits } from "../limits.js";
import { ChangeListeners } from "./change-listeners.js";
import { DatabaseFile } from "./database-file.js";
import { type DatabaseImage, draftOf, mergeImages } from "./image.js";
import type { DatabasePaths } from "./paths.js";
import type { Change, Repository, StoreScope } from "./repository.js";
import { watchFile } from "./watch-file.js";

/** A lock that is held; the kernel takes it back when the process dies. */
export interface HeldLock {
  release(): void;
}

/** Waits until nobody else has the file locked. */
export type LockFile = (path: string, call: string) => Promise<HeldLock>;

/** A change that waits for its turn. */
interface Waiting {
  readonly call: string;
  readonly change: (change: Change) => void;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  /** Set when its caller no longer wants it. */
  givenUp: boolean;
}

export class FileRepository implements Repository {
  readonly kind = "files";
  readonly #files: Readonly<Record<StoreScope, DatabaseFile>>;
  readonly #lock: LockFile;
  readonly #waiting: Record<StoreScope, Waiting[]> = { user: [], system: [] };
  readonly #working: Record<StoreScope, boolean> = { user: false, system: false };
  readonly #listeners = new ChangeListeners();
  /** Why a file was last not read. */
  readonly #problems: Record<StoreScope, Error | undefined> = {
    user: undefined,
    system: undefined,
  };
  /** What the listeners were last told of. */
  #announced: DatabaseImage | undefined;
  #watchers: readonly Pick<FSWatcher, "close">[] = [];
  #merged: { user: DatabaseImage; system: DatabaseImage; image: DatabaseImage } | undefined;
  /** The reading under way, or the last one, and the one that comes after it. */
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  /** The last problem that a warning told of. */
  #warned: string | undefined;

  constructor(paths: DatabasePaths, lock: LockFile) {
    this.#files = { user: new DatabaseFile(paths.user), system: new DatabaseFile(paths.system) };
    this.#lock = lock;
  }

  get paths(): DatabasePaths {
    return { user: this.#files.user.path, system: this.#files.system.path };
  }

  get known(): DatabaseImage {
    const { user, system } = this.#files;
    if (this.#merged?.user !== user.known || this.#merged.system !== system.known) {
      const image = mergeImages(user.known, system.known);
      this.#merged = { user: user.known, system: system.known, image };
    }
    return this.#merged.image;
  }

  get fresh(): boolean {
    return this.#files.user.fresh && this.#files.system.fresh;
  }

  async read(scope: StoreScope, call: string): Promise<DatabaseImage> {
    await this.#readSoon(call);
    this.#throwProblem(scope);
    return this.known;
  }

  /** One reading that has begun may have looked before what the caller knows of: the next is shared. */
  async #readSoon(call: string): Promise<void> {
    this.#next ??= this.#readAfter(this.#reading, call);
    return this.#next;
  }

  async #readAfter(before: Promise<void> | undefined, call: string): Promise<void> {
    await before;
    this.#reading = this.#next;
    this.#next = undefined;
    await this.#readBoth(call);
  }

  /** What is wrong with a file is for those whose database it is. */
  async #readBoth(call: string): Promise<void> {
    for (const scope of ["user", "system"] as const) {
      try {
        await this.#files[scope].read(call);
        this.#problems[scope] = undefined;
      } catch (error) {
        this.#problems[scope] = error instanceof Error ? error : new Error(String(error));
      }
    }
    this.#announce();
  }

  /**
   * @throws what is wrong with the file of a scope. Of the other one a warning is given, once: nobody
   *   loses a database by what another has done to theirs.
   */
  #throwProblem(scope: StoreScope): void {
    const { [scope]: own, [scope === "user" ? "system" : "user"]: other } = this.#problems;
    if (own !== undefined) {
      throw own;
    }
    if (other !== undefined && other.message !== this.#warned) {
      const code = "code" in other ? { code: String(other.code) } : {};
      process.emitWarning(other.message, { type: "ScardWarning", ...code });
    }
    this.#warned = other?.message;
  }

  /**
   * What waits while a file is written goes into the next writing together: as many changes at once
   * as a program asks for take two writings.
   */
  async update(
    scope: StoreScope,
    call: string,
    change: (change: Change) => void,
    limits: Limits | undefined,
  ): Promise<void> {
    limits?.throwIfOver(call, undefined);
    let waiting: Waiting | undefined;
    const done = new Promise<void>((resolve, reject) => {
      waiting = { call, change, resolve, reject, givenUp: false };
      this.#waiting[scope].push(waiting);
    });
    void this.#work(scope);
    try {
      await (limits?.within(done, call) ?? done);
    } finally {
      if (waiting !== undefined) {
        waiting.givenUp = true;
      }
    }
  }

  async #work(scope: StoreScope): Promise<void> {
    if (this.#working[scope]) {
      return;
    }
    this.#working[scope] = true;
    while (this.#waiting[scope].length > 0) {
      await this.#write(scope);
    }
    this.#working[scope] = false;
  }

  async #write(scope: StoreScope): Promise<void> {
    const file = this.#files[scope];
    const call = this.#waiting[scope][0]?.call ?? "SCardIntroduceCardType";
    let made: readonly Waiting[] = [];
    try {
      const lock = await this.#lock(await file.prepare(call), call);
      try {
        await this.#readBoth(call);
        this.#throwProblem(scope);
        const before = file.known;
        const result = this.#apply(scope);
        made = result.made;
        if (result.image !== before) {
          await file.write(result.image, call);
        }
      } finally {
        lock.release();
      }
    } catch (error) {
      for (const { reject } of [...made, ...this.#waiting[scope].splice(0)]) {
        reject(error);
      }
      return;
    }
    for (const { resolve } of made) {
      resolve();
    }
    this.#announce();
  }

  /** Makes every change that waits; one that fails changes nothing. */
  #apply(scope: StoreScope): { made: readonly Waiting[]; image: DatabaseImage } {
    const { system } = this.#files;
    let image = this.#files[scope].known;
    const made: Waiting[] = [];
    for (const waiting of this.#waiting[scope].splice(0)) {
      if (waiting.givenUp) {
        continue;
      }
      const own = draftOf(image);
      // The machine's is its own: what the user who changes it has besides is nothing to it.
      const merged = scope === "user" ? mergeImages(image, system.known) : image;
      try {
        waiting.change({ own, merged });
        image = own;
        made.push(waiting);
      } catch (error) {
        waiting.reject(error);
      }
    }
    return { made, image };
  }

  /** Also tells of other processes' changes, for as long as somebody listens. */
  onChange(listener: () => void): () => void {
    const remove = this.#listeners.add(listener);
    if (this.#watchers.length === 0) {
      this.#announced = this.known;
      this.#watch();
    }
    return () => {
      remove();
      if (this.#listeners.size === 0) {
        for (const watcher of this.#watchers) {
          watcher.close();
        }
        this.#watchers = [];
      }
    };
  }

  #watch(): void {
    const look = (): void => {
      if (!this.fresh) {
        // A file that cannot be read is told of by the next call.
        void this.#readSoon("SCardListCards");
      }
    };
    this.#watchers = [watchFile(this.paths.user, look), watchFile(this.paths.system, look)];
  }

  /** Whoever reads a change first, the listeners are told of it. */
  #announce(): void {
    const { known } = this;
    if (known === this.#announced) {
      return;
    }
    this.#announced = known;
    this.#listeners.tell();
  }
}
