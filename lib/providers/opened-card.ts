import type { Card } from "../card.js";
import { illegalConstructor, inspectable } from "../inspect.js";
import type { Guid } from "../guid.js";
import type { CallOptions } from "../limits.js";
import type { Disposition } from "../words.js";
import { type CardInterface, checkInterface } from "./card-interface.js";
import { ProviderError } from "./provider-error.js";
import type { CheckedProvider } from "./service-provider.js";

/** What an {@link OpenedCard} is made of. */
export interface OpenedFields {
  readonly service: unknown;
  readonly card: Card;
  readonly atr: Uint8Array;
  readonly cardType: string;
  readonly provider: CheckedProvider;
}

const key = Symbol("OpenedCard");

/**
 * A card with the services its provider gives, from `context.openCard()`. End it with
 * {@link OpenedCard.close} or `await using`: the services are disposed of, then the card is
 * disconnected.
 */
export class OpenedCard<Service> {
  /** The services, of the type that the interface has. */
  readonly service: Service;
  /** The connection, for what the services do not do. */
  readonly card: Card;
  readonly reader: string;
  readonly atr: Uint8Array;
  /** Name of the card type. */
  readonly cardType: string;
  /** GUID of the provider. */
  readonly providerId: Guid;
  readonly #provider: CheckedProvider;
  #closing: Promise<void> | undefined;

  /** @internal Use `context.openCard()`. */
  constructor(symbol: symbol, fields: OpenedFields) {
    if (symbol !== key) {
      throw illegalConstructor("OpenedCard", "context.openCard()");
    }
    this.service = fields.service as Service;
    this.card = fields.card;
    this.reader = fields.card.reader;
    this.atr = fields.atr;
    this.cardType = fields.cardType;
    this.providerId = fields.provider.id;
    this.#provider = fields.provider;
  }

  /**
   * The same services as another interface that the provider offers: `QueryInterface`.
   * @throws {ProviderError} `ERR_SCARD_INTERFACE_NOT_OFFERED`.
   */
  as<Other>(wanted: CardInterface<Other>): Other {
    const { id, name } = checkInterface<Other>("wanted", wanted);
    if (!this.#provider.interfaces.some((offered) => offered.id === id)) {
      const { reader, atr, cardType, providerId } = this;
      throw new ProviderError(
        "ERR_SCARD_INTERFACE_NOT_OFFERED",
        `The provider ${providerId} does not offer the interface ${name} ${id}.`,
        { reader, atr, cardTypes: [cardType], provider: providerId },
      );
    }
    return this.service as unknown as Other;
  }

  /**
   * Disposes of the services and disconnects the card, also when the first fails. A second call
   * waits for the first.
   * @param disposition What is done to the card. Default: what it was opened with.
   */
  async close(disposition?: Disposition, options?: CallOptions): Promise<void> {
    this.#closing ??= this.#close(async () => this.card.disconnect(disposition, options));
    return this.#closing;
  }

  /** As {@link OpenedCard.close}; that the card has gone is no error here. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close(async () => this.card[Symbol.asyncDispose]());
    return this.#closing;
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { reader, cardType, providerId } = this;
    return inspectable("OpenedCard", { reader, cardType, providerId });
  }

  async #close(disconnect: () => Promise<void>): Promise<void> {
    try {
      await disposeService(this.service);
    } finally {
      await disconnect();
    }
  }
}

async function disposeService(service: unknown): Promise<void> {
  if (typeof service !== "object" || service === null) {
    return;
  }
  const disposable = service as Partial<AsyncDisposable & Disposable>;
  if (typeof disposable[Symbol.asyncDispose] === "function") {
    await disposable[Symbol.asyncDispose]?.();
  } else {
    disposable[Symbol.dispose]?.();
  }
}

export function createOpenedCard<Service>(fields: OpenedFields): OpenedCard<Service> {
  return new OpenedCard<Service>(key, fields);
}
