// Context's calls that list, watch and wait for readers.
import { checkGroups, checkOptions, checkReaderName } from "./arguments.js";
import { checkCallOptions } from "./card-operations.js";
import { internalsOf, openInternals } from "./context-internals.js";
import { captureTrace } from "./dispatcher.js";
import { ScardArgumentError } from "./errors/argument-error.js";
import type { KeepAlive } from "./keep-alive.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import { prepareJudge } from "./locate/wanted.js";
import { type Reader, createReader } from "./reader.js";
import {
  type ReaderState,
  type ReaderStateQuery,
  type ReportedState,
  checkQuery,
} from "./reader-state.js";
import { contextSource } from "./tracking/context-source.js";
import { type TrackOptions, checkTrackOptions } from "./tracking/options.js";
import type { ReaderSource } from "./tracking/source.js";
import { type ReaderTracker, createTracker } from "./tracking/tracker.js";
import { type WaitForCardOptions, type Waiter, waitForCard } from "./wait-for-card.js";
import { type WaitForRemovalOptions, waitForRemoval } from "./wait-for-removal.js";

/** Options of {@link Context.listReaders}. */
export interface ListReadersOptions extends CallOptions {
  /** Only readers of these groups. Default: all readers. */
  readonly groups?: readonly string[] | undefined;
}

/** The part of a Context about its readers. */
export abstract class ContextReaders {
  /** Whether the context was closed. */
  abstract readonly closed: boolean;

  /** Names of the readers; empty when there is none: SCardListReaders. */
  async listReaders(options?: ListReadersOptions): Promise<string[]> {
    const trace = captureTrace();
    const given = checkOptions("options", options, ["groups", ...callOptionKeys]);
    const groups = checkGroups(given.groups);
    const limits = Limits.from(given);
    const { calls } = openInternals(this);
    const list = async (): Promise<string[]> => calls.listReaders(groups, { limits, trace });
    return calls.recovering(list, limits);
  }

  /**
   * Names of the reader groups that have a reader: SCardListReaderGroups. SCard$DefaultReaders is
   * first; SCard$AllReaders is never listed.
   */
  async listReaderGroups(options?: CallOptions): Promise<string[]> {
    const trace = captureTrace();
    const limits = checkCallOptions(options);
    const { calls, store } = openInternals(this);
    const list = async (): Promise<string[]> => store.listReaderGroups({ limits, trace });
    return calls.recovering(list, limits);
  }

  /** The reader of this name. Nothing is asked of PC/SC: it need not be attached. */
  reader(name: string): Reader {
    return createReader(internalsOf(this).context, checkReaderName("name", name));
  }

  /** The readers that {@link Context.listReaders} names. */
  async readers(options?: ListReadersOptions): Promise<Reader[]> {
    const names = await this.listReaders(options);
    return names.map((name) => createReader(internalsOf(this).context, name));
  }

  /**
   * Waits until a reader's state differs from the one given: SCardGetStatusChange. A name asks for
   * the state as it is; giving the result back waits for the next change. Waits do not hold up
   * other calls, and any number may be pending.
   *
   * @param readers At least one: a name (or {@link pnpNotification}), a state reported before, or a
   *   name and a number.
   * @returns The states of all readers given, in their order.
   * @throws {PcscError} (rejects) `SCARD_E_TIMEOUT` when nothing changed within `timeoutMs`
   *   (0 looks once), `SCARD_E_CANCELLED` after {@link Context.cancel}, `SCARD_E_UNKNOWN_READER` with
   *   pcsclite for a name that is not known (a state with `unknown` on Windows).
   */
  async getStatusChange(
    readers: readonly (string | ReportedState | ReaderStateQuery)[],
    options?: CallOptions,
  ): Promise<ReaderState[]> {
    const trace = captureTrace();
    if (!Array.isArray(readers) || readers.length === 0) {
      throw new ScardArgumentError("readers", readers, "an array of at least one reader");
    }
    const queries = readers.map(checkQuery);
    const limits = checkCallOptions(options);
    const { calls } = openInternals(this);
    return calls.getStatusChange(queries, { limits, trace });
  }

  /**
   * Follows readers and cards as they come and go: an event emitter and async iterable that begins
   * with a snapshot of what is there, misses no card between two waits, uses no processor time while
   * nothing happens, and goes on when the service has restarted. docs/tracking.md has the rules.
   *
   */
  track(options?: TrackOptions): ReaderTracker {
    const checked = checkTrackOptions(options);
    const { closing } = openInternals(this);
    return createTracker((keepAlive, groups) => this.#source(keepAlive, groups), checked, closing);
  }

  #source(keepAlive: KeepAlive, groups?: readonly string[]): ReaderSource {
    return contextSource({ ...internalsOf(this), keepAlive, groups });
  }

  #waiter(): Waiter {
    const { calls, store, closing } = openInternals(this);
    return {
      sourceOf: (keepAlive, groups) => this.#source(keepAlive, groups),
      closing,
      cancelling: calls.cancelling,
      databaseTells: !calls.winscard,
      isWanted: async (wanted, atr, limits) => {
        // What was seen within the time counts, also by a look that had none.
        const judge = await prepareJudge(store, wanted, { limits: limits?.withoutTimeout() });
        return (await judge(atr)).wanted;
      },
      onDatabaseChange: (listener) => store.onChange(listener),
    };
  }

  /**
   * Waits until a card is in a reader, and gives that reader's state; at once if one is in already.
   * Readers that are attached meanwhile join, also the one named by `reader`. A service that goes
   * away meanwhile is waited for.
   *
   * @throws {PcscError} (rejects) `SCARD_E_TIMEOUT`, `SCARD_E_CANCELLED` as
   *   {@link Context.getStatusChange}.
   */
  async waitForCard(options?: WaitForCardOptions): Promise<ReaderState> {
    return waitForCard(this.#waiter(), options);
  }

  /**
   * Waits until no card is in a reader, or the reader has gone, and gives its state; at once if none
   * is in. A card swapped for another has been removed too. As {@link Context.waitForCard} it
   * outlives the service.
   *
   * @throws {PcscError} (rejects) `SCARD_E_TIMEOUT`, `SCARD_E_CANCELLED` as
   *   {@link Context.getStatusChange}.
   */
  async waitForRemoval(options: WaitForRemovalOptions): Promise<ReaderState> {
    return waitForRemoval(this.#waiter(), options);
  }

  /** Ends every wait of this context with `SCARD_E_CANCELLED`: SCardCancel. One wait: `signal`. */
  cancel(): void {
    openInternals(this).calls.cancelWaits();
  }
}
