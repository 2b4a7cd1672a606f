// The callback form of a transaction: the lock is held for exactly as long as the callback runs.
import type { CardConnection, OpenTransaction } from "./connection.js";
import type { Trace } from "./dispatcher.js";
import { released } from "./gone.js";
import {
  type CheckedTransactionOptions,
  type Transaction,
  createTransaction,
} from "./transaction.js";
import { TransactionScope, runInScope } from "./transaction-scope.js";

export type TransactionCallback<Value> = (tx: Transaction) => Value | PromiseLike<Value>;

/** How a callback ended. */
type Outcome<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: unknown };

/**
 * Takes the lock, runs the callback, and gives the lock back when the callback has returned or
 * thrown or the signal aborts. The callback's error comes first; that the card has gone by the end
 * does not take the callback's value away.
 */
export async function runTransaction<Value>(
  connection: CardConnection,
  callback: TransactionCallback<Value>,
  { disposition, limits }: CheckedTransactionOptions,
  trace: Trace,
): Promise<Value> {
  const scope = new TransactionScope(connection);
  const open = await connection.begin(disposition, scope, limits, trace);
  const signal = limits?.signal;
  const giveUp = (): void => {
    connection.dispatcher.giveUpGroup(open, signal?.reason);
    endUnseen(connection, open);
  };
  return untilAborted(signal, giveUp, async () => {
    const outcome = await outcomeOf(connection, open, scope, callback);
    if (!outcome.ok) {
      await endQuietly(connection, open);
      throw outcome.error;
    }
    if (!open.ended) {
      await released(connection.end(open, disposition, undefined, trace));
    }
    return outcome.value;
  });
}

async function outcomeOf<Value>(
  connection: CardConnection,
  open: OpenTransaction,
  scope: TransactionScope,
  callback: TransactionCallback<Value>,
): Promise<Outcome<Value>> {
  const tx = createTransaction(connection, open);
  try {
    return { ok: true, value: await runInScope(scope, () => callback(tx)) };
  } catch (error) {
    return { ok: false, error };
  }
}

async function endQuietly(connection: CardConnection, open: OpenTransaction): Promise<void> {
  if (!open.ended) {
    // The error that brought us here is the one to report.
    await connection.end(open, open.disposition, undefined, undefined).catch(() => undefined);
  }
}

function endUnseen(connection: CardConnection, open: OpenTransaction): void {
  void endQuietly(connection, open);
}

/**
 * Runs `work`. If the signal aborts first, calls `giveUp` and rejects with the signal's reason
 * without waiting for the work, whose outcome is then dropped.
 */
async function untilAborted<Value>(
  signal: AbortSignal | undefined,
  giveUp: () => void,
  work: () => Promise<Value>,
): Promise<Value> {
  if (signal === undefined) {
    return work();
  }
  if (signal.aborted) {
    giveUp();
    throw signal.reason;
  }
  return new Promise<Value>((resolve, reject) => {
    const onAbort = (): void => {
      giveUp();
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    work()
      .finally(() => {
        signal.removeEventListener("abort", onAbort);
      })
      .then(resolve, reject);
  });
}
