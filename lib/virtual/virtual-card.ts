import { checkBoolean, checkFunction, checkInteger, checkOptions } from "../arguments.js";
import { type BytesInput, copyBytes } from "../bytes.js";
import { environment } from "../environment.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { inspectable } from "../inspect.js";
import { CommandApdu } from "../iso7816/command-apdu.js";
import { ApduError } from "../iso7816/format-error.js";
import { type Protocol, protocolWord } from "../protocol.js";
import { type CardAnswer, answerBytes, statusWordBytes } from "./card-answer.js";
import { setCardHandle } from "./card-handle.js";
import { CardHandlerError } from "./errors.js";
import { type NativeCardRequest, type NativeHandlerCard, virtualBinding } from "./native.js";
import { ReplayError } from "./errors.js";

/** What happens to a card's power: inserted or powered up, reset while powered, powered down. */
export type CardPowerEvent = "power-on" | "reset" | "power-off";

/** What a handler knows besides the command. */
export interface CardContext {
  /** The card itself. */
  readonly card: VirtualCard;
  /** Protocol the command came with; null for none that is known. */
  readonly protocol: Protocol | null;
  /** Aborts when the card is powered down, reset or taken out: nobody waits for the answer then. */
  readonly signal: AbortSignal;
}

/** Answers one command. What it throws is a failure of the card: see {@link VirtualCardOptions}. */
export type CardHandler<Command> = (
  command: Command,
  context: CardContext,
) => CardAnswer | Promise<CardAnswer>;

interface CommonOptions {
  /**
   * Answer to reset: 2 to 33 bytes, or none for a card that does not answer. It decides which
   * protocols can be used. It is not checked further: a wrong one is a test, too.
   */
  readonly atr: BytesInput;
  /**
   * What the card does when the handler throws or gives no proper answer: a status word, or
   * `"mute"`, no answer, so that the exchange fails. Default: 0x6F00. The error is kept either way:
   * see `report`.
   */
  readonly onError?: number | "mute" | undefined;
  /** Called when the card is powered or reset, before the commands that follow. */
  readonly onPower?: ((event: CardPowerEvent) => void) | undefined;
  /**
   * Told of each failure of the handler. Default: a process warning. Every failure is also in
   * {@link VirtualCard.errors}.
   */
  readonly report?: ((error: CardHandlerError) => void) | undefined;
}

/** Options of {@link VirtualCard}. */
export type VirtualCardOptions =
  | (CommonOptions & {
      readonly raw?: false | undefined;
      /** Answers each command. A command that is no APDU is answered with 6700 without it. */
      readonly handler: CardHandler<CommandApdu>;
    })
  | (CommonOptions & {
      /**
       * The card does not speak ISO/IEC 7816-4: bytes in, bytes out, of any length from 0. A program
       * that expects no status word asks with `transmit(command, { statusWord: "any" })`.
       */
      readonly raw: true;
      /** Answers each command, given as its bytes. */
      readonly handler: CardHandler<Uint8Array>;
    });

const optionNames = ["atr", "onError", "onPower", "report", "raw", "handler"] as const;

const longestAtr = 33;
/** Failures kept: a card that fails for ever must not fill the memory. */
const mostErrors = 100;

/** One command on its way. The signal is made when it is asked for. */
class Exchange implements CardContext {
  readonly card: VirtualCard;
  readonly protocol: Protocol | null;
  #controller: AbortController | undefined;
  #over = false;

  constructor(card: VirtualCard, protocol: Protocol | null) {
    this.card = card;
    this.protocol = protocol;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over) {
      this.#controller.abort();
    }
    return this.#controller.signal;
  }

  abort(): void {
    this.#over = true;
    this.#controller?.abort();
  }
}

/**
 * A card whose commands a JavaScript function answers. Put it into a reader with `reader.insert()`.
 * Commands come one at a time; an answer may take as long as it likes.
 */
export class VirtualCard {
  readonly #native: NativeHandlerCard;
  readonly #handler: CardHandler<never>;
  readonly #raw: boolean;
  readonly #onError: Uint8Array | undefined;
  readonly #onPower: ((event: CardPowerEvent) => void) | undefined;
  readonly #report: (error: CardHandlerError) => void;
  readonly #errors: CardHandlerError[] = [];
  #atr: Uint8Array;
  #running: Exchange | undefined;

  /** @throws {ScardArgumentError} for wrong options. */
  constructor(options: VirtualCardOptions) {
    const given = checkOptions("options", options, optionNames);
    this.#atr = checkAtr(given.atr);
    this.#handler = checkFunction("handler", options.handler as CardHandler<never>);
    this.#raw = checkBoolean("raw", given.raw ?? false);
    this.#onError = checkOnError(given.onError ?? 0x6f00);
    this.#onPower =
      options.onPower === undefined ? undefined : checkFunction("onPower", options.onPower);
    this.#report = options.report === undefined ? warn : checkFunction("report", options.report);
    // What was made last ends first: a worker that ends must find its cards silent before it waits
    // for the calls they would have answered.
    environment();
    // A weak reference: the native card keeps its function, and would keep this card for ever.
    const self = new WeakRef(this);
    this.#native = new (virtualBinding().HandlerCard)(this.#atr, (requests) => {
      const card = self.deref();
      if (card !== undefined) {
        card.#serveAll(requests);
      }
    });
    setCardHandle(this, this.#native);
  }

  /** The card's answer to reset. */
  get atr(): Uint8Array {
    return this.#atr.slice();
  }

  /** Failures of the handler, oldest first; the last 100. `cause` is what it threw. */
  get errors(): readonly CardHandlerError[] {
    return [...this.#errors];
  }

  /** Changes the answer to reset, from the next power-up or reset on; none for no answer. */
  setAtr(atr: BytesInput): void {
    this.#atr = checkAtr(atr);
    this.#native.setAtr(this.#atr);
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return inspectable("VirtualCard", { atr: Buffer.from(this.#atr).toString("hex") });
  }

  #serveAll(requests: readonly NativeCardRequest[]): void {
    for (const request of requests) {
      if (request.kind === "command") {
        void this.#serve(request);
      } else {
        this.#power(request.kind);
      }
    }
  }

  #power(event: CardPowerEvent): void {
    this.#running?.abort();
    this.#running = undefined;
    try {
      this.#onPower?.(event);
    } catch (cause) {
      this.#fail(`onPower("${event}") of a virtual card threw`, cause);
    }
  }

  /** Never rejects. */
  async #serve(request: NativeCardRequest): Promise<void> {
    const exchange = new Exchange(this, protocolWord(request.protocol));
    this.#running = exchange;
    const answer = await this.#answer(request.command, exchange);
    if (this.#running === exchange) {
      this.#running = undefined;
    }
    if (answer === undefined) {
      this.#native.mute(request.exchange);
    } else {
      this.#native.respond(request.exchange, answer);
    }
  }

  async #answer(bytes: Uint8Array, exchange: Exchange): Promise<Uint8Array | undefined> {
    let command: CommandApdu | Uint8Array = bytes;
    if (!this.#raw) {
      try {
        command = CommandApdu.from(bytes);
      } catch (error) {
        if (error instanceof ApduError) {
          return statusWordBytes(wrongLength);
        }
        throw error;
      }
    }
    let answer: CardAnswer;
    try {
      answer = await this.#handler(command as never, exchange);
    } catch (cause) {
      // Who replays a transcript has written no handler to look at.
      const isDeparture = cause instanceof ReplayError;
      const who = isDeparture
        ? "The program left the transcript of a replay card"
        : "The handler of a virtual card threw";
      this.#fail(who, cause);
      return this.#onError;
    }
    try {
      return answerBytes(answer, this.#raw ? 0 : 2);
    } catch (cause) {
      this.#fail("The handler of a virtual card gave no proper answer", cause);
      return this.#onError;
    }
  }

  #fail(problem: string, cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = new CardHandlerError(`${problem}: ${why}`, {
      cause,
    });
    this.#errors.push(error);
    if (this.#errors.length > mostErrors) {
      this.#errors.shift();
    }
    try {
      this.#report(error);
    } catch {
      // The card must still answer; and the failure itself must not get lost.
      warn(error);
    }
  }
}

/** ISO/IEC 7816-4: wrong length, no further indication. */
const wrongLength = 0x6700;

function warn(error: CardHandlerError): void {
  const stack = error.cause instanceof Error ? error.cause.stack : undefined;
  process.emitWarning(error.message, {
    type: "VirtualCardWarning",
    code: error.code,
    ...(stack === undefined ? {} : { detail: stack }),
  });
}

function checkAtr(value: unknown): Uint8Array {
  const atr = copyBytes("atr", value, 0, longestAtr);
  if (atr.length === 1) {
    throw new ScardArgumentError("atr", atr, "2 to 33 bytes, or none");
  }
  return atr;
}

function checkOnError(value: unknown): Uint8Array | undefined {
  return value === "mute" ? undefined : statusWordBytes(checkInteger("onError", value, 0, 0xffff));
}
