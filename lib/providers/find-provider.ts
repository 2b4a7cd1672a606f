// From a card's ATR to its service provider: ATR > card types > primary provider > provider.
import { toHex } from "../bytes.js";
import { nameKey } from "../database/names.js";
import { PcscError } from "../errors/pcsc-error.js";
import { type Guid, checkGuid } from "../guid.js";
import type { CardInterface } from "./card-interface.js";
import { ProviderError, type ProviderErrorFields } from "./provider-error.js";
import { type ModuleRules, providerFromModule } from "./provider-modules.js";
import { type CheckedProvider, registeredProvider } from "./service-provider.js";

/** What is asked of the database of card types; `context.database` has it. */
export interface ProviderDatabase {
  /** Names of the card types that match all that is given. */
  listCardTypes(query: {
    readonly atr?: Uint8Array | undefined;
    readonly interfaces?: readonly Guid[] | undefined;
  }): Promise<readonly string[]>;
  /** Rejects with `SCARD_E_ICC_INSTALLATION` when there is none. */
  primaryProvider(cardType: string): Promise<string>;
  /** Rejects with `ERROR_FILE_NOT_FOUND` when there is none. */
  providerName(cardType: string, kind: "card-module"): Promise<string>;
  /** Calls back when it may have changed, until the result is called. */
  onChange(listener: () => void): () => void;
}

/** What a provider is looked for with. */
export interface ProviderQuery {
  readonly interface: CardInterface<unknown>;
  /** Only card types of these names; undefined: all. */
  readonly cardTypes: readonly string[] | undefined;
  /** Providers besides the registered ones, which they go before. */
  readonly providers: readonly CheckedProvider[];
  readonly modules: ModuleRules;
}

/** A card that is there. */
export interface PresentCard {
  readonly reader: string;
  readonly atr: Uint8Array;
}

/** The end of the chain. */
export interface FoundProvider {
  readonly cardType: string;
  readonly provider: CheckedProvider;
}

/**
 * The provider that serves the interface on a card. Of several card types the first one whose
 * provider can be had counts.
 *
 * @throws {ProviderError} (rejects) naming the first link that is missing.
 */
export async function findProvider(
  database: ProviderDatabase,
  query: ProviderQuery,
  card: PresentCard,
): Promise<FoundProvider> {
  const types = await matchingTypes(database, query, card);
  let missing: ProviderError | undefined;
  for (const cardType of types) {
    try {
      return { cardType, provider: await providerOf(database, query, card, cardType) };
    } catch (error) {
      if (!(error instanceof ProviderError)) {
        throw error;
      }
      missing ??= error;
    }
  }
  // There is at least one type, and each has either returned or left its error.
  throw missing ?? unknownType(card);
}

async function matchingTypes(
  database: ProviderDatabase,
  { interface: wanted, cardTypes }: ProviderQuery,
  card: PresentCard,
): Promise<readonly string[]> {
  const { atr } = card;
  const known = amongNames(await database.listCardTypes({ atr }), cardTypes);
  if (known.length === 0) {
    throw unknownType(card);
  }
  const serving = await database.listCardTypes({ atr, interfaces: [wanted.id] });
  const types = amongNames(serving, cardTypes);
  if (types.length === 0) {
    throw notOffered(`The card type ${names(known)} of the card`, wanted, {
      ...card,
      cardTypes: known,
    });
  }
  return types;
}

async function providerOf(
  database: ProviderDatabase,
  query: ProviderQuery,
  card: PresentCard,
  cardType: string,
): Promise<CheckedProvider> {
  const fields = { ...card, cardTypes: [cardType] };
  const id = await primaryProvider(database, cardType, fields);
  const provider =
    query.providers.find((candidate) => candidate.id === id) ??
    registeredProvider(id) ??
    (await fromDatabaseModule(database, query, cardType, { ...fields, provider: id }, id));
  if (!provider.interfaces.some((offered) => offered.id === query.interface.id)) {
    const label = provider.name === undefined ? "" : ` (${provider.name})`;
    throw notOffered(
      `The provider ${id}${label} of card type ${names([cardType])}`,
      query.interface,
      {
        ...fields,
        provider: id,
      },
    );
  }
  return provider;
}

async function primaryProvider(
  database: ProviderDatabase,
  cardType: string,
  fields: ProviderErrorFields,
): Promise<Guid> {
  try {
    return checkGuid("primaryProvider", await database.primaryProvider(cardType));
  } catch (error) {
    if (!(error instanceof PcscError && error.code === "SCARD_E_ICC_INSTALLATION")) {
      throw error;
    }
    throw new ProviderError(
      "SCARD_E_ICC_INSTALLATION",
      `The card type ${names([cardType])} has no primary service provider: introduce it with ` +
        "primaryProvider, the GUID of one.",
      fields,
      { cause: error },
    );
  }
}

async function fromDatabaseModule(
  database: ProviderDatabase,
  { modules }: ProviderQuery,
  cardType: string,
  fields: ProviderErrorFields,
  id: Guid,
): Promise<CheckedProvider> {
  let specifier: string;
  try {
    specifier = await database.providerName(cardType, "card-module");
  } catch (error) {
    if (!(error instanceof PcscError && error.value === fileNotFound)) {
      throw error;
    }
    throw new ProviderError(
      "ERR_SCARD_PROVIDER_NOT_REGISTERED",
      `The provider ${id} of card type ${names([cardType])} is not registered in this program: ` +
        "call registerServiceProvider() first.",
      fields,
    );
  }
  return providerFromModule(specifier, id, modules, fields);
}

/** Win32's ERROR_FILE_NOT_FOUND, what winscard says for a provider name that is not set. */
const fileNotFound = 2;

function unknownType({ reader, atr }: PresentCard): ProviderError {
  return new ProviderError(
    "ERR_SCARD_UNKNOWN_CARD_TYPE",
    `No card type that was asked for has the ATR ${toHex(atr)} of the card in reader ` +
      `${JSON.stringify(reader)}: introduce one with context.database.introduceCardType().`,
    { reader, atr },
  );
}

function notOffered(
  who: string,
  { id, name }: CardInterface<unknown>,
  fields: ProviderErrorFields,
): ProviderError {
  return new ProviderError(
    "ERR_SCARD_INTERFACE_NOT_OFFERED",
    `${who} does not offer the interface ${name} ${id}.`,
    fields,
  );
}

function names(list: readonly string[]): string {
  return list.map((name) => JSON.stringify(name)).join(", ");
}

/** Names of card types compare without regard to case. */
function amongNames(
  found: readonly string[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  const keys = wanted?.map(nameKey);
  return keys === undefined ? found : found.filter((name) => keys.includes(nameKey(name)));
}
