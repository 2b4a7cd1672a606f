import { linkedController } from "./pause.js";

/**
 * Breaks waits off when the database changes: a card that is in may be of a type that was introduced
 * only now, a reader may have got the name or the group that is waited for.
 */
export class DatabaseNews implements Disposable {
  #next = new AbortController();
  readonly #stop: () => void;

  /** @param onChange Calls back when the database may have changed, until the result is called. */
  constructor(onChange: (listener: () => void) => () => void) {
    this.#stop = onChange(() => {
      this.#next.abort();
    });
  }

  /**
   * A wait that ends with the next change, or at once with one that came since the last wait.
   *
   * @returns undefined when a change broke it off.
   */
  async until<Value>(
    outer: AbortSignal | undefined,
    wait: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value | undefined> {
    const next = this.#next;
    const { controller, release } = linkedController(next.signal);
    const abort = (): void => {
      controller.abort(outer?.reason);
    };
    outer?.addEventListener("abort", abort, { once: true });
    try {
      outer?.throwIfAborted();
      return await wait(controller.signal);
    } catch (error) {
      if (!next.signal.aborted || error !== next.signal.reason) {
        throw error;
      }
      this.#next = new AbortController();
      return undefined;
    } finally {
      outer?.removeEventListener("abort", abort);
      release();
    }
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}
