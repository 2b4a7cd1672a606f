// What the calls of one Context share: the dispatcher, the native context that can be replaced, and
// when cards came.
import type { NativeReaderState, OperationId } from "../binding.js";
import type { NativeContext } from "./binding.js";
import type { Dispatcher, Trace } from "./dispatcher.js";
import type { PcscError } from "./errors/pcsc-error.js";
import type { KeepAlive } from "./keep-alive.js";
import type { Limits } from "./limits.js";
import { type ReaderState, type ReaderStateQuery, readerState } from "./reader-state.js";
import { saysServiceGone } from "./service-gone.js";
import { type NativeContexts, ServiceLink } from "./service-link.js";

const target = { subject: "context" };
const forEver = 0xffffffff;
const statePresent = 0x20;

/** How one call is made besides what it is about. */
export interface CallTraits {
  readonly limits?: Limits | undefined;
  readonly trace?: Trace | undefined;
  readonly keepAlive?: KeepAlive | undefined;
}

export class ContextCalls {
  readonly dispatcher: Dispatcher;
  readonly link: ServiceLink;
  /** When each reader's last card came, as far as waits have told; `performance.now()`. */
  readonly #insertions = new Map<string, number>();

  constructor(dispatcher: Dispatcher, native: NativeContext, contexts: NativeContexts) {
    this.dispatcher = dispatcher;
    this.link = new ServiceLink(native, contexts);
  }

  /** One native call as it is. */
  async run<Value>(
    call: string,
    begin: (native: NativeContext) => OperationId,
    traits: CallTraits,
  ): Promise<Value> {
    return this.dispatcher.run({
      call,
      target,
      begin: () => begin(this.link.native),
      finish: (value: Value) => value,
      ...traits,
    });
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
    await this.#renew(failure, limits);
    return attempt();
  }

  async #renew(failure: PcscError | undefined, limits: Limits | undefined): Promise<void> {
    const renewal = this.link.renew();
    try {
      await (limits?.within(renewal, "SCardEstablishContext") ?? renewal);
    } catch (error) {
      throw saysServiceGone(error) ? (failure ?? error) : error;
    }
  }

  async listReaders(groups: readonly string[] | undefined, traits: CallTraits): Promise<string[]> {
    return this.run("SCardListReaders", (native) => native.listReaders(groups), traits);
  }

  /** The limits' time is PC/SC's to keep, so that 0 still looks once. */
  async getStatusChange(
    queries: readonly ReaderStateQuery[],
    traits: CallTraits,
  ): Promise<ReaderState[]> {
    if (this.link.lost) {
      await this.#renew(undefined, traits.limits);
    }
    const { native } = this.link;
    const timeout = traits.limits?.remaining ?? forEver;
    try {
      return await this.dispatcher.run({
        call: "SCardGetStatusChange",
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
      });
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
      if (state.present && current !== 0 && (current & statePresent) === 0) {
        this.#insertions.set(state.reader, performance.now());
      }
      return state;
    });
  }

  /** Milliseconds since a wait of this context saw a card come; Infinity when none has. */
  sinceInsertion(reader: string): number {
    return performance.now() - (this.#insertions.get(reader) ?? -Infinity);
  }
}
