// Which transactions' callbacks the running code belongs to, however many awaits ago they began.
import { AsyncLocalStorage } from "node:async_hooks";

/** One running callback of `card.transaction()`. */
export class TransactionScope {
  /** The connection that holds the transaction; undefined once it has ended. */
  owner: object | undefined;
  /** The callback that this one runs in, of another card. */
  readonly parent: TransactionScope | undefined;

  constructor(owner: object) {
    this.owner = owner;
    this.parent = scopes.getStore();
  }
}

const scopes = new AsyncLocalStorage<TransactionScope>();

/** Runs a transaction's callback in its scope. What it throws at once rejects the promise too. */
export async function runInScope<Value>(
  scope: TransactionScope,
  callback: () => Value | PromiseLike<Value>,
): Promise<Value> {
  return scopes.run(scope, async () => callback());
}

/**
 * Whether the running code was started by a callback that holds a transaction of `owner` still.
 * What such a callback left behind, like a timer, belongs to nothing once it has ended.
 */
export function runsInTransactionOf(owner: object): boolean {
  for (let scope = scopes.getStore(); scope !== undefined; scope = scope.parent) {
    if (scope.owner === owner) {
      return true;
    }
  }
  return false;
}
