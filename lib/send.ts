// How a card or a transaction sends a framed command.
import type { NativeBrokenExchange } from "../binding.js";
import type { CardAccess } from "./exchange-calls.js";
import { type SendInput, type SendOptions, checkSendCommand, checkSendOptions } from "./framing.js";
import { type ResponseApdu, adoptResponse } from "./iso7816/response-apdu.js";

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
  const lane = enter();
  const { flags, maxLength, maxCommand } = framing;
  return connection.run({
    call: "SCardTransmit",
    begin: (native) => {
      connection.expect(1);
      return native.send(lane, bytes, flags, maxLength, maxCommand);
    },
    finish: (answer: Uint8Array | NativeBrokenExchange) => {
      connection.count();
      if (!(answer instanceof Uint8Array)) {
        throw connection.brokenExchange(answer);
      }
      return adoptResponse(answer, secret);
    },
    limits,
    group,
  });
}
