// Where the package's own databases are kept: images that are read, and changed one at a time.
import type { Limits } from "../limits.js";
import { ChangeListeners } from "./change-listeners.js";
import { type DatabaseImage, type DraftImage, draftOf, emptyImage } from "./image.js";
import type { DatabasePaths } from "./paths.js";

/** Which of the two databases a context writes. */
export type StoreScope = "user" | "system";

/** What a change may look at and alter. */
export interface Change {
  /** The database written to. */
  readonly own: DraftImage;
  /** Both databases as programs see them, before the change. */
  readonly merged: DatabaseImage;
}

export interface Repository {
  readonly kind: "files" | "memory";
  readonly paths: DatabasePaths | undefined;
  /** What is known without asking anything: the content when it was last read. */
  readonly known: DatabaseImage;
  /** Whether `known` is the content: asked without waiting. */
  readonly fresh: boolean;
  /**
   * The content as programs see it, now. Rejects when that of the scope's own cannot be read; of the
   * other one that cannot be read, what was last known counts.
   */
  read(scope: StoreScope, call: string): Promise<DatabaseImage>;
  /**
   * Changes the database of a scope. Nobody else changes it meanwhile. What `change` throws leaves it
   * as it was; it must not wait.
   */
  update(
    scope: StoreScope,
    call: string,
    change: (change: Change) => void,
    limits: Limits | undefined,
  ): Promise<void>;
  onChange(listener: () => void): () => void;
}

/** A database that lives as long as this object. Both scopes are one. */
export class MemoryRepository implements Repository {
  readonly kind = "memory";
  readonly fresh = true;
  readonly paths = undefined;
  #image: DatabaseImage = emptyImage();
  readonly #listeners = new ChangeListeners();

  get known(): DatabaseImage {
    return this.#image;
  }

  async read(): Promise<DatabaseImage> {
    return Promise.resolve(this.#image);
  }

  async update(
    _scope: StoreScope,
    call: string,
    change: (change: Change) => void,
    limits: Limits | undefined,
  ): Promise<void> {
    limits?.throwIfOver(call, undefined);
    await Promise.resolve();
    const own = draftOf(this.#image);
    change({ own, merged: this.#image });
    this.#image = own;
    this.#listeners.tell();
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }
}
