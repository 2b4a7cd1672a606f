// One connected card as its Card and its Transactions share it: the native object, what is known of
// the connection, and which transaction is open.
import type { NativeBrokenExchange, Card as NativeCard, OperationId } from "../binding.js";
import { CardExchanges } from "./card-exchanges.js";
import type { NameMap } from "./database/reader-names.js";
import type { Dispatcher, Trace } from "./dispatcher.js";
import { ClosedError } from "./errors/closed-error.js";
import type { FailureContext } from "./errors/from-native.js";
import { PcscError } from "./errors/pcsc-error.js";
import { TransactionError } from "./errors/transaction-error.js";
import type { ReaderFeatures } from "./features/feature-list.js";
import { brokenExchange } from "./framing.js";
import type { Limits } from "./limits.js";
import { type Protocol, checkProtocols, protocolWord, tryProtocols } from "./protocol.js";
import type { TransmitCounter } from "./reader-notes.js";
import type { ServiceEpoch } from "./service-link.js";
import { type TransactionScope, runsInTransactionOf } from "./transaction-scope.js";
import { type Disposition, type ShareMode, dispositionNumber, shareModeNumber } from "./words.js";

export type NativeCardCalls = Pick<NativeCard, keyof NativeCard>;

/** What `context.connect` knows of a new connection. */
export interface ConnectionFields {
  readonly dispatcher: Dispatcher;
  readonly native: NativeCardCalls;
  /** Names the card in the hand-off. */
  readonly number: number;
  readonly reader: string;
  readonly protocol: Protocol | null;
  readonly shareMode: ShareMode;
  readonly disposition: Disposition;
  /** Whether calls outside of a transaction go on after another program's reset. */
  readonly reconnectOnReset: boolean;
  /** The context, which closes its cards with it. */
  readonly context: { readonly closed: boolean };
  /** The service's life in which the connection was made. */
  readonly epoch: ServiceEpoch;
  /** Counts the exchanges where the resource manager does not. */
  readonly transmits: TransmitCounter | undefined;
  /** Names of readers as programs know them; undefined where they are the resource manager's. */
  readonly names: () => Promise<NameMap> | undefined;
}

/** A transaction that holds the card's lock. */
export interface OpenTransaction {
  readonly lane: number;
  /** What the end does unless it is told otherwise. */
  readonly disposition: Disposition;
  /** Set for the callback form. */
  readonly scope: TransactionScope | undefined;
  ended: boolean;
}

/** One native call and how its value is read; the rest is the connection's. */
export interface CardRequest<Value, Result> {
  readonly call: string;
  readonly begin: (native: NativeCardCalls) => OperationId;
  readonly finish: (value: Value) => Result;
  readonly discard?: ((value: Value) => void) | undefined;
  readonly limits?: Limits | undefined;
  readonly group?: object | undefined;
  readonly trace?: Trace | undefined;
}

/** Calls that were refused without having been made, when a reset is what they report. */
const resumable: ReadonlySet<string> = new Set([
  "SCardControl",
  "SCardGetAttrib",
  "SCardSetAttrib",
  "SCardStatus",
  "SCardBeginTransaction",
]);

export class CardConnection {
  readonly dispatcher: Dispatcher;
  readonly reader: string;
  /** Disposition of a disconnection that names none. */
  readonly disposition: Disposition;
  protocol: Protocol | null;
  shareMode: ShareMode;
  /** The reader's features once read; forgotten by a reconnection. */
  features: ReaderFeatures | undefined;
  /** The transaction that holds the lock, from its grant until its end is asked for. */
  open: OpenTransaction | undefined;
  readonly #names: () => Promise<NameMap> | undefined;
  /** Undefined where the resource manager counts. */
  readonly transmits: TransmitCounter | undefined;
  /** What an error of this connection says besides the call. */
  readonly target: FailureContext;
  /** The calls that reach the card without an operation. */
  readonly exchanges: CardExchanges;
  readonly #native: NativeCardCalls;
  readonly #context: { readonly closed: boolean };
  readonly #epoch: ServiceEpoch;
  readonly #reconnectOnReset: boolean;
  #disconnected = false;

  constructor(fields: ConnectionFields) {
    this.dispatcher = fields.dispatcher;
    this.reader = fields.reader;
    this.disposition = fields.disposition;
    this.protocol = fields.protocol;
    this.shareMode = fields.shareMode;
    this.#names = fields.names;
    this.transmits = fields.transmits;
    this.#native = fields.native;
    this.#context = fields.context;
    this.#epoch = fields.epoch;
    this.#reconnectOnReset = fields.reconnectOnReset;
    this.exchanges = new CardExchanges(
      this,
      fields.dispatcher.handOff,
      fields.number,
      fields.reconnectOnReset ? this.#resume.bind(this) : undefined,
    );
    this.target = { reader: fields.reader, epoch: fields.epoch };
  }

  get closed(): boolean {
    return this.#disconnected || this.#context.closed;
  }

  /** Names of a reader as programs know it, from the resource manager's. */
  async programNames(devices: readonly string[]): Promise<readonly string[]> {
    const naming = this.#names();
    if (naming === undefined) {
      return devices;
    }
    // The card answered: that the names cannot be looked up now is no reason to fail.
    const names = await naming.catch(() => undefined);
    return names === undefined ? devices : devices.flatMap((device) => names.namesOf(device));
  }

  /** Throws when the connection is closed. */
  checkOpen(): void {
    if (this.closed) {
      throw new ClosedError(`connection to reader ${JSON.stringify(this.reader)}`);
    }
  }

  /** Throws when a call outside of a transaction cannot be made now, or could only wait for itself. */
  checkFree(): void {
    this.checkOpen();
    if (this.open === undefined) {
      return;
    }
    if (this.open.scope === undefined) {
      throw new TransactionError(
        "ERR_SCARD_TRANSACTION_OPEN",
        "A transaction begun with beginTransaction() is open on this card: make the call on the " +
          "transaction's own object, or end it first.",
      );
    }
    if (runsInTransactionOf(this)) {
      throw new TransactionError(
        "ERR_SCARD_TRANSACTION_NESTED",
        "The card itself was used inside the callback of its own transaction, where the call " +
          "would wait for the callback's end: use the callback's parameter (tx) instead.",
      );
    }
  }

  /** The error of a framed exchange that broke off. */
  brokenExchange(broken: NativeBrokenExchange): Error {
    return brokenExchange(broken, this.reader, this.target);
  }

  /** Runs one native call. No `async`, as with {@link Dispatcher.run}. */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  run<Value, Result>(request: CardRequest<Value, Result>): Promise<Result> {
    const done = this.#runOnce(request);
    // Calls of a transaction have a group: there a reset must never go unnoticed.
    return this.#reconnectOnReset && request.group === undefined && resumable.has(request.call)
      ? done.catch(async (error: unknown) =>
          this.#resume(error, request, async () => this.#runOnce(request)),
        )
      : done;
  }

  async #resume<Result>(
    error: unknown,
    { limits, trace }: Pick<CardRequest<never, never>, "limits" | "trace">,
    again: () => Promise<Result>,
  ): Promise<Result> {
    // Once anything was received the card has executed a part: only the caller may begin anew.
    const wasReset =
      error instanceof PcscError &&
      error.code === "SCARD_W_RESET_CARD" &&
      error.received === undefined;
    if (!wasReset || this.closed || this.open !== undefined) {
      throw error;
    }
    const { shareMode } = this;
    const leave = dispositionNumber("leave");
    await tryProtocols(checkProtocols(undefined, shareMode), async (bits) =>
      this.#runOnce({
        call: "SCardReconnect",
        begin: (native) => native.reconnect(0, shareModeNumber(shareMode), bits, leave),
        finish: (protocol: number) => {
          this.protocol = protocolWord(protocol);
          this.features = undefined;
        },
        limits,
        trace,
      }),
    );
    return again();
  }

  // eslint-disable-next-line @typescript-eslint/promise-function-async
  #runOnce<Value, Result>(request: CardRequest<Value, Result>): Promise<Result> {
    // Field by field: V8 is slow at copying objects of several shapes.
    const { call, begin, finish, discard, limits, group, trace } = request;
    return this.dispatcher.run({
      call,
      target: this.target,
      begin: () => begin(this.#native),
      finish,
      discard,
      limits,
      group,
      trace,
    });
  }

  /** Counts exchanges that were made, where the resource manager does not. */
  count(exchanges = 1): void {
    if (this.transmits !== undefined) {
      this.transmits.count += exchanges;
    }
  }

  /** Takes the lock. `scope` marks the callback form. */
  async begin(
    disposition: Disposition,
    scope: TransactionScope | undefined,
    limits: Limits | undefined,
    trace: Trace,
  ): Promise<OpenTransaction> {
    return this.run({
      call: "SCardBeginTransaction",
      begin: (native) => native.beginTransaction(dispositionNumber(disposition)),
      finish: (lane: number) => {
        // Here and not after an await: what arrives in the same batch must see it open.
        this.open = { lane, disposition, scope, ended: false };
        return this.open;
      },
      discard: (lane: number) => {
        this.#endUnseen(lane);
      },
      limits,
      trace,
    });
  }

  /**
   * Gives the lock back. From here on the transaction has ended for the program, and calls on the
   * card queue behind the native end.
   */
  async end(
    transaction: OpenTransaction,
    disposition: Disposition,
    limits: Limits | undefined,
    trace: Trace | undefined,
  ): Promise<void> {
    return this.run({
      call: "SCardEndTransaction",
      begin: (native) => {
        this.markEnded(transaction);
        return native.endTransaction(transaction.lane, dispositionNumber(disposition));
      },
      finish: () => undefined,
      limits,
      trace,
    });
  }

  markEnded(transaction: OpenTransaction): void {
    transaction.ended = true;
    if (transaction.scope !== undefined) {
      transaction.scope.owner = undefined;
    }
    if (this.open === transaction) {
      this.open = undefined;
    }
  }

  /**
   * Disconnects. A second call waits for the first, which natively is before it in the queue, and
   * does nothing more.
   */
  async disconnect(
    disposition: Disposition,
    limits: Limits | undefined,
    trace: Trace,
  ): Promise<void> {
    limits?.throwIfOver("SCardDisconnect", this.reader);
    // The context's close disconnects too, but with the connection's own disposition.
    const nothingLeft = this.#disconnected || disposition === this.disposition;
    this.#disconnected = true;
    try {
      await this.run({
        call: "SCardDisconnect",
        begin: (native) => native.disconnect(dispositionNumber(disposition)),
        finish: () => undefined,
        limits,
        trace,
      });
    } catch (error) {
      if (!(error instanceof ClosedError && nothingLeft)) {
        throw error;
      }
    } finally {
      this.#epoch.cardClosed();
    }
  }

  /** A lock that nobody waits for any more: nothing was done under it. */
  #endUnseen(lane: number): void {
    const ended = this.dispatcher.run({
      call: "SCardEndTransaction",
      target: this.target,
      begin: () => this.#native.endTransaction(lane, dispositionNumber("leave")),
      finish: () => undefined,
    });
    // Nobody is left to hear of a failure.
    ended.catch(() => undefined);
  }
}
