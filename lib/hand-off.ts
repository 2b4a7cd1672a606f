// The way of an APDU to the addon and back: no closure, no Map and no object of the addon per call.
// Commands and short answers pass through two blocks of memory that both sides see.
import type { NativeFailure, NativeHandOff, OperationId } from "../binding.js";
import { ClosedError } from "./errors/closed-error.js";
import { type FailureContext, fromNativeFailure } from "./errors/from-native.js";
import { PcscError } from "./errors/pcsc-error.js";
import type { NativeFraming } from "./framing.js";
import type { Limits } from "./limits.js";
import { type PendingExchange, captureSettlers, settlers } from "./pending-exchange.js";

// Kept from the beginning: a test that replaces the global one with its own clock must not stop us.
const { setImmediate } = globalThis;

const commandAt = 32;
const bytesAt = 2048;
const exchangeAt = bytesAt + 256 * 264;
const operation = -1;
const failed = -1;
/** Of an answer that is no short response. */
const otherAnswer = -2;

/** Below this a loop is faster than the call of `set`. */
const fewBytes = 32;

/** What becomes of an operation's outcome. */
export type SettleOperation = (
  id: OperationId,
  failure: NativeFailure | null,
  value: unknown,
) => void;

/** A script as the addon takes it. */
export interface NativeScript {
  readonly commands: Uint8Array;
  readonly plan: Uint32Array;
}

/** A script that waits or runs, until its promise settles. */
export interface FollowedScript {
  /** Ends it after the step under way. */
  readonly stop: () => void;
  /** Steps done. */
  readonly progress: () => number;
}

/** The exchanges of one JavaScript environment. */
export class HandOff {
  readonly #native: NativeHandOff;
  readonly #settleOperation: SettleOperation;
  readonly #request: Int32Array;
  readonly #command: Uint8Array;
  readonly #finished: Int32Array;
  readonly #reply: Uint8Array;
  readonly #pending: (PendingExchange<unknown> | undefined)[] = [];
  readonly #values: unknown[] = [];
  readonly #scripts = new WeakMap<NativeScript, number>();
  readonly #forgotten = new FinalizationRegistry<number>((script) => {
    this.#native.removeScript(script);
  });
  #willLook = false;

  constructor(native: NativeHandOff, settleOperation: SettleOperation) {
    this.#native = native;
    this.#settleOperation = settleOperation;
    this.#request = new Int32Array(native.request, 0, commandAt / 4);
    this.#command = new Uint8Array(native.request, commandAt);
    this.#finished = new Int32Array(native.reply, 0, bytesAt / 4);
    this.#reply = new Uint8Array(native.reply);
  }

  /**
   * Sends a command, which is copied at once. Throws what keeps it from being sent.
   *
   * @param card `NativeConnection.number`.
   * @param protocol Bits, 0 the connection's.
   */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  run<Result>(
    exchange: PendingExchange<Result>,
    card: number,
    lane: number,
    protocol: number,
    command: Uint8Array,
    limits: Limits | undefined,
  ): Promise<Result> {
    limits?.throwIfOver("SCardTransmit", exchange.target.reader);
    this.#write(card, lane, protocol, command);
    return this.#begun(exchange, this.#native.submit(), limits);
  }

  /** The same with a framed command. */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  send<Result>(
    exchange: PendingExchange<Result>,
    card: number,
    lane: number,
    framing: NativeFraming,
    command: Uint8Array,
    limits: Limits | undefined,
  ): Promise<Result> {
    limits?.throwIfOver("SCardTransmit", exchange.target.reader);
    this.#write(card, lane, 0, command);
    this.#writeFraming(framing);
    return this.#begun(exchange, this.#native.submitFramed(), limits);
  }

  /**
   * Runs a script.
   *
   * @param follow Called once it is queued, with what it is followed by.
   */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  runScript<Result>(
    exchange: PendingExchange<Result>,
    card: number,
    lane: number,
    script: NativeScript,
    framing: NativeFraming,
    limits: Limits | undefined,
    follow: ((script: FollowedScript) => void) | undefined,
  ): Promise<Result> {
    limits?.throwIfOver("SCardTransmit", exchange.target.reader);
    const request = this.#request;
    request[0] = card;
    request[1] = lane;
    this.#writeFraming(framing);
    request[7] = this.#numberOf(script);
    const native = this.#native;
    const submitted = native.submitScript();
    const promise = this.#begun(exchange, submitted, limits);
    if (follow !== undefined) {
      const token = submitted >> 1;
      follow({
        stop: () => {
          native.stopScript(token);
        },
        progress: () => native.scriptProgress(token),
      });
    }
    return promise;
  }

  /** Of a script's copy in the addon, which goes when the script is collected. */
  #numberOf(script: NativeScript): number {
    const known = this.#scripts.get(script);
    if (known !== undefined) {
      return known;
    }
    const number = this.#native.addScript(script.commands, script.plan);
    this.#scripts.set(script, number);
    this.#forgotten.register(script, number);
    return number;
  }

  // eslint-disable-next-line @typescript-eslint/promise-function-async
  #begun<Result>(
    exchange: PendingExchange<Result>,
    submitted: number,
    limits: Limits | undefined,
  ): Promise<Result> {
    if (submitted < 0) {
      throw new ClosedError(`connection to reader ${JSON.stringify(exchange.target.reader)}`);
    }
    const token = submitted >> 1;
    const promise = new Promise<Result>(captureSettlers);
    exchange.resolve = settlers.resolve;
    exchange.reject = settlers.reject;
    exchange.givenUp = false;
    this.#pending[token] = exchange;
    if ((submitted & 1) !== 0) {
      this.#lookSoon();
    }
    if (limits !== undefined) {
      this.#watch(exchange, token, limits);
    }
    return promise;
  }

  /** Sends a command and waits for the answer. Gives its length; throws the failure. */
  runNow(
    card: number,
    lane: number,
    protocol: number,
    command: Uint8Array,
    target: FailureContext,
  ): number {
    this.#write(card, lane, protocol, command);
    const length = this.#native.exchange();
    if (typeof length !== "number") {
      throw fromNativeFailure(length, target);
    }
    if (length < 0) {
      throw new ClosedError(`connection to reader ${JSON.stringify(target.reader)}`);
    }
    return length;
  }

  /** The answer of the last {@link HandOff.runNow}, until the next one overwrites it. */
  view(length: number): Uint8Array {
    return this.#reply.subarray(exchangeAt, exchangeAt + length);
  }

  /** Copies that answer if it is a short one with a usual status word, and fits. */
  copyShort(length: number, memory: Uint8Array): boolean {
    const reply = this.#reply;
    const fits = length >= 2 && length <= fewBytes && length <= memory.length;
    if (!fits || reply[exchangeAt + length - 2] !== 0x90) {
      return false;
    }
    for (let index = 0; index < length; index += 1) {
      memory[index] = reply[exchangeAt + index] as number;
    }
    return true;
  }

  #write(card: number, lane: number, protocol: number, command: Uint8Array): void {
    const request = this.#request;
    request[0] = card;
    request[1] = lane;
    request[2] = protocol;
    request[3] = command.length;
    copyInto(this.#command, command);
  }

  #writeFraming({ flags, maxLength, maxCommand }: NativeFraming): void {
    const request = this.#request;
    request[4] = flags;
    request[5] = maxLength;
    request[6] = maxCommand;
  }

  #watch(exchange: PendingExchange<unknown>, token: number, limits: Limits): void {
    exchange.stopWatching = limits.watch(
      (reason) => {
        this.#giveUp(exchange, token, reason);
      },
      () => {
        const error = PcscError.of("SCARD_E_TIMEOUT", "SCardTransmit", exchange.target.reader);
        this.#giveUp(exchange, token, error);
      },
    );
  }

  #giveUp(exchange: PendingExchange<unknown>, token: number, reason: unknown): void {
    exchange.givenUp = true;
    exchange.stopWatching?.();
    this.#native.cancel(token);
    exchange.reject(reason);
  }

  /** Gives up every pending exchange of a group: each rejects with `reason` now. */
  giveUpGroup(group: object, reason: unknown): void {
    for (const [token, exchange] of this.#pending.entries()) {
      if (exchange?.group === group && !exchange.givenUp) {
        this.#giveUp(exchange, token, reason);
      }
    }
  }

  #lookSoon(): void {
    if (!this.#willLook) {
      this.#willLook = true;
      setImmediate(this.#look);
    }
  }

  readonly #look = (): void => {
    this.#willLook = false;
    this.take();
  };

  /** Settles everything that has finished. */
  take(): void {
    const values = this.#values;
    const taken = this.#native.take(values);
    const count = taken >> 1;
    if ((taken & 1) !== 0) {
      this.#lookSoon();
    }
    if (count > 0) {
      this.#settle(count, values);
      values.length = 0;
    }
  }

  #settle(count: number, values: readonly unknown[]): void {
    const finished = this.#finished;
    let at = bytesAt;
    let next = 0;
    for (let index = 0; index < count; index += 1) {
      const token = finished[index * 2] as number;
      const length = finished[index * 2 + 1] as number;
      if (token === operation) {
        const [id, failure, value] = values.slice(next, next + 3);
        next += 3;
        this.#settleOperation(id as OperationId, failure as NativeFailure | null, value);
        continue;
      }
      const exchange = this.#pending[token];
      this.#pending[token] = undefined;
      if (length >= 0) {
        exchange?.answer(this.#reply, at, at + length);
        at += length;
      } else {
        const value = values[next];
        next += 1;
        if (length === failed) {
          exchange?.fail(value as NativeFailure);
        } else if (length === otherAnswer) {
          exchange?.answerWith(value);
        }
      }
    }
  }
}

function copyInto(target: Uint8Array, source: Uint8Array): void {
  const { length } = source;
  if (length > fewBytes) {
    target.set(source);
    return;
  }
  for (let index = 0; index < length; index += 1) {
    target[index] = source[index] as number;
  }
}
