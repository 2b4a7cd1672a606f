import type { ContextCalls } from "../context-calls.js";
import { PcscError } from "../errors/pcsc-error.js";
import type { KeepAlive } from "../keep-alive.js";
import { Limits } from "../limits.js";
import type { ReaderState } from "../reader-state.js";
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
  /** What failed last: a look and a wait may be under way on different native contexts. */
  let failed = calls.link.native;
  const asking = async <Value>(ask: () => Promise<Value>): Promise<Value> => {
    checkOpen();
    const { native } = calls.link;
    try {
      return await ask();
    } catch (error) {
      if (error instanceof PcscError) {
        failed = native;
      }
      throw error;
    }
  };
  return {
    countsReaders,
    listReaders: async (signal) =>
      asking(async () => {
        const limits = Limits.from({ signal });
        return calls.listReaders(groups, { limits, keepAlive, lastKnown: true });
      }),
    getStatusChange: async (queries, signal, timeoutMs): Promise<readonly ReaderState[]> =>
      asking(async () =>
        calls.getStatusChange(queries, { limits: Limits.from({ signal, timeoutMs }), keepAlive }),
      ),
    cardCame: (reader) => {
      calls.insertions.note(reader);
    },
    onNames: (listener) => calls.onNames(listener),
    renew: async (signal) => {
      checkOpen();
      calls.link.markLost(failed);
      await calls.link.renew({ limits: Limits.from({ signal }), keepAlive });
    },
    watchService,
  };
}
