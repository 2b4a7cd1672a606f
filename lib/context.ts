import type { OperationId } from "../binding.js";
import { checkGroups, checkOptions, checkReaderName } from "./arguments.js";
import type { NativeContext } from "./binding.js";
import type { Card } from "./card.js";
import { checkCallOptions } from "./card-operations.js";
import { connectCard } from "./connect.js";
import { type ConnectOptions, checkConnectOptions } from "./connect-options.js";
import { ContextCalls } from "./context-calls.js";
import { type Dispatcher, type Trace, captureTrace } from "./dispatcher.js";
import { environment } from "./environment.js";
import { ScardArgumentError } from "./errors/argument-error.js";
import { ClosedError } from "./errors/closed-error.js";
import { disposePatienceMs, released } from "./gone.js";
import { illegalConstructor, inspectable } from "./inspect.js";
import { checkLibrarySource } from "./library-source.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import { Reader, createReader } from "./reader.js";
import {
  type ReaderState,
  type ReaderStateQuery,
  type ReportedState,
  checkQuery,
} from "./reader-state.js";
import { saysServiceGone } from "./service-gone.js";
import type { NativeContexts } from "./service-link.js";
import type { KeepAlive } from "./keep-alive.js";
import { contextSource } from "./tracking/context-source.js";
import { untilBack } from "./tracking/until-back.js";
import type { ReaderSource } from "./tracking/source.js";
import { type TrackOptions, checkTrackOptions } from "./tracking/options.js";
import { type ReaderTracker, createTracker } from "./tracking/tracker.js";
import { keepingSubsystem } from "./virtual/subsystem-handle.js";
import type { VirtualSubsystem } from "./virtual/subsystem.js";
import { type WaitForCardOptions, type Waiter, waitForCard } from "./wait-for-card.js";
import { type WaitForRemovalOptions, waitForRemoval } from "./wait-for-removal.js";
import { type Scope, checkScope } from "./words.js";

/** Options of {@link establishContext}. */
export interface EstablishContextOptions extends CallOptions {
  /** Default: `"system"`. */
  readonly scope?: Scope | undefined;
  /**
   * Path of the PC/SC library. Default: the environment variable SCARD_LIBRARY, else the platform's
   * own.
   */
  readonly library?: string | undefined;
  /**
   * A virtual subsystem, from `scard/virtual`, instead of the platform's service. Not together with
   * `library`.
   */
  readonly subsystem?: VirtualSubsystem | undefined;
}

/** Options of {@link Context.listReaders}. */
export interface ListReadersOptions extends CallOptions {
  /** Only readers of these groups. Default: all readers. pcsclite ignores it. */
  readonly groups?: readonly string[] | undefined;
}

let construct: (fields: ContextFields) => Context;

/** What the establishment of a context gives. A class, so that nobody else can make one. */
class ContextFields {
  readonly calls: ContextCalls;
  /** Whether the calls go to the platform's own service. */
  readonly platformService: boolean;

  constructor(calls: ContextCalls, platformService: boolean) {
    this.calls = calls;
    this.platformService = platformService;
  }
}

/**
 * A session with the PC/SC service, from {@link establishContext}. It outlives the service: when that
 * has restarted, the next call establishes the session anew by itself. Cards that were connected
 * before fail with an error that says so; connect again.
 */
export class Context {
  readonly #calls: ContextCalls;
  readonly #platformService: boolean;
  /** Settles with the release; its failure is the first caller's to hear. */
  #closing: Promise<undefined> | undefined;

  static {
    construct = (fields) => new Context(fields);
  }

  private constructor(fields: ContextFields) {
    if (!(fields instanceof ContextFields)) {
      throw illegalConstructor("Context", "establishContext()");
    }
    this.#calls = fields.calls;
    this.#platformService = fields.platformService;
  }

  /** Whether {@link Context.close} was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Whether the context is known to PC/SC as it is: SCardIsValidContext. False after a close, and
   * after the service has gone or restarted, until another call has established it anew.
   */
  async isValid(options?: CallOptions): Promise<boolean> {
    const trace = captureTrace();
    const limits = checkCallOptions(options);
    const { link } = this.#calls;
    if (this.closed || link.lost) {
      return false;
    }
    const { native } = link;
    const valid = await this.#calls.run<boolean>("SCardIsValidContext", () => native.isValid(), {
      limits,
      trace,
    });
    if (!valid) {
      link.markLost(native);
    }
    return valid;
  }

  /** Names of the readers; empty when there is none: SCardListReaders. */
  async listReaders(options?: ListReadersOptions): Promise<string[]> {
    const trace = captureTrace();
    const given = checkOptions("options", options, ["groups", ...callOptionKeys]);
    const groups = checkGroups(given.groups);
    const limits = Limits.from(given);
    this.#checkOpen();
    const list = async (): Promise<string[]> => this.#calls.listReaders(groups, { limits, trace });
    return this.#calls.recovering(list, limits);
  }

  /** Names of the reader groups: SCardListReaderGroups. pcsclite has one, SCard$DefaultReaders. */
  async listReaderGroups(options?: CallOptions): Promise<string[]> {
    const trace = captureTrace();
    const limits = checkCallOptions(options);
    this.#checkOpen();
    const begin = (native: NativeContext): OperationId => native.listReaderGroups();
    const list = async (): Promise<string[]> =>
      this.#calls.run("SCardListReaderGroups", begin, { limits, trace });
    return this.#calls.recovering(list, limits);
  }

  /** The reader of this name. Nothing is asked of PC/SC: it need not be attached. */
  reader(name: string): Reader {
    return createReader(this, checkReaderName("name", name));
  }

  /** The readers that {@link Context.listReaders} names. */
  async readers(options?: ListReadersOptions): Promise<Reader[]> {
    const names = await this.listReaders(options);
    return names.map((name) => createReader(this, name));
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
    this.#checkOpen();
    return this.#calls.getStatusChange(queries, { limits, trace });
  }

  /**
   * Follows readers and cards as they come and go: an event emitter and async iterable that begins
   * with a snapshot of what is there, misses no card between two waits, uses no processor time while
   * nothing happens, and goes on when the service has restarted. docs/tracking.md has the rules.
   *
   */
  track(options?: TrackOptions): ReaderTracker {
    const checked = checkTrackOptions(options);
    this.#checkOpen();
    return createTracker((keepAlive, groups) => this.#source(keepAlive, groups), checked);
  }

  #source(keepAlive: KeepAlive, groups?: readonly string[]): ReaderSource {
    return contextSource({
      calls: this.#calls,
      checkOpen: () => {
        this.#checkOpen();
      },
      platformService: this.#platformService,
      keepAlive,
      groups,
    });
  }

  #waiter(): Waiter {
    return {
      listReaders: async (options) => this.listReaders(options),
      getStatusChange: async (readers, options) => this.getStatusChange(readers, options),
      serviceReturns: async (limits) => {
        if (this.#calls.link.lost) {
          await untilBack((keepAlive) => this.#source(keepAlive), limits);
        }
      },
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
    this.#checkOpen();
    for (const native of this.#calls.link.natives()) {
      native.cancel();
    }
  }

  /**
   * Connects to the card in a reader: SCardConnect. Where a card refuses to choose between T=0 and
   * T=1 each protocol asked for is tried alone, in the order given; docs/protocols.md has the rule.
   * `timeoutMs` covers all attempts.
   *
   * @param reader A reader or its name.
   * @throws {PcscError} (rejects) such as `SCARD_E_NO_SMARTCARD`, `SCARD_W_REMOVED_CARD`,
   *   `SCARD_E_SHARING_VIOLATION`, `SCARD_E_UNKNOWN_READER`, `SCARD_E_PROTO_MISMATCH`.
   */
  async connect(reader: string | Reader, options?: ConnectOptions): Promise<Card> {
    const trace = captureTrace();
    const name = checkReaderName("reader", reader instanceof Reader ? reader.name : reader);
    const checked = checkConnectOptions(options);
    this.#checkOpen();
    const checkOpen = (): void => {
      this.#checkOpen();
    };
    return connectCard(
      { calls: this.#calls, reader: name, context: this, checkOpen, trace },
      checked,
    );
  }

  /**
   * Closes the context: its waits and its cards' calls reject with {@link ClosedError}, its cards are
   * disconnected with the disposition they were connected with, and the context is released:
   * SCardReleaseContext. A call that PC/SC cannot interrupt is waited for, unless given up by
   * `signal` or `timeoutMs`; the context is closed all the same. A second call waits for the
   * first and does nothing more.
   */
  async close(options?: CallOptions): Promise<void> {
    const trace = captureTrace();
    const limits = checkCallOptions(options);
    limits?.throwIfOver("SCardReleaseContext", undefined);
    if (this.#closing !== undefined) {
      await (limits?.within(this.#closing, "SCardReleaseContext") ?? this.#closing);
      return;
    }
    const { link } = this.#calls;
    const close = (native: NativeContext): OperationId => native.close();
    const retired = link.close();
    const current = this.#calls.run<undefined>("SCardReleaseContext", close, { limits, trace });
    const closing = Promise.all([current, retired]);
    this.#closing = closing.then(
      () => undefined,
      () => undefined,
    );
    try {
      await closing;
    } catch (error) {
      // A service that has gone has released it.
      if (!(link.lost && saysServiceGone(error))) {
        throw error;
      }
    }
  }

  /**
   * As {@link Context.close}, for `await using`; that the service has gone is no error here. Waits a
   * second at most for a call that PC/SC does not let go of: the release then goes on by itself.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await released(this.close({ timeoutMs: disposePatienceMs }));
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return inspectable("Context", { closed: this.closed });
  }

  #checkOpen(): void {
    if (this.closed) {
      throw new ClosedError("context");
    }
  }
}

/**
 * Connects to the platform's PC/SC service: SCardEstablishContext. The PC/SC library is loaded at
 * the first call.
 *
 * @throws {LibraryNotFoundError} (rejects) when there is no PC/SC library, with what to install.
 * @throws {PcscError} (rejects) `SCARD_E_NO_SERVICE` when the service does not run.
 */
export async function establishContext(options?: EstablishContextOptions): Promise<Context> {
  const trace = captureTrace();
  return establishWith(environment, options, trace);
}

/** As {@link establishContext}, on a dispatcher of the caller's: the seam for tests. */
export async function establishWith(
  dispatcherOf: () => Dispatcher,
  options?: EstablishContextOptions,
  trace?: Trace,
): Promise<Context> {
  const given = checkOptions("options", options, [
    "scope",
    "library",
    "subsystem",
    ...callOptionKeys,
  ]);
  const scope = checkScope(given.scope ?? "system");
  const library = checkLibrarySource(given);
  const limits = Limits.from(given);
  const dispatcher = dispatcherOf();
  const establish = async <Result>(
    finish: (native: NativeContext) => Result,
    traits: { limits?: Limits | undefined; trace?: Trace | undefined } = {},
  ): Promise<Result> =>
    dispatcher.run({
      call: "SCardEstablishContext",
      target: {},
      begin: () => dispatcher.environment.establishContext(scope, library),
      finish,
      discard: (native) => {
        void releaseUnseen(dispatcher, native);
      },
      ...traits,
    });
  const contexts: NativeContexts = {
    establish: async () => establish((native) => native),
    release: async (native) => releaseUnseen(dispatcher, native),
  };
  const platformService = library === undefined && process.env["SCARD_LIBRARY"] === undefined;
  return establish(
    (native) => {
      const calls = new ContextCalls(dispatcher, native, contexts);
      const context = construct(new ContextFields(calls, platformService));
      return keepingSubsystem(context, options?.subsystem);
    },
    { limits, trace },
  );
}

/** Releases a context that nobody uses any more. */
async function releaseUnseen(dispatcher: Dispatcher, native: NativeContext): Promise<void> {
  const done = dispatcher.run({
    call: "SCardReleaseContext",
    target: { subject: "context" },
    begin: () => native.close(),
    finish: () => undefined,
  });
  await done.catch(() => undefined);
}
