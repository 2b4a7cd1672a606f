import { KeepAlive } from "../keep-alive.js";
import type { Limits } from "../limits.js";
import { linkedController } from "./pause.js";
import type { ReaderSource } from "./source.js";
import { type ReachOptions, untilReached } from "./supervisor.js";

/**
 * As {@link untilReached}, for one call with its limits.
 *
 * @param options `closing` ends it too, with its reason.
 */
export async function untilBack(
  sourceOf: (keepAlive: KeepAlive) => Pick<ReaderSource, "renew" | "watchService">,
  limits: Limits | undefined,
  options: Pick<ReachOptions, "atOnce" | "isAway"> & { readonly closing?: AbortSignal } = {},
): Promise<void> {
  const { closing = new AbortController().signal, ...reach } = options;
  const { controller, release } = linkedController(closing);
  const keepAlive = new KeepAlive();
  const source = sourceOf(keepAlive);
  const reached = untilReached({ source, keepAlive, signal: controller.signal, ...reach });
  try {
    await (limits?.within(reached, "SCardEstablishContext") ?? reached);
  } finally {
    release();
    controller.abort();
    // Given up: what it still rejects with is no news.
    reached.catch(() => undefined);
  }
}
