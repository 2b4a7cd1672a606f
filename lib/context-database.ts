import { internalsOf, openInternals } from "./context-internals.js";
import { ContextReaders } from "./context-readers.js";
import { CardDatabase } from "./database/card-database.js";
import { type OpenCardOptions, openCard } from "./providers/open-card.js";
import type { OpenedCard } from "./providers/opened-card.js";

const databases = new WeakMap<ContextDatabase, CardDatabase>();

/** The part of a Context about the smart card database. */
export abstract class ContextDatabase extends ContextReaders {
  /** Card types, introduced readers and reader groups, as this context sees them. */
  get database(): CardDatabase {
    const known = databases.get(this);
    const database = known ?? new CardDatabase(internalsOf(this));
    if (known === undefined) {
      databases.set(this, database);
    }
    return database;
  }

  /**
   * Opens a card by what it can do: finds one whose type has the interface, connects to it, and has
   * the type's primary service provider open it. docs/providers.md has the chain.
   *
   * @returns The services, of the interface's type, with the connection they use.
   * @throws {ProviderError} (rejects) naming the link that is missing: no card type has the ATR, the
   *   interface is not offered, no primary provider, provider not registered, module not allowed.
   * @throws {PcscError} (rejects) `SCARD_E_NO_SMARTCARD` when there is no card at all and `wait` is
   *   false; `SCARD_E_SHARING_VIOLATION` and the like when the only cards that fit are held exclusively
   *   or mute, and `wait` is false; `SCARD_E_TIMEOUT` when none came, with what the last card lacked as `cause`.
   */
  async openCard<Service>(options: OpenCardOptions<Service>): Promise<OpenedCard<Service>> {
    return openCard(openInternals(this).context, options);
  }
}
