/** Whether names of readers may have changed since the list was last read. */
export class NamesNews {
  #told = false;
  #wake: (() => void) | undefined;

  /** Whether there is news that nobody has read the list for. */
  get told(): boolean {
    return this.#told;
  }

  /** They may have changed. */
  tell(): void {
    this.#told = true;
    this.#wake?.();
  }

  /** The list is going to be read: what is told from now on is news. */
  beginReading(): void {
    this.#told = false;
  }

  /** Settles with the next news; never after an abort. One may wait. */
  async next(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const stop = (): void => {
        this.#wake = undefined;
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#wake = (): void => {
        signal.removeEventListener("abort", stop);
        stop();
        resolve();
      };
    });
  }
}
