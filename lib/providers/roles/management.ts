import type { Card } from "../../card.js";
import type { ReconnectOptions } from "../../card-operations.js";
import type { CardStatus } from "../../card-status.js";
import { disposePatienceMs, released } from "../../gone.js";
import { inspectable } from "../../inspect.js";
import type { CommandTraits } from "../../iso7816/commands/build.js";
import type { CallOptions } from "../../limits.js";
import type { Protocol } from "../../protocol.js";
import { type Disposition, checkDisposition } from "../../words.js";
import { IsoAuthentication } from "./authentication.js";
import { IsoFileAccess } from "./file-access.js";
import type { CardLock, CardManagement } from "./interfaces.js";
import { RoleSession } from "./session.js";
import { IsoVerification } from "./verification.js";

/**
 * The roles of the vendor pattern over the commands of ISO/IEC 7816-4. A provider of one's own extends
 * it or has one.
 */
export class IsoCardManagement implements CardManagement {
  readonly files: IsoFileAccess;
  readonly verification: IsoVerification;
  readonly authentication: IsoAuthentication;
  readonly #session: RoleSession;

  /**
   * @param card An open connection, `AttachByHandle`; `context.connect` gives one by reader.
   * @param traits Class id and logical channel of every command. Default: none.
   */
  constructor(card: Card, traits: CommandTraits = {}) {
    this.#session = new RoleSession(card, traits);
    this.files = new IsoFileAccess(this.#session);
    this.verification = new IsoVerification(this.#session);
    this.authentication = new IsoAuthentication(this.#session);
  }

  get card(): Card {
    return this.#session.card;
  }

  get reader(): string {
    return this.card.reader;
  }

  get protocol(): Protocol | null {
    return this.card.protocol;
  }

  /** As `card.beginTransaction`: rejects when this object or the program holds the lock already. */
  async lock(options?: CallOptions): Promise<CardLock> {
    const transaction = await this.card.beginTransaction(options);
    this.#session.transaction = transaction;
    return {
      [Symbol.asyncDispose]: async () => {
        if (this.#session.transaction === transaction) {
          await released(this.unlock(undefined, { timeoutMs: disposePatienceMs }));
        }
      },
    };
  }

  async unlock(disposition?: Disposition, options?: CallOptions): Promise<void> {
    const word = disposition === undefined ? "leave" : checkDisposition(disposition);
    const { transaction } = this.#session;
    if (transaction === undefined) {
      return;
    }
    this.#session.transaction = undefined;
    if (word !== "leave") {
      this.#session.forget();
    }
    if (!transaction.ended) {
      await transaction.end(word, options);
    }
  }

  async status(options?: CallOptions): Promise<CardStatus> {
    return (this.#session.transaction ?? this.card).status(options);
  }

  async reconnect(options?: ReconnectOptions): Promise<Protocol | null> {
    this.#session.forget();
    return (this.#session.transaction ?? this.card).reconnect(options);
  }

  /** Gives the lock back if it is held. The card stays connected: whoever connected it ends that. */
  async [Symbol.asyncDispose](): Promise<void> {
    await released(this.unlock(undefined, { timeoutMs: disposePatienceMs }));
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { reader, protocol } = this;
    return inspectable("IsoCardManagement", { reader, protocol });
  }
}
