import type { KeepAlive } from "../keep-alive.js";

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
