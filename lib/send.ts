// How a card or a transaction sends a framed command.
import type { NativeBrokenExchange } from "../binding.js";
import type { CardConnection } from "./connection.js";
import type { CardAccess } from "./exchange-calls.js";
import { type SendInput, type SendOptions, checkSendCommand, checkSendOptions } from "./framing.js";
import { type ResponseApdu, adoptResponse } from "./iso7816/response-apdu.js";
import { PendingExchange } from "./pending-exchange.js";

/** @throws Whatever is wrong with the arguments, before anything runs. */
// Not async, like Dispatcher.run: one promise for one command.
// eslint-disable-next-line @typescript-eslint/promise-function-async
export function send(
  access: CardAccess,
  command: SendInput,
  options: SendOptions | undefined,
): Promise<ResponseApdu> {
  const { bytes, secret } = checkSendCommand(command);
  const { framing, limits } = checkSendOptions(options);
  const { connection, enter, group } = access;
  const exchange = new SendExchange(connection, group, secret);
  return connection.exchanges.send(exchange, enter(), bytes, framing, limits);
}

class SendExchange extends PendingExchange<ResponseApdu> {
  readonly #connection: CardConnection;
  readonly #secret: boolean;

  constructor(connection: CardConnection, group: object | undefined, secret: boolean) {
    super(connection, group);
    this.#connection = connection;
    this.#secret = secret;
  }

  protected override finish(answer: Uint8Array | NativeBrokenExchange): ResponseApdu {
    if (!(answer instanceof Uint8Array)) {
      throw this.#connection.brokenExchange(answer);
    }
    return adoptResponse(answer, this.#secret);
  }
}
