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
 * @throws What ends the call: the signal's reason, or SCARD_E_TIMEOUT for `call`.
 */
export async function rest(
  milliseconds: number,
  limits: Limits | undefined,
  call: string,
): Promise<void> {
  const signal = limits?.signal ?? new AbortController().signal;
  const within = Math.min(milliseconds, limits?.remaining ?? Infinity);
  await pause(within, { signal, keepAlive: new KeepAlive() });
  limits?.throwIfOver(call, undefined);
}

/** A controller that aborts with `signal` too, until `release` is called. */
export function linkedController(signal: AbortSignal): {
  readonly controller: AbortController;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(signal.reason);
  };
  if (signal.aborted) {
    abort();
  }
  signal.addEventListener("abort", abort, { once: true });
  const release = (): void => {
    signal.removeEventListener("abort", abort);
  };
  return { controller, release };
}
