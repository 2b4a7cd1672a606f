import type { ReadableStream } from "node:stream/web";

import { type CardAccess, ExchangeCalls } from "./exchange-calls.js";
import type { SendInput, SendOptions } from "./framing.js";
import type { ResponseApdu } from "./iso7816/response-apdu.js";
import { rejected } from "./rejected.js";
import { type ReadBinaryStreamOptions, readBinaryStream } from "./read-binary-stream.js";
import { type RunScriptOptions, type ScriptInput, runScript } from "./script/run-script.js";
import type { ScriptResults } from "./script/script-results.js";
import { send } from "./send.js";

/** The calls of a card or a transaction that may make several SCardTransmit as one job. */
export abstract class FramedOperations extends ExchangeCalls {
  readonly #access: CardAccess;

  protected constructor(access: CardAccess) {
    super(access);
    this.#access = access;
  }

  /**
   * Sends a command of any length and gives the card's whole answer: as many APDUs as the protocol
   * and the card ask for. T=0, short and extended length fields, GET RESPONSE (61XX), the right Le
   * (6CXX), command chaining and ENVELOPE are taken care of; {@link SendOptions} says how. A single
   * SCardTransmit where that suffices.
   *
   * The APDUs of one exchange follow one another: no other call on this card comes between. Another
   * program can, unless inside a transaction or with `transaction: true`. Given up by `signal` or
   * `timeoutMs`, the exchange ends after the APDU that is under way.
   *
   * @param command A `CommandApdu`, its fields, or a well-formed command in bytes or hexadecimal
   *   text. Copied before the call returns; copies are wiped after use. If it is secret, so is the
   *   response.
   * @returns All data and the last status word. The data may be more than Le asked for: what the
   *   card gives is kept, up to `maxLength`.
   * @throws {ApduError} (rejects) when the bytes are no command; nothing is sent.
   * @throws {ExchangeError} (rejects) when the card cannot take the command, has more to say than
   *   `maxLength`, or comes to no end.
   * @throws {IncompleteResponseError} (rejects) when an answer has no status word.
   * @throws {PcscError} (rejects) with `received` when PC/SC fails in the middle.
   * @see https://pcsclite.apdu.fr/api/group__API.html SCardTransmit
   * @see https://learn.microsoft.com/windows/win32/api/winscard/nf-winscard-scardtransmit
   */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  send(command: SendInput, options?: SendOptions): Promise<ResponseApdu> {
    try {
      return send(this.#access, command, options);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Runs many commands as one native job: no other call on this card comes between, and nothing
   * returns to JavaScript before the end. Steps are framed like those of {@link send} unless they
   * are raw.
   *
   * @param script An `ApduScript`, made once for many runs, or its steps.
   * @returns All answers. `ended` says whether it came to its last step or was stopped before.
   * @throws {ScriptError} (rejects) when a status word is not one that its step expects, or a step
   *   fails; `results` holds everything that was answered.
   * @throws {PcscError} (rejects) when the very first SCardTransmit fails: nothing was executed.
   */
  // eslint-disable-next-line @typescript-eslint/promise-function-async
  runScript(script: ScriptInput, options?: RunScriptOptions): Promise<ScriptResults> {
    try {
      return runScript(this.#access, script, options);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Reads a transparent EF of any size: a web stream, which is an async iterable too. READ BINARY
   * block by block, beyond offset 32 767 with the odd instruction (B1), until the file ends.
   * Reading begins at once and goes on one block ahead of the consumer; leaving the loop ends it.
   *
   * Every block is an exchange of its own, so that other calls on this card come between: one that
   * selects another file would be read on. Read in a transaction, or leave the card alone meanwhile.
   *
   * Reading fails with {@link StatusWordError} when the card refuses, and with what {@link send}
   * rejects with; blocks read before were delivered.
   *
   * @throws {ScardArgumentError} at once for a wrong option.
   */
  readBinaryStream(options?: ReadBinaryStreamOptions): ReadableStream<Uint8Array> {
    return readBinaryStream(this, options);
  }
}
