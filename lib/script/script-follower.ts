// Follows a script that runs: progress by asking now and then, so that the script itself does
// nothing for it but count; and the wish to stop.
import type { FollowedScript } from "../hand-off.js";

/** Milliseconds between two questions. */
const pause = 50;

export class ScriptFollower {
  readonly #total: number;
  readonly #onProgress: ((progress: { done: number; total: number }) => void) | undefined;
  readonly #stopSignal: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stop: () => void = () => undefined;
  #last = -1;
  #failure: { readonly reason: unknown } | undefined;

  constructor(
    total: number,
    onProgress: ((progress: { done: number; total: number }) => void) | undefined,
    stopSignal: AbortSignal | undefined,
  ) {
    this.#total = total;
    this.#onProgress = onProgress;
    this.#stopSignal = stopSignal;
  }

  /** The script was queued. A call begun anew after a reset comes here again. */
  readonly follow = ({ stop, progress }: FollowedScript): void => {
    this.leave();
    this.#stop = stop;
    if (this.#stopSignal?.aborted === true) {
      this.#stop();
    }
    this.#stopSignal?.addEventListener("abort", this.#stop, { once: true });
    if (this.#onProgress !== undefined) {
      this.#timer = setInterval(() => {
        this.#tell(progress());
      }, pause);
      // The script keeps the process alive, not the wish to hear of it.
      this.#timer.unref();
    }
  };

  /** The script has ended. @throws What `onProgress` threw. */
  end(done: number): void {
    this.leave();
    this.#tell(done);
    if (this.#failure !== undefined) {
      throw this.#failure.reason;
    }
  }

  leave(): void {
    clearInterval(this.#timer);
    this.#stopSignal?.removeEventListener("abort", this.#stop);
  }

  #tell(done: number): void {
    if (done === this.#last || this.#failure !== undefined) {
      return;
    }
    this.#last = done;
    try {
      this.#onProgress?.({ done, total: this.#total });
    } catch (reason) {
      this.#failure = { reason };
      this.#stop();
    }
  }
}
