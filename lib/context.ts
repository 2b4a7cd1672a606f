import { setMaxListeners } from "node:events";

import type { OperationId } from "../binding.js";
import { checkReaderName } from "./arguments.js";
import type { NativeContext } from "./binding.js";
import type { Card } from "./card.js";
import { checkCallOptions } from "./card-operations.js";
import { connectCard } from "./connect.js";
import { type ConnectOptions, checkConnectOptions } from "./connect-options.js";
import { ContextCards } from "./context-cards.js";
import { type ContextInternals, internalsOf, setInternals } from "./context-internals.js";
import { captureTrace } from "./dispatcher.js";
import { ClosedError } from "./errors/closed-error.js";
import { disposePatienceMs, released } from "./gone.js";
import { illegalConstructor, inspectable } from "./inspect.js";
import type { CallOptions } from "./limits.js";
import { Reader } from "./reader.js";
import { saysServiceGone } from "./service-gone.js";

/** What the establishment of a context gives. */
export type EstablishedContext = Omit<ContextInternals, "context" | "closing" | "checkOpen">;

let construct: (fields: ContextFields) => Context;

/** {@link EstablishedContext}, as a class so that nobody else can make one. */
class ContextFields {
  readonly inside: EstablishedContext;

  constructor(inside: EstablishedContext) {
    this.inside = inside;
  }
}

/** A context, for what has established one. */
export function createContext(inside: EstablishedContext): Context {
  return construct(new ContextFields(inside));
}

/**
 * A session with the PC/SC service, from {@link establishContext}. It outlives the service: when that
 * has restarted, the next call establishes the session anew by itself. Cards that were connected
 * before fail with an error that says so; connect again.
 */
export class Context extends ContextCards {
  /** Settles with the release; its failure is the first caller's to hear. */
  #closing: Promise<undefined> | undefined;
  /** Wakes those who pause: everything else hears of the release. */
  readonly #closer = new AbortController();

  static {
    construct = (fields) => new Context(fields);
  }

  private constructor(fields: ContextFields) {
    if (!(fields instanceof ContextFields)) {
      throw illegalConstructor("Context", "establishContext()");
    }
    super();
    const checkOpen = (): void => {
      this.#checkOpen();
    };
    const closing = this.#closer.signal;
    // One for each tracker: any number is as it should be.
    setMaxListeners(0, closing);
    setInternals(this, { ...fields.inside, context: this, closing, checkOpen });
  }

  /** Whether {@link Context.close} was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Whether the context is known to PC/SC as it is: SCardIsValidContext. False after a close, and
   * after the service has gone or restarted, until another call has established it anew.
   */
  async isValid(options?: CallOptions): Promise<boolean> {
    const trace = captureTrace();
    const limits = checkCallOptions(options);
    const { calls } = internalsOf(this);
    const { link } = calls;
    if (this.closed || link.lost) {
      return false;
    }
    const { native } = link;
    const valid = await calls.run<boolean>("SCardIsValidContext", () => native.isValid(), {
      limits,
      trace,
    });
    if (!valid) {
      link.markLost(native);
    }
    return valid;
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
    const checked = checkConnectOptions(options);
    this.#checkOpen();
    const { calls, checkOpen } = internalsOf(this);
    return connectCard({ calls, reader: name, context: this, checkOpen, trace }, checked);
  }

  /**
   * Closes the context: its waits and its cards' calls reject with {@link ClosedError}, its cards are
   * disconnected with the disposition they were connected with, and the context is released:
   * SCardReleaseContext. A call that PC/SC cannot interrupt is waited for, unless given up by
   * `signal` or `timeoutMs`; the context is closed all the same. Nothing is waited for while the
   * context is being established anew after a restart of the service: the release then goes on by
   * itself. A second call waits for the first and does nothing more.
   */
  async close(options?: CallOptions): Promise<void> {
    const trace = captureTrace();
    const limits = checkCallOptions(options);
    limits?.throwIfOver("SCardReleaseContext", undefined);
    if (this.#closing !== undefined) {
      await (limits?.within(this.#closing, "SCardReleaseContext") ?? this.#closing);
      return;
    }
    const { calls } = internalsOf(this);
    const { link } = calls;
    const close = (native: NativeContext): OperationId => native.close();
    // libpcsclite releases nothing while it establishes: with a service that hangs, for ever.
    const held = link.renewing;
    const retired = link.close();
    const traits = { limits, trace, keepAlive: link.releasing };
    const current = calls.run<undefined>("SCardReleaseContext", close, traits);
    const closing = held ? abandoned(current, retired) : Promise.all([current, retired]);
    this.#closing = closing.then(
      () => undefined,
      () => undefined,
    );
    this.#closer.abort(new ClosedError("context"));
    try {
      await closing;
    } catch (error) {
      // A service that has gone has released it.
      if (!(link.lost && saysServiceGone(error))) {
        throw error;
      }
    }
  }

  /**
   * As {@link Context.close}, for `await using`; that the service has gone is no error here. Waits a
   * second at most for a call that PC/SC does not let go of: the release then goes on by itself.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await released(this.close({ timeoutMs: disposePatienceMs }));
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
}

/** Lets releases go on by themselves: nobody is left to hear of a failure. */
async function abandoned(...releases: readonly Promise<unknown>[]): Promise<void> {
  void Promise.allSettled(releases);
  return Promise.resolve();
}
