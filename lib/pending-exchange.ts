// What one APDU's caller waits for: how the answer becomes the promise's value.
import type { NativeFailure } from "../binding.js";
import { BufferTooSmallError } from "./errors/buffer-too-small-error.js";
import { IncompleteResponseError } from "./errors/incomplete-response-error.js";
import { type FailureContext, fromNativeFailure } from "./errors/from-native.js";
import { ResponseApdu } from "./iso7816/response-apdu.js";
import { endsWithStatusWord, requireStatusWord } from "./transmit.js";

type Settler = (value: unknown) => void;

/** Of the promise made last. */
export const settlers: { resolve: Settler; reject: Settler } = {
  resolve: () => undefined,
  reject: () => undefined,
};

/** The executor of every exchange's promise: one function for all instead of a closure for each. */
export function captureSettlers(resolve: (value: never) => void, reject: Settler): void {
  // What is passed fits: the exchange gives the value to the promise that was made for it.
  settlers.resolve = resolve as Settler;
  settlers.reject = reject;
}

/** Of the connection, what an exchange needs to know. */
export interface ExchangeOwner {
  /** What the error of a failure says besides the call. */
  readonly target: FailureContext;
  /** Notes exchanges that the card has answered. */
  count(exchanges: number): void;
}

export abstract class PendingExchange<Result> {
  readonly #owner: ExchangeOwner;
  /** What the error of a failure says besides the call. */
  readonly target: FailureContext;
  /** Exchanges of one group can be given up together. */
  readonly group: object | undefined;
  resolve: Settler = settlers.resolve;
  reject: Settler = settlers.reject;
  stopWatching: (() => void) | undefined = undefined;
  /** Its promise is settled; the native outcome is still to come. */
  givenUp = false;

  constructor(owner: ExchangeOwner, group: object | undefined) {
    this.#owner = owner;
    this.target = owner.target;
    this.group = group;
  }

  /** The value for an answer that is this exchange's own: bytes, or what is in their place. May throw. */
  protected abstract finish(answer: unknown): Result;

  /** For how many exchanges with the card an answer stands. */
  protected countOf(_answer: unknown): number {
    return 1;
  }

  /** Settles with the answer in memory that is used again. */
  answer(memory: Uint8Array, from: number, to: number): void {
    if (!this.givenUp) {
      this.answerWith(memory.slice(from, to));
    }
  }

  /** Settles with an answer. */
  answerWith(answer: unknown): void {
    if (this.givenUp) {
      return;
    }
    this.stopWatching?.();
    this.#owner.count(this.countOf(answer));
    try {
      this.resolve(this.finish(answer));
    } catch (error) {
      this.reject(error);
    }
  }

  fail(failure: NativeFailure): void {
    if (!this.givenUp) {
      this.stopWatching?.();
      this.reject(fromNativeFailure(failure, this.target));
    }
  }
}

/** For `transmit`: the bytes as they came. */
export class BytesExchange extends PendingExchange<Uint8Array> {
  readonly #anyStatusWord: boolean;

  constructor(owner: ExchangeOwner, group: object | undefined, anyStatusWord: boolean) {
    super(owner, group);
    this.#anyStatusWord = anyStatusWord;
  }

  protected override finish(response: Uint8Array): Uint8Array {
    return this.#anyStatusWord ? response : requireStatusWord(response, this.target.reader ?? "");
  }
}

/** For `transmitApdu`. */
export class ApduExchange extends PendingExchange<ResponseApdu> {
  readonly #secret: boolean;

  constructor(owner: ExchangeOwner, group: object | undefined, secret: boolean) {
    super(owner, group);
    this.#secret = secret;
  }

  protected override finish(response: Uint8Array): ResponseApdu {
    return ResponseApdu.from(requireStatusWord(response, this.target.reader ?? ""), {
      secret: this.#secret,
    });
  }
}

/** For `transmitInto`: the bytes go to the caller's memory, and the value is their number. */
export class IntoExchange extends PendingExchange<number> {
  readonly #memory: Uint8Array;
  readonly #anyStatusWord: boolean;

  constructor(
    owner: ExchangeOwner,
    group: object | undefined,
    memory: Uint8Array,
    anyStatusWord: boolean,
  ) {
    super(owner, group);
    this.#memory = memory;
    this.#anyStatusWord = anyStatusWord;
  }

  override answer(memory: Uint8Array, from: number, to: number): void {
    this.answerWith(memory.subarray(from, to));
  }

  protected override finish(response: Uint8Array): number {
    return deliverInto(this.#memory, response, this.target.reader ?? "", this.#anyStatusWord);
  }
}

/** Copies an answer into the caller's memory; an error that keeps it has a copy of its own. */
export function deliverInto(
  memory: Uint8Array,
  response: Uint8Array,
  reader: string,
  anyStatusWord: boolean,
): number {
  if (!anyStatusWord && !endsWithStatusWord(response)) {
    throw new IncompleteResponseError(response.slice(), reader);
  }
  if (response.length > memory.length) {
    throw new BufferTooSmallError(response.slice(), memory.length, reader);
  }
  // Not the caller's own method: a class may have another.
  Uint8Array.prototype.set.call(memory, response);
  return response.length;
}
