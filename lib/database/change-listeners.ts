// Who wants to know of changes of a database.

/** Listeners, each of them told apart: what one throws harms neither a change nor the others. */
export class ChangeListeners {
  readonly #listeners = new Set<() => void>();

  get size(): number {
    return this.#listeners.size;
  }

  /** Calls back at every change, until the result is called. */
  add(listener: () => void): () => void {
    // A function of its own: the same listener may be added twice.
    const own = (): void => {
      listener();
    };
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** What a listener throws becomes an uncaught exception, as with EventTarget. */
  tell(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }
}
