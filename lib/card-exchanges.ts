// How the APDUs of a connection go to its card: through the hand-off, single, framed or as a script.
import type { NativeFraming } from "./framing.js";
import type { FollowedScript, HandOff, NativeScript } from "./hand-off.js";
import type { Limits } from "./limits.js";
import { type ExchangeOwner, type PendingExchange, deliverInto } from "./pending-exchange.js";
import type { CheckedTransmitOptions } from "./transmit.js";

/** Makes a call again that another program's reset has refused; rejects with any other error. */
type Resume = <Result>(
  error: unknown,
  fields: { readonly limits?: Limits | undefined },
  again: () => Promise<Result>,
) => Promise<Result>;

export class CardExchanges {
  readonly #owner: ExchangeOwner & { readonly reader: string };
  readonly #handOff: HandOff;
  readonly #number: number;
  readonly #resume: Resume | undefined;

  /**
   * @param owner The connection.
   * @param card `NativeConnection.number`.
   * @param resume Undefined where a reset is left to the caller.
   */
  constructor(
    owner: ExchangeOwner & { readonly reader: string },
    handOff: HandOff,
    card: number,
    resume: Resume | undefined,
  ) {
    this.#owner = owner;
    this.#handOff = handOff;
    this.#number = card;
    this.#resume = resume;
  }

  /** Sends one APDU; its bytes are copied at once. Throws what keeps it from being sent. */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  transmit<Result>(
    exchange: PendingExchange<Result>,
    lane: number,
    command: Uint8Array,
    { protocol, limits }: CheckedTransmitOptions,
  ): Promise<Result> {
    const resume = this.#resumeOf(exchange);
    const number = this.#number;
    return resume === undefined
      ? this.#handOff.run(exchange, number, lane, protocol, command, limits)
      : resuming(resume, command, limits, async (bytes) =>
          this.#handOff.run(exchange, number, lane, protocol, bytes, limits),
        );
  }

  /** Sends a framed command in the same way. */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  send<Result>(
    exchange: PendingExchange<Result>,
    lane: number,
    command: Uint8Array,
    framing: NativeFraming,
    limits: Limits | undefined,
  ): Promise<Result> {
    const resume = this.#resumeOf(exchange);
    const number = this.#number;
    return resume === undefined
      ? this.#handOff.send(exchange, number, lane, framing, command, limits)
      : resuming(resume, command, limits, async (bytes) =>
          this.#handOff.send(exchange, number, lane, framing, bytes, limits),
        );
  }

  /** Runs a script; see {@link HandOff.runScript}. */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  runScript<Result>(
    exchange: PendingExchange<Result>,
    lane: number,
    script: NativeScript,
    framing: NativeFraming,
    limits: Limits | undefined,
    follow: ((script: FollowedScript) => void) | undefined,
  ): Promise<Result> {
    // eslint-disable-next-line @typescript-eslint/promise-function-async
    const run = (): Promise<Result> =>
      this.#handOff.runScript(exchange, this.#number, lane, script, framing, limits, follow);
    const resume = this.#resumeOf(exchange);
    return resume === undefined
      ? run()
      : run().catch(async (error: unknown) => resume(error, { limits }, run));
  }

  /** Sends one APDU, blocking. Gives a view that the next exchange overwrites. */
  transmitNow(lane: number, command: Uint8Array, protocol: number): Uint8Array {
    return this.#handOff.view(this.#now(lane, command, protocol));
  }

  /** The same, with the answer in `memory`. Gives its length. */
  transmitInto(
    lane: number,
    command: Uint8Array,
    protocol: number,
    memory: Uint8Array,
    anyStatusWord: boolean,
  ): number {
    const length = this.#now(lane, command, protocol);
    return this.#handOff.copyShort(length, memory)
      ? length
      : deliverInto(memory, this.#handOff.view(length), this.#owner.reader, anyStatusWord);
  }

  #now(lane: number, command: Uint8Array, protocol: number): number {
    const { target } = this.#owner;
    const length = this.#handOff.runNow(this.#number, lane, protocol, command, target);
    this.#owner.count(1);
    return length;
  }

  #resumeOf({ group }: PendingExchange<unknown>): Resume | undefined {
    // Calls of a transaction have a group: there a reset must never go unnoticed.
    return group === undefined ? this.#resume : undefined;
  }
}

// eslint-disable-next-line @typescript-eslint/promise-function-async
function resuming<Result>(
  resume: Resume,
  command: Uint8Array,
  limits: Limits | undefined,
  run: (command: Uint8Array) => Promise<Result>,
): Promise<Result> {
  // Uint8Array.from and not slice, which for a Buffer is a view.
  const again = Uint8Array.from(command);
  return run(command)
    .catch(async (error: unknown) => resume(error, { limits }, async () => run(again)))
    .finally(() => {
      again.fill(0);
    });
}
