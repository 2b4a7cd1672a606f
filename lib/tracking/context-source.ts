import type { ContextCalls } from "../context-calls.js";
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
  let used = calls.link.native;
  return {
    countsReaders,
    listReaders: async (signal) => {
      checkOpen();
      used = calls.link.native;
      const limits = Limits.from({ signal });
      return calls.listReaders(groups, { limits, keepAlive, lastKnown: true });
    },
    getStatusChange: async (queries, signal, timeoutMs): Promise<readonly ReaderState[]> => {
      checkOpen();
      used = calls.link.native;
      return calls.getStatusChange(queries, {
        limits: Limits.from({ signal, timeoutMs }),
        keepAlive,
      });
    },
    cardCame: (reader) => {
      calls.insertions.note(reader);
    },
    onNames: (listener) => calls.onNames(listener),
    renew: async (signal) => {
      checkOpen();
      calls.link.markLost(used);
      await calls.link.renew({ limits: Limits.from({ signal }), keepAlive });
    },
    watchService,
  };
}
