import { checkOptions } from "./arguments.js";
import { CardOperations, checkCallOptions } from "./card-operations.js";
import { CardConnection, type OpenTransaction } from "./connection.js";
import { captureTrace } from "./dispatcher.js";
import { TransactionError } from "./errors/transaction-error.js";
import { disposePatienceMs, released } from "./gone.js";
import { illegalConstructor, inspectable } from "./inspect.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import { type Disposition, checkDisposition } from "./words.js";

/** Options of `card.transaction()` and `card.beginTransaction()`. */
export interface TransactionOptions extends CallOptions {
  /** What the end does to the card. Default: `"leave"`. */
  readonly disposition?: Disposition | undefined;
}

let construct: (connection: CardConnection, open: OpenTransaction) => Transaction;

/**
 * An open transaction: no other program, and no call on the card itself, comes between its calls.
 * After its end every call rejects with {@link TransactionError} `ERR_SCARD_TRANSACTION_ENDED`.
 */
export class Transaction extends CardOperations {
  readonly #connection: CardConnection;
  readonly #open: OpenTransaction;

  static {
    construct = (connection, open) => new Transaction(connection, open);
  }

  private constructor(connection: CardConnection, open: OpenTransaction) {
    if (!(connection instanceof CardConnection)) {
      throw illegalConstructor("Transaction", "card.transaction() or card.beginTransaction()");
    }
    super({
      connection,
      enter: () => {
        connection.checkOpen();
        checkNotEnded(open);
        return open.lane;
      },
      group: open,
    });
    this.#connection = connection;
    this.#open = open;
  }

  /** Whether the transaction has ended, or its end was asked for, or the connection is closed. */
  get ended(): boolean {
    return this.#open.ended || this.#connection.closed;
  }

  /**
   * Ends the transaction: SCardEndTransaction. Its calls that have not begun yet reject with
   * `ERR_SCARD_TRANSACTION_ENDED`; one that runs is waited for. In a callback it may be called
   * early; the callback's return then ends nothing more.
   *
   * @param disposition What is done to the card. Default: what the transaction was begun with.
   */
  async end(disposition?: Disposition, options?: CallOptions): Promise<void> {
    const trace = captureTrace();
    const word = disposition === undefined ? this.#open.disposition : checkDisposition(disposition);
    const limits = checkCallOptions(options);
    this.#connection.checkOpen();
    checkNotEnded(this.#open);
    return this.#connection.end(this.#open, word, limits, trace);
  }

  /**
   * As {@link Transaction.end}, for `await using`. Does nothing after the end; that the card, the
   * reader or the service has gone is no error here.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.ended) {
      await released(this.end(undefined, { timeoutMs: disposePatienceMs }));
    }
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return inspectable("Transaction", { reader: this.reader, ended: this.ended });
  }
}

function checkNotEnded(open: OpenTransaction): void {
  if (open.ended) {
    throw new TransactionError("ERR_SCARD_TRANSACTION_ENDED");
  }
}

/** The object of an open transaction. */
export function createTransaction(connection: CardConnection, open: OpenTransaction): Transaction {
  return construct(connection, open);
}

/** Options of a transaction, checked. */
export interface CheckedTransactionOptions {
  readonly disposition: Disposition;
  readonly limits: Limits | undefined;
}

export function checkTransactionOptions(
  options: TransactionOptions | undefined,
): CheckedTransactionOptions {
  const given = checkOptions("options", options, ["disposition", ...callOptionKeys]);
  return {
    disposition: checkDisposition(given.disposition ?? "leave"),
    limits: Limits.from(given),
  };
}
