import { KeepAlive } from "../keep-alive.js";
import type { Limits } from "../limits.js";
import type { ReaderSource } from "./source.js";
import { type ReachOptions, untilReached } from "./supervisor.js";

/** As {@link untilReached}, for one call with its limits. */
export async function untilBack(
  sourceOf: (keepAlive: KeepAlive) => Pick<ReaderSource, "renew" | "watchService">,
  limits: Limits | undefined,
  options: Pick<ReachOptions, "atOnce" | "isAway"> = {},
): Promise<void> {
  const controller = new AbortController();
  const keepAlive = new KeepAlive();
  const source = sourceOf(keepAlive);
  const reached = untilReached({ source, keepAlive, signal: controller.signal, ...options });
  try {
    await (limits?.within(reached, "SCardEstablishContext") ?? reached);
  } finally {
    controller.abort();
    // Given up: what it still rejects with is no news.
    reached.catch(() => undefined);
  }
}
