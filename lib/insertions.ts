/** How long after an insertion a card may still settle, ms. */
export const settlingTime = 3000;

/** Which readers a card came into lately. */
export class Insertions {
  /** When, by name; the latest last; `performance.now()`. */
  readonly #times = new Map<string, number>();

  /** A card came into a reader just now. */
  note(reader: string): void {
    const now = performance.now();
    this.#times.delete(reader);
    this.#times.set(reader, now);
    for (const [name, time] of this.#times) {
      if (now - time <= settlingTime) {
        break;
      }
      this.#times.delete(name);
    }
  }

  /** Readers that are remembered: those of the last {@link settlingTime} and of nothing since. */
  get size(): number {
    return this.#times.size;
  }

  /** Whether a card that came into a reader of one of these names may still settle. */
  isSettling(names: readonly string[]): boolean {
    const last = Math.max(...names.map((name) => this.#times.get(name) ?? -Infinity));
    return performance.now() - last <= settlingTime;
  }
}
