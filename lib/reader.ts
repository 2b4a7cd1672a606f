import type { Card } from "./card.js";
import type { ConnectOptions } from "./connect-options.js";
import type { Context } from "./context.js";
import { PcscError } from "./errors/pcsc-error.js";
import { illegalConstructor, inspectable } from "./inspect.js";
import type { CallOptions } from "./limits.js";
import type { ReaderState } from "./reader-state.js";
import type { WaitForCardOptions } from "./wait-for-card.js";

let construct: (key: symbol, context: Context, name: string) => Reader;
const key = Symbol("Reader");

/** A reader by its name, from `context.reader()` or `context.readers()`. It holds nothing open. */
export class Reader {
  /** Name of the reader. */
  readonly name: string;
  /** The context that its calls use. */
  readonly context: Context;

  static {
    construct = (symbol, context, name) => new Reader(symbol, context, name);
  }

  private constructor(symbol: symbol, context: Context, name: string) {
    if (symbol !== key) {
      throw illegalConstructor("Reader", "context.reader()");
    }
    this.name = name;
    this.context = context;
    Object.freeze(this);
  }

  /** As `context.connect(reader, options)`. */
  async connect(options?: ConnectOptions): Promise<Card> {
    return this.context.connect(this, options);
  }

  /**
   * The reader's state as it is now: SCardGetStatusChange. pcsclite can take 400 ms while a card is
   * being powered.
   *
   * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_READER` when it is not attached.
   */
  async state(options?: CallOptions): Promise<ReaderState> {
    const [state] = await this.context.getStatusChange([this.name], options);
    if (state === undefined || state.unknown) {
      throw PcscError.of("SCARD_E_UNKNOWN_READER", "SCardGetStatusChange", this.name);
    }
    return state;
  }

  /** As `context.waitForCard` for this reader; it need not be attached yet. */
  async waitForCard(options?: Omit<WaitForCardOptions, "reader">): Promise<ReaderState> {
    return this.context.waitForCard({ ...options, reader: this.name });
  }

  /** As `context.waitForRemoval` for this reader. */
  async waitForRemoval(options?: CallOptions): Promise<ReaderState> {
    return this.context.waitForRemoval({ ...options, reader: this.name });
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return inspectable("Reader", { name: this.name });
  }
}

/** The reader of this name. */
export function createReader(context: Context, name: string): Reader {
  return construct(key, context, name);
}
