// Turns native operations into promises: one Map from the operation's id to its promise. What has
// finished comes through the hand-off; APDUs have only that (lib/hand-off.ts).
import type { NativeFailure, OperationId } from "../binding.js";
import type { Binding, NativeEnvironment } from "./binding.js";
import { fromNativeFailure } from "./errors/from-native.js";
import type { FailureContext } from "./errors/from-native.js";
import { PcscError } from "./errors/pcsc-error.js";
import { HandOff } from "./hand-off.js";
import type { KeepAlive, Refable } from "./keep-alive.js";
import type { Limits } from "./limits.js";

/** One native operation and what is to become of its outcome. */
export interface Request<Value, Result> {
  /** The PC/SC function, for the error of a time limit that passed. */
  readonly call: string;
  /** What the error of a failure says besides the call. */
  readonly target: FailureContext;
  /** Starts the operation. What it throws rejects the promise. */
  readonly begin: () => OperationId;
  /** Makes the promise's value, synchronously with the outcome's arrival; may throw. */
  readonly finish: (value: Value) => Result;
  /** Undoes an operation that succeeded after it had been given up. */
  readonly discard?: ((value: Value) => void) | undefined;
  readonly limits?: Limits | undefined;
  /** Says whether the operation keeps the process alive. Default: it does. */
  readonly keepAlive?: KeepAlive | undefined;
  /** Requests of one group can be given up together. */
  readonly group?: object | undefined;
  /** Where the caller is, for the error's stack; see {@link captureTrace}. */
  readonly trace?: Trace | undefined;
}

/** Holder of a stack that is formatted only when an error needs it. */
export interface Trace {
  readonly stack?: string;
}

/**
 * Remembers where a call was made: errors are born later, in a callback that knows nothing of the
 * caller. It takes some microseconds, so `transmit` and `control` go without; their errors name
 * the call and the reader.
 */
export function captureTrace(): Trace {
  const trace: Trace = {};
  Error.captureStackTrace(trace, captureTrace);
  return trace;
}

interface Pending {
  readonly request: Request<unknown, unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  stopWatching: (() => void) | undefined;
  /** The operation, where its request says whether it keeps the process alive. */
  readonly refable: Refable | undefined;
  /** Its promise is settled; the native outcome is still to come. */
  givenUp: boolean;
}

/** The operations of one JavaScript environment. */
export class Dispatcher {
  readonly environment: NativeEnvironment;
  readonly handOff: HandOff;
  readonly #binding: Binding;
  readonly #pending = new Map<OperationId, Pending>();

  constructor(binding: Binding) {
    this.#binding = binding;
    this.environment = new binding.Environment(() => {
      this.handOff.take();
    });
    this.handOff = new HandOff(this.environment.handOff(), (id, failure, value) => {
      this.#settle(id, failure, value);
    });
  }

  /** SCARD_CTL_CODE of this platform. */
  controlCode(code: number): number {
    return this.#binding.controlCode(code);
  }

  /**
   * Runs one operation. No `async` function: one promise per operation is all that the path of an
   * APDU should cost.
   */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  run<Value, Result>(request: Request<Value, Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const { limits, call, target } = request;
      limits?.throwIfOver(call, target.reader);
      const id = request.begin();
      const pending: Pending = {
        request: request as Request<unknown, unknown>,
        resolve: resolve as (value: unknown) => void,
        reject,
        stopWatching: undefined,
        refable: request.keepAlive === undefined ? undefined : this.#refable(id),
        givenUp: false,
      };
      this.#pending.set(id, pending);
      if (pending.refable !== undefined) {
        request.keepAlive?.add(pending.refable);
      }
      pending.stopWatching = limits?.watch(
        (reason) => {
          this.#giveUp(id, pending, reason);
        },
        () => {
          const error = PcscError.of("SCARD_E_TIMEOUT", call, target.reader);
          this.#giveUp(id, pending, withTrace(error, request.trace));
        },
      );
    });
  }

  /** Gives up every pending operation of a group: each rejects with `reason` now. */
  giveUpGroup(group: object, reason: unknown): void {
    this.handOff.giveUpGroup(group, reason);
    for (const [id, pending] of this.#pending) {
      if (pending.request.group === group && !pending.givenUp) {
        this.#giveUp(id, pending, reason);
      }
    }
  }

  #refable(id: OperationId): Refable {
    return {
      ref: () => {
        this.environment.ref(id);
      },
      unref: () => {
        this.environment.unref(id);
      },
    };
  }

  #giveUp(id: OperationId, pending: Pending, reason: unknown): void {
    pending.givenUp = true;
    pending.stopWatching?.();
    // It may have finished already, with its outcome on the way: then `discard` undoes it.
    this.environment.cancel(id);
    pending.reject(reason);
  }

  #settle(id: OperationId, failure: NativeFailure | null, value: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      return;
    }
    this.#pending.delete(id);
    if (pending.refable !== undefined) {
      pending.request.keepAlive?.remove(pending.refable);
    }
    settleOne(pending, failure, value);
  }
}

function settleOne(pending: Pending, failure: NativeFailure | null, value: unknown): void {
  const { request } = pending;
  if (pending.givenUp) {
    if (failure === null) {
      request.discard?.(value);
    }
    return;
  }
  pending.stopWatching?.();
  if (failure !== null) {
    pending.reject(withTrace(fromNativeFailure(failure, request.target), request.trace));
    return;
  }
  try {
    pending.resolve(request.finish(value));
  } catch (error) {
    pending.reject(error);
  }
}

/** Gives an error of ours the caller's stack. */
function withTrace(error: Error, trace: Trace | undefined): Error {
  const frames = trace?.stack?.indexOf("\n    at ") ?? -1;
  if (frames >= 0) {
    error.stack = `${error.name}: ${error.message}${trace?.stack?.slice(frames) ?? ""}`;
  }
  return error;
}
