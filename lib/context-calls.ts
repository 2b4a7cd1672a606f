// What the calls of one Context share: the dispatcher, the native context that can be replaced, and
// which cards came lately.
import type { NativeReaderState, OperationId } from "../binding.js";
import type { NativeContext } from "./binding.js";
import type { DatabaseStore } from "./database/store.js";
import type { NameMap } from "./database/reader-names.js";
import type { Dispatcher, Trace } from "./dispatcher.js";
import { ClosedError } from "./errors/closed-error.js";
import { PcscError } from "./errors/pcsc-error.js";
import type { KeepAlive } from "./keep-alive.js";
import type { Limits } from "./limits.js";
import { type ReaderState, type ReaderStateQuery, readerState } from "./reader-state.js";
import { Insertions } from "./insertions.js";
import { ReaderNotes } from "./reader-notes.js";
import { DeviceEntries } from "./device-entries.js";
import { saysServiceGone } from "./service-gone.js";
import { type NativeContexts, type RenewTraits, ServiceLink } from "./service-link.js";
import { orAbort } from "./tracking/pause.js";

const target = { subject: "context" };
const waitCall = "SCardGetStatusChange";
const forEver = 0xffffffff;
const statePresent = 0x20;

/** How one call is made besides what it is about. */
export interface CallTraits {
  readonly limits?: Limits | undefined;
  readonly trace?: Trace | undefined;
  readonly keepAlive?: KeepAlive | undefined;
  /** Groups in a database that cannot be read are those last known. Default: the call fails. */
  readonly lastKnown?: boolean;
}

export class ContextCalls {
  readonly dispatcher: Dispatcher;
  readonly link: ServiceLink;
  /** What is known of the readers beside PC/SC. */
  readonly notes: ReaderNotes;
  /** Whether the resource manager has winscard's calls. */
  readonly winscard: boolean;
  /** Cards that waits and trackers have seen come, by any name of their reader. */
  readonly insertions = new Insertions();
  #store: DatabaseStore | undefined;
  /** Aborts at the next cancel, for waits that are not in PC/SC at the time. */
  #cancelling = new AbortController();

  constructor(
    dispatcher: Dispatcher,
    native: NativeContext,
    contexts: NativeContexts,
    notes: ReaderNotes = new ReaderNotes(),
    winscard = false,
  ) {
    this.dispatcher = dispatcher;
    this.notes = notes;
    this.winscard = winscard;
    this.link = new ServiceLink(native, contexts);
  }

  /** One native call as it is. */
  async run<Value>(
    call: string,
    begin: (native: NativeContext) => OperationId,
    traits: CallTraits,
  ): Promise<Value> {
    return this.unlessReplaced(call, async () =>
      this.dispatcher.run({
        call,
        target,
        begin: () => begin(this.link.native),
        finish: (value: Value) => value,
        ...traits,
      }),
    );
  }

  /**
   * A native context that is replaced after the service's end is closed, with what is pending on it.
   * To the program its context is open: what it hears of is the service's end.
   */
  async unlessReplaced<Value>(call: string, attempt: () => Promise<Value>): Promise<Value> {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof ClosedError && !this.link.closed) {
        throw PcscError.of("SCARD_E_SERVICE_STOPPED", call, undefined, { cause: error });
      }
      throw error;
    }
  }

  /**
   * Makes an attempt, and one more with a new native context when the service had gone. When it is
   * still away the first attempt's failure is the one to report.
   */
  async recovering<Value>(
    attempt: () => Promise<Value>,
    limits: Limits | undefined,
  ): Promise<Value> {
    let failure: PcscError | undefined;
    if (!this.link.lost) {
      const { native } = this.link;
      try {
        return await attempt();
      } catch (error) {
        if (!saysServiceGone(error)) {
          throw error;
        }
        failure = error;
        this.link.markLost(native);
      }
    }
    await this.#renew(failure, { limits });
    const { native } = this.link;
    try {
      return await attempt();
    } catch (error) {
      if (saysServiceGone(error)) {
        this.link.markLost(native);
      }
      throw error;
    }
  }

  /** {@link ContextCalls.run}, made again with a new native context when the service had gone. */
  async ask<Value>(
    call: string,
    begin: (native: NativeContext) => OperationId,
    traits: CallTraits,
  ): Promise<Value> {
    return this.recovering(async () => this.run<Value>(call, begin, traits), traits.limits);
  }

  async #renew(failure: PcscError | undefined, traits: RenewTraits): Promise<void> {
    try {
      await this.link.renew(traits);
    } catch (error) {
      // A call that was broken off by the daemon's death has no good word for it.
      const told = failure?.code === "SCARD_W_SECURITY_VIOLATION" ? undefined : failure;
      throw saysServiceGone(error) ? (told ?? error) : error;
    }
  }

  /** Names of the readers as programs know them. */
  async listReaders(groups: readonly string[] | undefined, traits: CallTraits): Promise<string[]> {
    return this.#store?.listReaders(groups, traits) ?? this.listDevices(traits);
  }

  /** The resource manager's own names of the readers. */
  async listDevices(traits: CallTraits): Promise<string[]> {
    const begin = (native: NativeContext): OperationId => native.listReaders(undefined);
    const devices = await this.run<string[]>("SCardListReaders", begin, traits);
    this.notes.attached(devices);
    return devices;
  }

  /** Whose introduced names of readers count from now on. */
  useNames(store: DatabaseStore): void {
    this.#store = store;
  }

  /** Calls back when names of readers may have changed, until the result is called. */
  onNames(listener: () => void): () => void {
    return this.#store?.onChange(listener) ?? ((): void => undefined);
  }

  /** Names of readers and the resource manager's; undefined, and at once, where they are the same. */
  names(traits: CallTraits): Promise<NameMap> | undefined {
    return this.#store?.names(traits);
  }

  /**
   * The resource manager's name of a reader.
   *
   * @throws {PcscError} SCARD_E_UNKNOWN_READER when no reader has the name now.
   */
  device(names: NameMap | undefined, reader: string, call: string): string {
    const device = names === undefined ? reader : names.toDevice(reader);
    if (device === undefined) {
      throw PcscError.of("SCARD_E_UNKNOWN_READER", call, reader);
    }
    return device;
  }

  /** Aborts, with SCARD_E_CANCELLED, when waits are cancelled from now on. */
  get cancelling(): AbortSignal {
    return this.#cancelling.signal;
  }

  /** Ends every wait with SCARD_E_CANCELLED. */
  cancelWaits(): void {
    this.#cancelling.abort(PcscError.of("SCARD_E_CANCELLED", waitCall));
    this.#cancelling = new AbortController();
    for (const native of this.link.natives()) {
      native.cancel();
    }
  }

  /** The limits' time is PC/SC's to keep, so that 0 still looks once. */
  async getStatusChange(
    queries: readonly ReaderStateQuery[],
    traits: CallTraits,
  ): Promise<ReaderState[]> {
    const { cancelling } = this;
    if (this.link.lost) {
      await orAbort(this.#renew(undefined, traits), cancelling);
    }
    const naming = this.names(traits);
    if (naming === undefined) {
      return this.#wait(queries, traits);
    }
    const names = await orAbort(naming, cancelling);
    const entries = new DeviceEntries(queries, (reader) => this.device(names, reader, waitCall));
    return entries.spread(await this.#wait(entries.queries, traits));
  }

  async #wait(queries: readonly ReaderStateQuery[], traits: CallTraits): Promise<ReaderState[]> {
    const { native } = this.link;
    const timeout = traits.limits?.remaining ?? forEver;
    try {
      return await this.unlessReplaced(waitCall, async () =>
        this.dispatcher.run({
          call: waitCall,
          target,
          begin: () =>
            native.getStatusChange(
              queries.map(({ reader }) => reader),
              queries.map(({ current }) => current),
              timeout,
            ),
          finish: (states: readonly NativeReaderState[]) => this.#read(queries, states),
          ...traits,
          limits: traits.limits?.withoutTimeout(),
        }),
      );
    } catch (error) {
      // A wait is not made anew: what it was to compare with is of before the restart.
      if (saysServiceGone(error)) {
        this.link.markLost(native);
      }
      throw error;
    }
  }

  #read(queries: readonly ReaderStateQuery[], states: readonly NativeReaderState[]): ReaderState[] {
    return states.map((native, index) => {
      const state = readerState(native);
      const current = queries[index]?.current ?? 0;
      const swapped = current >>> 16 !== state.eventCount;
      if (state.present && current !== 0 && (swapped || (current & statePresent) === 0)) {
        this.insertions.note(state.reader);
      }
      return state;
    });
  }
}
