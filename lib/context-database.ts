import type { BytesInput } from "./bytes.js";
import { internalsOf, openInternals } from "./context-internals.js";
import { ContextReaders } from "./context-readers.js";
import { CardDatabase } from "./database/card-database.js";
import {
  type KnownCard,
  type KnownCardsOptions,
  checkKnownCardsOptions,
  knownCardNames,
} from "./known-cards.js";
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
   * What cards with an ATR are called: by the card types in the database first, else by an installed
   * `smartcard_list.txt` ({@link knownCardNames}).
   *
   * @param atr 1 to 33 bytes, or hexadecimal text.
   * @returns All that fit, with `source` `"database"` or the path of the list; none for a card that
   *   neither knows.
   * @throws {ScardArgumentError} (rejects) for what is no bytes.
   * @throws {PcscError} (rejects) as {@link CardDatabase.listCardTypes}.
   */
  async knownCardNames(atr: BytesInput, options?: KnownCardsOptions): Promise<KnownCard> {
    checkKnownCardsOptions(options);
    const names = await this.database.listCardTypes({ atr });
    return names.length === 0
      ? knownCardNames(atr, options)
      : Object.freeze({ names: Object.freeze(names), source: "database" });
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
