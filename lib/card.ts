import { checkFunction } from "./arguments.js";
import { CardOperations, checkCallOptions } from "./card-operations.js";
import { CardConnection } from "./connection.js";
import { captureTrace } from "./dispatcher.js";
import { disposePatienceMs, released } from "./gone.js";
import { illegalConstructor, inspectable } from "./inspect.js";
import type { CallOptions } from "./limits.js";
import { type TransactionCallback, runTransaction } from "./run-transaction.js";
import {
  type Transaction,
  type TransactionOptions,
  checkTransactionOptions,
  createTransaction,
} from "./transaction.js";
import { type Disposition, type ShareMode, checkDisposition } from "./words.js";

let construct: (connection: CardConnection) => Card;
let reveal: (card: Card) => CardConnection;

/**
 * A connection to a card, from `context.connect()`. Calls queue and run in the order made; cards
 * never wait for one another.
 *
 * Close it with {@link Card.disconnect} or `await using`. One that is dropped, or open when its
 * context is closed or the process exits, is disconnected with the disposition it was connected
 * with.
 */
export class Card extends CardOperations {
  readonly #connection: CardConnection;

  static {
    construct = (connection) => new Card(connection);
    reveal = (card) => card.#connection;
  }

  private constructor(connection: CardConnection) {
    if (!(connection instanceof CardConnection)) {
      throw illegalConstructor("Card", "context.connect()");
    }
    super({
      connection,
      enter: () => {
        connection.checkFree();
        return 0;
      },
    });
    this.#connection = connection;
  }

  /** Who else may use the card, as last connected or reconnected. */
  get shareMode(): ShareMode {
    return this.#connection.shareMode;
  }

  /** Whether `disconnect` was called or the context is closed. A card that left does not close it. */
  get closed(): boolean {
    return this.#connection.closed;
  }

  /**
   * Holds the card's lock while `callback` runs, so that no other program comes between its calls:
   * SCardBeginTransaction, SCardEndTransaction. The callback makes its calls on `tx`; calls that
   * other parts of the program make on the card meanwhile queue behind it. A call on the card
   * itself from inside the callback could only wait for itself and rejects with
   * `ERR_SCARD_TRANSACTION_NESTED`.
   *
   * The lock is given back when the callback has returned or thrown, or `signal` aborts: then `tx`'s
   * pending calls and the returned promise reject with the signal's reason at once, whatever the
   * callback still does. `timeoutMs` limits the wait for the lock alone.
   *
   * @returns What the callback returned, also when the card has gone by the end.
   * @throws {PcscError} (rejects) when the lock cannot be taken, or the end fails and the card is
   *   still there. An error of the callback comes first.
   */
  async transaction<Value>(
    callback: TransactionCallback<Value>,
    options?: TransactionOptions,
  ): Promise<Value> {
    const trace = captureTrace();
    checkFunction("callback", callback);
    const checked = checkTransactionOptions(options);
    this.#connection.checkFree();
    return runTransaction(this.#connection, callback, checked, trace);
  }

  /**
   * Takes the card's lock until {@link Transaction.end} or `await using` gives it back. Prefer
   * {@link Card.transaction}, behind which other calls queue: while this one is open calls on the
   * card itself reject with `ERR_SCARD_TRANSACTION_OPEN`, since nothing tells whether the lock's
   * holder waits for them.
   *
   * `signal` and `timeoutMs` limit the wait for the lock alone.
   */
  async beginTransaction(options?: TransactionOptions): Promise<Transaction> {
    const trace = captureTrace();
    const { disposition, limits } = checkTransactionOptions(options);
    this.#connection.checkFree();
    const open = await this.#connection.begin(disposition, undefined, limits, trace);
    return createTransaction(this.#connection, open);
  }

  /**
   * Exchanges with the reader since it was plugged in: SCardGetTransmitCount. On Windows all
   * programs'; elsewhere those of this JavaScript environment, as far as it has noticed the plugging
   * in: by listing readers, a wait or a tracker. A command of `send` or of a script counts as one
   * there, however many exchanges it takes.
   */
  async transmitCount(options?: CallOptions): Promise<number> {
    const trace = captureTrace();
    const connection = this.#connection;
    const limits = checkCallOptions(options);
    connection.checkFree();
    limits?.throwIfOver("SCardGetTransmitCount", this.reader);
    return (
      connection.transmits?.count ??
      connection.run({
        call: "SCardGetTransmitCount",
        begin: (native) => native.getTransmitCount(0),
        finish: (count: number) => count,
        limits,
        trace,
      })
    );
  }

  /**
   * Ends the connection after the calls that were made before: SCardDisconnect. Given up or failed,
   * the connection is closed all the same. A second call waits for the first and does nothing more.
   *
   * @param disposition What is done to the card. Default: what the card was connected with.
   */
  async disconnect(disposition?: Disposition, options?: CallOptions): Promise<void> {
    const trace = captureTrace();
    const connection = this.#connection;
    const word = disposition === undefined ? connection.disposition : checkDisposition(disposition);
    const limits = checkCallOptions(options);
    if (!connection.closed) {
      connection.checkFree();
    }
    return connection.disconnect(word, limits, trace);
  }

  /**
   * As {@link Card.disconnect}, for `await using`: ends a transaction of `beginTransaction` that is
   * still open first, and takes it as no error that the card, the reader or the service has gone.
   * Waits a second at most for a command that is never answered: the rest then goes on by itself.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const { open } = this.#connection;
    if (open !== undefined && open.scope === undefined && !this.closed) {
      await createTransaction(this.#connection, open)[Symbol.asyncDispose]();
    }
    await released(this.disconnect(undefined, { timeoutMs: disposePatienceMs }));
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { reader, protocol, shareMode, closed } = this;
    return inspectable("Card", { reader, protocol, shareMode, closed });
  }
}

/** The connection of a card. */
export function connectionOf(card: Card): CardConnection {
  return reveal(card);
}

/** The card of a new connection. */
export function createCard(connection: CardConnection): Card {
  return construct(connection);
}
