import { KeepAlive } from "../keep-alive.js";
import type { Limits } from "../limits.js";

/** What may end a pause early. */
export interface PauseOptions {
  readonly signal: AbortSignal;
  readonly keepAlive: KeepAlive;
}

/** Waits; rejects with the signal's reason when it aborts. */
export async function pause(
  milliseconds: number,
  { signal, keepAlive }: PauseOptions,
): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const end = (settle: () => void) => (): void => {
      clearTimeout(timer);
      keepAlive.remove(timer);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const timer = setTimeout(end(resolve), milliseconds);
    const onAbort = end(() => {
      reject(signal.reason as Error);
    });
    keepAlive.add(timer);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Waits between two attempts of a call, as long as its limits let it.
 *
 * @param cancelled Ends the pause too, with its reason.
 * @throws What ends the call: a signal's reason, or SCARD_E_TIMEOUT for `call`.
 */
export async function rest(
  milliseconds: number,
  limits: Limits | undefined,
  call: string,
  cancelled?: AbortSignal,
): Promise<void> {
  const { controller, release } = linkedController(limits?.signal, cancelled);
  const within = Math.min(milliseconds, limits?.remaining ?? Infinity);
  try {
    await pause(within, { signal: controller.signal, keepAlive: new KeepAlive() });
  } finally {
    release();
  }
  limits?.throwIfOver(call, undefined);
}

/** What a promise gives, unless the signal aborts first: then its reason. */
export async function orAbort<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise<Value>((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    promise
      .finally(() => {
        signal.removeEventListener("abort", onAbort);
      })
      .then(resolve, reject);
    if (signal.aborted) {
      onAbort();
    }
  });
}

/** A controller that aborts with any of these signals, until `release` is called. */
export function linkedController(...signals: readonly (AbortSignal | undefined)[]): {
  readonly controller: AbortController;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const releases = signals.map((signal) => {
    const abort = (): void => {
      controller.abort(signal?.reason);
    };
    if (signal?.aborted === true) {
      abort();
    }
    signal?.addEventListener("abort", abort, { once: true });
    return (): void => {
      signal?.removeEventListener("abort", abort);
    };
  });
  const release = (): void => {
    for (const one of releases) {
      one();
    }
  };
  return { controller, release };
}
