/** Things put in by one, taken out in order by another. */
export class Inbox<Item> {
  readonly #items: Item[] = [];
  #wake: (() => void) | undefined;

  put(item: Item): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** The next thing, as soon as there is one. One may wait. */
  async next(): Promise<Item> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        return item;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
