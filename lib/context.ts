import type { NativeConnection, NativeReaderState, OperationId } from "../binding.js";
import { checkOptions, checkReaderName, checkString } from "./arguments.js";
import type { NativeContext } from "./binding.js";
import { type Card, createCard } from "./card.js";
import { checkCallOptions } from "./card-operations.js";
import { type ConnectOptions, checkConnectOptions } from "./connect-options.js";
import { CardConnection } from "./connection.js";
import { type Dispatcher, type Trace, captureTrace } from "./dispatcher.js";
import { environment } from "./environment.js";
import { ScardArgumentError } from "./errors/argument-error.js";
import { ClosedError } from "./errors/closed-error.js";
import { released } from "./gone.js";
import { illegalConstructor, inspectable } from "./inspect.js";
import { checkLibrarySource } from "./library-source.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import { protocolWord, tryProtocols } from "./protocol.js";
import { Reader, createReader } from "./reader.js";
import {
  type ReaderState,
  type ReaderStateQuery,
  type ReportedState,
  checkQuery,
  readerState,
} from "./reader-state.js";
import { keepingSubsystem } from "./virtual/subsystem-handle.js";
import type { VirtualSubsystem } from "./virtual/subsystem.js";
import { type WaitForCardOptions, waitForCard } from "./wait-for-card.js";
import { type Scope, checkScope, dispositionNumber, shareModeNumber } from "./words.js";

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
  readonly dispatcher: Dispatcher;
  readonly native: NativeContext;

  constructor(dispatcher: Dispatcher, native: NativeContext) {
    this.dispatcher = dispatcher;
    this.native = native;
  }
}

const forEver = 0xffffffff;
const target = { subject: "context" };

/** A session with the PC/SC service, from {@link establishContext}. */
export class Context {
  readonly #dispatcher: Dispatcher;
  readonly #native: NativeContext;
  /** Settles with the release; its failure is the first caller's to hear. */
  #closing: Promise<undefined> | undefined;

  static {
    construct = (fields) => new Context(fields);
  }

  private constructor(fields: ContextFields) {
    if (!(fields instanceof ContextFields)) {
      throw illegalConstructor("Context", "establishContext()");
    }
    this.#dispatcher = fields.dispatcher;
    this.#native = fields.native;
  }

  /** Whether {@link Context.close} was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Whether the context can be used still: SCardIsValidContext. False after a close, and after the
   * service has restarted.
   */
  async isValid(options?: CallOptions): Promise<boolean> {
    const trace = captureTrace();
    const limits = checkCallOptions(options);
    if (this.closed) {
      return false;
    }
    return this.#run<boolean>("SCardIsValidContext", (native) => native.isValid(), limits, trace);
  }

  /** Names of the readers; empty when there is none: SCardListReaders. */
  async listReaders(options?: ListReadersOptions): Promise<string[]> {
    const trace = captureTrace();
    const given = checkOptions("options", options, ["groups", ...callOptionKeys]);
    const groups = checkGroups(given.groups);
    const limits = Limits.from(given);
    this.#checkOpen();
    return this.#run<string[]>(
      "SCardListReaders",
      (native) => native.listReaders(groups),
      limits,
      trace,
    );
  }

  /** Names of the reader groups: SCardListReaderGroups. pcsclite has one, SCard$DefaultReaders. */
  async listReaderGroups(options?: CallOptions): Promise<string[]> {
    const trace = captureTrace();
    const limits = checkCallOptions(options);
    this.#checkOpen();
    return this.#run<string[]>(
      "SCardListReaderGroups",
      (native) => native.listReaderGroups(),
      limits,
      trace,
    );
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
   *   (0 looks once), `SCARD_E_CANCELLED` after {@link Context.cancel}, `SCARD_E_UNKNOWN_READER` on
   *   Windows for a name that is not known (a state with `unknown` elsewhere).
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
    const timeout = limits?.remaining ?? forEver;
    return this.#dispatcher.run({
      call: "SCardGetStatusChange",
      target,
      begin: () =>
        this.#native.getStatusChange(
          queries.map(({ reader }) => reader),
          queries.map(({ current }) => current),
          timeout,
        ),
      finish: (states: readonly NativeReaderState[]) => states.map(readerState),
      // PC/SC keeps the time limit itself, so that 0 still looks once.
      limits: limits?.withoutTimeout(),
      trace,
    });
  }

  /**
   * Waits until a card is in a reader, and gives that reader's state; at once if one is in already.
   * Readers that are attached meanwhile join, also the one named by `reader`.
   *
   * @throws {PcscError} (rejects) `SCARD_E_TIMEOUT`, `SCARD_E_CANCELLED` as
   *   {@link Context.getStatusChange}.
   */
  async waitForCard(options?: WaitForCardOptions): Promise<ReaderState> {
    return waitForCard(this, options);
  }

  /** Ends every wait of this context with `SCARD_E_CANCELLED`: SCardCancel. One wait: `signal`. */
  cancel(): void {
    this.#checkOpen();
    this.#native.cancel();
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
    const { shareMode, protocols, disposition, limits } = checkConnectOptions(options);
    this.#checkOpen();
    const attempt = async (bits: number): Promise<Card> =>
      this.#dispatcher.run({
        call: "SCardConnect",
        target: { ...target, reader: name },
        begin: () => {
          this.#checkOpen();
          const mode = shareModeNumber(shareMode);
          return this.#native.connect(name, mode, bits, dispositionNumber(disposition));
        },
        finish: ({ card, protocol }: NativeConnection) =>
          createCard(
            new CardConnection({
              dispatcher: this.#dispatcher,
              native: card,
              reader: name,
              protocol: protocolWord(protocol),
              shareMode,
              disposition,
              context: this,
            }),
          ),
        discard: ({ card }: NativeConnection) => {
          this.#disconnectUnseen(card, dispositionNumber(disposition));
        },
        limits,
        trace,
      });
    return tryProtocols(protocols, attempt);
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
    const close = (native: NativeContext): OperationId => native.close();
    const closing = this.#run<undefined>("SCardReleaseContext", close, limits, trace);
    this.#closing = closing.catch(() => undefined);
    await closing;
  }

  /** As {@link Context.close}, for `await using`; that the service has gone is no error here. */
  async [Symbol.asyncDispose](): Promise<void> {
    await released(this.close());
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

  async #run<Value>(
    call: string,
    begin: (native: NativeContext) => OperationId,
    limits: Limits | undefined,
    trace: Trace,
  ): Promise<Value> {
    return this.#dispatcher.run({
      call,
      target,
      begin: () => begin(this.#native),
      finish: (value: Value) => value,
      limits,
      trace,
    });
  }

  /** A connection that came after it had been given up. */
  #disconnectUnseen(card: NativeConnection["card"], disposition: number): void {
    const done = this.#dispatcher.run({
      call: "SCardDisconnect",
      target,
      begin: () => card.disconnect(disposition),
      finish: () => undefined,
    });
    done.catch(() => undefined);
  }
}

function checkGroups(value: unknown): readonly string[] | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (!Array.isArray(value) || value.length === 0) {
    throw new ScardArgumentError("groups", value, "an array of at least one group name");
  }
  return value.map((group: unknown) => {
    const name = checkString("groups", group);
    if (name === "" || name.includes("\0")) {
      throw new ScardArgumentError("groups", group, "group names: not empty and without NUL");
    }
    return name;
  });
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
  return dispatcher.run({
    call: "SCardEstablishContext",
    target: {},
    begin: () => dispatcher.environment.establishContext(scope, library),
    finish: (native: NativeContext) =>
      keepingSubsystem(construct(new ContextFields(dispatcher, native)), options?.subsystem),
    discard: (native: NativeContext) => {
      const done = dispatcher.run({
        call: "SCardReleaseContext",
        target,
        begin: () => native.close(),
        finish: () => undefined,
      });
      done.catch(() => undefined);
    },
    limits,
    trace,
  });
}
