import { ScardError } from "./scard-error.js";

/** How transactions were mixed up; see {@link TransactionError}. */
export type TransactionErrorCode =
  "ERR_SCARD_TRANSACTION_NESTED" | "ERR_SCARD_TRANSACTION_ENDED" | "ERR_SCARD_TRANSACTION_OPEN";

const messages: Readonly<Record<TransactionErrorCode, string>> = {
  ERR_SCARD_TRANSACTION_NESTED:
    "A transaction is already open on this card, and one cannot hold another: " +
    "go on with the open transaction's own object.",
  ERR_SCARD_TRANSACTION_ENDED:
    "The transaction has ended: its object can no longer be used. " +
    "Await every call before the transaction's callback returns.",
  ERR_SCARD_TRANSACTION_OPEN: "A transaction is open on this card: end it first.",
};

/**
 * Transactions were mixed up. `code` is `ERR_SCARD_TRANSACTION_NESTED` (one begun inside another on
 * the same card), `ERR_SCARD_TRANSACTION_ENDED` (its object used after its end) or
 * `ERR_SCARD_TRANSACTION_OPEN` (a call that cannot be made while one is open).
 */
export class TransactionError extends ScardError {
  declare readonly code: TransactionErrorCode;

  /** @param message Replaces the code's usual message. */
  constructor(code: TransactionErrorCode, message?: string, options?: ErrorOptions) {
    super(code, message ?? messages[code], options);
  }
}
