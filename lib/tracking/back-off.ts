/** Growing pauses between attempts that fail. */
export class BackOff {
  readonly #first: number;
  readonly #longest: number;
  #next: number;

  /**
   * @param first First pause, ms; each one after it is twice as long.
   * @param longest Longest pause, ms.
   */
  constructor(first: number, longest: number) {
    this.#first = first;
    this.#longest = longest;
    this.#next = first;
  }

  /** The pause that is due now. */
  take(): number {
    const pause = this.#next;
    this.#next = Math.min(pause * 2, this.#longest);
    return pause;
  }

  /** An attempt succeeded: the next pause is the first again. */
  reset(): void {
    this.#next = this.#first;
  }

  /**
   * What an attempt led to lasted this long, ms. Only if that is no less than the pause that is due
   * is the next one the first again: what ends again at once is not tried without end.
   */
  resetAfter(milliseconds: number): void {
    if (milliseconds >= this.#next) {
      this.reset();
    }
  }
}
