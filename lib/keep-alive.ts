/** What can keep the process alive or not: a timer, a file watcher, a native operation. */
export interface Refable {
  ref(): unknown;
  unref(): unknown;
}

/** Everything that one activity holds the process alive by, switched together. */
export class KeepAlive {
  #wanted = true;
  readonly #things = new Set<Refable>();

  /** Takes a thing in as it is wanted now. */
  add(thing: Refable): void {
    this.#things.add(thing);
    if (!this.#wanted) {
      thing.unref();
    }
  }

  remove(thing: Refable): void {
    this.#things.delete(thing);
  }

  /** From now on the process stays alive for these things, or does not. */
  want(wanted: boolean): void {
    if (wanted === this.#wanted) {
      return;
    }
    this.#wanted = wanted;
    for (const thing of this.#things) {
      if (wanted) {
        thing.ref();
      } else {
        thing.unref();
      }
    }
  }
}
