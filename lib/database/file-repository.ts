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
  /** What the listeners were last told of. */
  #announced: DatabaseImage | undefined;
  #watchers: readonly Pick<FSWatcher, "close">[] = [];
  #merged: { user: DatabaseImage; system: DatabaseImage; image: DatabaseImage } | undefined;
  /** The reading under way, or the last one, and the one that comes after it. */
  #reading: Promise<DatabaseImage> | undefined;
  #next: Promise<DatabaseImage> | undefined;

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

  async read(call: string): Promise<DatabaseImage> {
    // One that has begun may have looked before what the caller knows of: the next is shared.
    this.#next ??= this.#readAfter(this.#reading, call);
    return this.#next;
  }

  async #readAfter(before: Promise<unknown> | undefined, call: string): Promise<DatabaseImage> {
    // Its failure is told to those who asked for it.
    await before?.catch(() => undefined);
    this.#reading = this.#next;
    this.#next = undefined;
    return this.#readBoth(call);
  }

  async #readBoth(call: string): Promise<DatabaseImage> {
    await this.#files.user.read(call);
    await this.#files.system.read(call);
    this.#announce();
    return this.known;
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
        void this.read("SCardListCards").catch(() => undefined);
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
