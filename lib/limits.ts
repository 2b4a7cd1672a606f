// What may end a call before it is done: an AbortSignal, and a time limit that counts from the call
// on and covers every native operation the call makes.
import { checkSignal, checkTimeout } from "./arguments.js";
import { PcscError } from "./errors/pcsc-error.js";

/** Options that every call which can take time has. */
export interface CallOptions {
  /**
   * Gives the call up when it aborts: the promise rejects at once with the signal's reason. What
   * PC/SC cannot interrupt runs to its end unseen and is then undone. Already aborted: nothing runs.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Gives the call up after this many milliseconds: the promise rejects with a `PcscError` of code
   * `SCARD_E_TIMEOUT`. Default, and `Infinity`: no limit. 0: nothing runs.
   */
  readonly timeoutMs?: number | undefined;
}

/** Names of {@link CallOptions}, for `checkOptions`. */
export const callOptionKeys = ["signal", "timeoutMs"] as const;

/** The limits of one call. Started when made. */
export class Limits {
  readonly signal: AbortSignal | undefined;
  readonly #deadline: number | undefined;

  private constructor(signal: AbortSignal | undefined, timeoutMs: number | undefined) {
    this.signal = signal;
    this.#deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
  }

  /** Checks both options. Undefined when there is no limit, which costs a call nothing. */
  static from(options: {
    readonly signal?: unknown;
    readonly timeoutMs?: unknown;
  }): Limits | undefined {
    if (options.signal === undefined && options.timeoutMs === undefined) {
      return undefined;
    }
    const signal = checkSignal("signal", options.signal);
    const timeoutMs = checkTimeout("timeoutMs", options.timeoutMs);
    return signal === undefined && timeoutMs === undefined
      ? undefined
      : new Limits(signal, timeoutMs);
  }

  /** Milliseconds left, 0 or more; undefined without a time limit. */
  get remaining(): number | undefined {
    return this.#deadline === undefined
      ? undefined
      : Math.max(0, Math.ceil(this.#deadline - performance.now()));
  }

  /** Throws the signal's reason, or SCARD_E_TIMEOUT for `call`, when there is nothing left. */
  throwIfOver(call: string, reader: string | undefined): void {
    this.signal?.throwIfAborted();
    if (this.remaining === 0) {
      throw PcscError.of("SCARD_E_TIMEOUT", call, reader);
    }
  }

  /**
   * Calls one of the two, once, when the signal aborts or the time is over.
   *
   * @returns Stops watching; a signal that lives long keeps nothing of the call.
   */
  watch(onAbort: (reason: unknown) => void, onTimeout: () => void): () => void {
    const { signal, remaining } = this;
    const abort = (): void => {
      stop();
      onAbort(signal?.reason);
    };
    const expire = (): void => {
      stop();
      onTimeout();
    };
    const timer = remaining === undefined ? undefined : setTimeout(expire, remaining);
    const stop = (): void => {
      signal?.removeEventListener("abort", abort);
      clearTimeout(timer);
    };
    signal?.addEventListener("abort", abort, { once: true });
    return stop;
  }

  /** Waits for what somebody else has begun; giving up leaves that as it is. */
  async within<Value>(promise: Promise<Value>, call: string): Promise<Value> {
    this.signal?.throwIfAborted();
    return new Promise<Value>((resolve, reject) => {
      const stop = this.watch(reject, () => {
        reject(PcscError.of("SCARD_E_TIMEOUT", call));
      });
      promise.finally(stop).then(resolve, reject);
    });
  }

  /** The same signal without the time limit. */
  withoutTimeout(): Limits | undefined {
    return this.signal === undefined ? undefined : new Limits(this.signal, undefined);
  }
}
