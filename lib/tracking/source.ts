import type { KeepAlive } from "../keep-alive.js";
import type { ReaderState, ReaderStateQuery } from "../reader-state.js";

/** What tracking needs of a context. Every call rejects with the signal's reason on abort. */
export interface ReaderSource {
  /** The list's entry in a wait counts readers (Windows), not their comings and goings (pcsclite). */
  readonly countsReaders: boolean;
  listReaders(signal: AbortSignal): Promise<readonly string[]>;
  /** SCardGetStatusChange; waits without end unless `timeoutMs` is given. */
  getStatusChange(
    queries: readonly ReaderStateQuery[],
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<readonly ReaderState[]>;
  /** Calls back when names or groups of readers may have changed, until the result is called. */
  onNames(listener: () => void): () => void;
  /** A card was seen to come into this reader: what is connected to now may settle first. */
  cardCame(reader: string): void;
  /** Replaces what the last call failed with, when that was the service's end. */
  renew(signal: AbortSignal): Promise<void>;
  /** Calls back when the service may have come; undefined where nothing tells. */
  watchService(onNews: () => void): ServiceWatch | undefined;
}

/** Something that watches until it is closed. */
export interface ServiceWatch {
  /** It tells nothing, whatever the service does. */
  readonly broken?: boolean;
  ref(): unknown;
  unref(): unknown;
  close(): void;
}

/** Makes a source of these groups' readers; who follows says what is to keep the process alive. */
export type SourceFactory = (
  keepAlive: KeepAlive,
  groups: readonly string[] | undefined,
) => ReaderSource;
