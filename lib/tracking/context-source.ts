import type { ContextCalls } from "../context-calls.js";
import { PcscError } from "../errors/pcsc-error.js";
import type { KeepAlive } from "../keep-alive.js";
import { Limits } from "../limits.js";
import type { ReaderState } from "../reader-state.js";
import { linkedController } from "./pause.js";
import type { ReaderSource, ServiceWatch } from "./source.js";

/** What a tracker asks of its context. */
export interface SourceFields {
  readonly calls: ContextCalls;
  /** Throws once the context is closed. */
  readonly checkOpen: () => void;
  /** Calls back when the service may have come; undefined where nothing tells. */
  readonly watchService: (onNews: () => void) => ServiceWatch | undefined;
  /** As {@link ReaderSource.countsReaders}. */
  readonly countsReaders: boolean;
  readonly keepAlive: KeepAlive;
  readonly groups: readonly string[] | undefined;
}

/** Readers as a context sees them, for a tracker. */
export function contextSource(fields: SourceFields): ReaderSource {
  const { calls, checkOpen, watchService, countsReaders, keepAlive, groups } = fields;
  let used = calls.link.native;
  return {
    countsReaders,
    listReaders: async (signal) => {
      checkOpen();
      used = calls.link.native;
      return calls.listReaders(groups, { limits: Limits.from({ signal }), keepAlive });
    },
    getStatusChange: async (queries, signal, timeoutMs): Promise<readonly ReaderState[]> => {
      checkOpen();
      used = calls.link.native;
      return untilRenamed(calls, signal, async (limit) =>
        calls.getStatusChange(queries, {
          limits: Limits.from({ signal: limit, timeoutMs }),
          keepAlive,
        }),
      );
    },
    renew: async (signal) => {
      checkOpen();
      calls.link.markLost(used);
      const renewal = calls.link.renew();
      await (Limits.from({ signal })?.within(renewal, "SCardEstablishContext") ?? renewal);
    },
    watchService,
  };
}

/** A wait that ends, as at the end of its time, when names of readers change: look at the list. */
async function untilRenamed<Value>(
  calls: ContextCalls,
  signal: AbortSignal,
  wait: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const { controller, release } = linkedController(signal);
  const stop = calls.onNames(() => {
    controller.abort(PcscError.of("SCARD_E_TIMEOUT", "SCardGetStatusChange"));
  });
  try {
    return await wait(controller.signal);
  } finally {
    stop();
    release();
  }
}
