// The calls that send one APDU as it is: SCardTransmit, awaited or at once.
import { checkBytes } from "./arguments.js";
import type { CardConnection } from "./connection.js";
import { IncompleteResponseError } from "./errors/incomplete-response-error.js";
import { ScardArgumentError } from "./errors/argument-error.js";
import type { CommandApdu, CommandApduFields } from "./iso7816/command-apdu.js";
import type { ResponseApdu } from "./iso7816/response-apdu.js";
import { ApduExchange, BytesExchange, IntoExchange } from "./pending-exchange.js";
import { rejected } from "./rejected.js";
import {
  type CommandInput,
  type TransmitApduOptions,
  type TransmitOptions,
  type TransmitSyncOptions,
  checkCommand,
  checkCommandApdu,
  checkTransmitOptions,
  endsWithStatusWord,
  transmitApduKeys,
  transmitSyncKeys,
} from "./transmit.js";

/** How a card or a transaction makes calls on its connection. */
export interface CardAccess {
  readonly connection: CardConnection;
  /** The lane for the next call; throws when none can be made now. */
  readonly enter: () => number;
  /** Marks the calls, so that they can be given up together. */
  readonly group?: object;
}

/** See {@link CardOperations}. */
export abstract class ExchangeCalls {
  readonly #access: CardAccess;

  protected constructor(access: CardAccess) {
    this.#access = access;
  }

  /** Name of the reader. */
  get reader(): string {
    return this.#access.connection.reader;
  }

  /**
   * Sends a command and gives the card's answer as it came, status word included: SCardTransmit.
   * There is always room for the longest answer. GET RESPONSE (61XX) and a wrong Le (6CXX) are left
   * to the caller; `send` sees to them.
   *
   * @param command 1 to 65 544 bytes: a `CommandApdu`, bytes, or hexadecimal text. Copied before
   *   the call returns; the copy is wiped after use.
   * @throws {IncompleteResponseError} (rejects) when the answer has no status word; see
   *   {@link TransmitOptions.statusWord}.
   * @see https://pcsclite.apdu.fr/api/group__API.html SCardTransmit
   * @see https://learn.microsoft.com/windows/win32/api/winscard/nf-winscard-scardtransmit
   */
  // Not async, like Dispatcher.run: one promise for one APDU.
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  transmit(command: CommandInput, options?: TransmitOptions): Promise<Uint8Array> {
    try {
      const bytes = checkCommand(command);
      const checked = checkTransmitOptions(options);
      const { connection, enter, group } = this.#access;
      const exchange = new BytesExchange(connection, group, checked.anyStatusWord);
      return connection.exchanges.transmit(exchange, enter(), bytes, checked);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * As {@link ExchangeCalls.transmit}, with values on both sides: one SCardTransmit, the command and
   * the answer as they are.
   *
   * @param command A `CommandApdu` or its fields. If it is secret, so is the response.
   */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  transmitApdu(
    command: CommandApdu | CommandApduFields,
    options?: TransmitApduOptions,
  ): Promise<ResponseApdu> {
    try {
      const apdu = checkCommandApdu(command);
      const checked = checkTransmitOptions(options, transmitApduKeys);
      const { connection, enter, group } = this.#access;
      const exchange = new ApduExchange(connection, group, apdu.secret);
      return connection.exchanges.transmit(exchange, enter(), apdu.toBytes(), checked);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * As {@link ExchangeCalls.transmit}, with the answer in the caller's memory instead of new bytes.
   *
   * @param target Gets the answer from its beginning on, at the moment the promise settles; what lies
   *   behind the answer is left as it is. 65 538 bytes are always enough.
   * @returns The length of the answer.
   * @throws {BufferTooSmallError} (rejects) when the answer does not fit. It holds the answer, since
   *   the command was executed.
   */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  transmitInto(
    command: CommandInput,
    target: Uint8Array,
    options?: TransmitOptions,
  ): Promise<number> {
    try {
      const bytes = checkCommand(command);
      const memory = checkTarget(target);
      const checked = checkTransmitOptions(options);
      const { connection, enter, group } = this.#access;
      const exchange = new IntoExchange(connection, group, memory, checked.anyStatusWord);
      return connection.exchanges.transmit(exchange, enter(), bytes, checked);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * As {@link ExchangeCalls.transmit}, but blocks the program until the card has answered: no event
   * is handled and no other card served meanwhile, and nothing can give the call up. For scripts that
   * do nothing else, where it spares the way through other threads. Never with a virtual card whose
   * commands this thread answers: it does not answer.
   *
   * @throws {ScardError} `ERR_SCARD_CARD_BUSY` when another call on this card waits for its turn, or
   *   runs for more than 100 ms still: nothing is sent.
   * @throws {PcscError} as for {@link ExchangeCalls.transmit}; and `SCARD_E_SHARING_VIOLATION` on a
   *   virtual card where only this thread could end the wait: it has to answer another connection's
   *   command, or holds the card with `anotherProcess().lock()`. Nothing is sent.
   */
  transmitSync(command: CommandInput, options?: TransmitSyncOptions): Uint8Array {
    const bytes = checkCommand(command);
    const { protocol, anyStatusWord } = checkTransmitOptions(options, transmitSyncKeys);
    const { connection, enter } = this.#access;
    const response = connection.exchanges.transmitNow(enter(), bytes, protocol).slice();
    if (!anyStatusWord && !endsWithStatusWord(response)) {
      throw new IncompleteResponseError(response, connection.reader);
    }
    return response;
  }

  /**
   * As {@link ExchangeCalls.transmitSync}, with the answer in the caller's memory: the cheapest way to
   * send an APDU, which allocates nothing.
   *
   * @param target As for {@link ExchangeCalls.transmitInto}.
   * @returns The length of the answer.
   * @throws {BufferTooSmallError} when the answer does not fit; it holds the answer.
   */
  transmitSyncInto(
    command: CommandInput,
    target: Uint8Array,
    options?: TransmitSyncOptions,
  ): number {
    const bytes = checkCommand(command);
    const memory = checkTarget(target);
    const { protocol, anyStatusWord } = checkTransmitOptions(options, transmitSyncKeys);
    const { connection, enter } = this.#access;
    return connection.exchanges.transmitInto(enter(), bytes, protocol, memory, anyStatusWord);
  }
}

function checkTarget(target: unknown): Uint8Array {
  const memory = checkBytes("target", target);
  if (memory !== target) {
    throw new ScardArgumentError("target", target, "a Uint8Array or Buffer", { secret: true });
  }
  return memory;
}
