// The seam between the facade and where a database lives: winscard's calls in typed form. The
// arguments are checked already. Names that winscard knows no code for have the one of docs/database.md.
import type { CallTraits } from "../context-calls.js";
import type { Guid } from "../guid.js";
import type { CardTypeRecord, DatabaseImage } from "./image.js";
import type { DatabasePaths } from "./paths.js";
import type { NameMap } from "./reader-names.js";

/** Which card types are meant: those that meet both conditions. */
export interface CardTypeFilter {
  readonly atr?: Uint8Array | undefined;
  /** All of them must be supported. */
  readonly interfaces?: readonly Guid[] | undefined;
}

/** Finds the card types of an ATR, in the order introduced. */
export type CardTypeMatcher = (atr: Uint8Array) => readonly CardTypeRecord[];

/** A database of one context: the system's own (winscard) or the package's (files, memory). */
export interface DatabaseStore {
  /** `"winscard"`: the resource manager keeps it and knows introduced names by itself. */
  readonly kind: "winscard" | "files" | "memory";

  /** SCardIntroduceCardType, with provider names. `replace`: instead of one of the same name. */
  introduceCardType(type: CardTypeRecord, replace: boolean, traits: CallTraits): Promise<void>;
  /** SCardForgetCardType: SCARD_E_UNKNOWN_CARD. */
  forgetCardType(name: string, traits: CallTraits): Promise<void>;
  /** SCardListCards. */
  listCardTypes(filter: CardTypeFilter, traits: CallTraits): Promise<string[]>;
  /** SCardListInterfaces: SCARD_E_UNKNOWN_CARD. */
  listInterfaces(name: string, traits: CallTraits): Promise<Guid[]>;
  /** SCardGetProviderId: SCARD_E_UNKNOWN_CARD, SCARD_E_ICC_INSTALLATION. */
  primaryProvider(name: string, traits: CallTraits): Promise<Guid>;
  /** SCardGetCardTypeProviderName: SCARD_E_UNKNOWN_CARD, ERROR_FILE_NOT_FOUND. */
  providerName(name: string, id: number, traits: CallTraits): Promise<string>;
  /** SCardSetCardTypeProviderName: SCARD_E_UNKNOWN_CARD. */
  setProviderName(name: string, id: number, value: string, traits: CallTraits): Promise<void>;
  /** The whole record; undefined without one, and where it cannot be read (winscard). */
  record(name: string, traits: CallTraits): Promise<CardTypeRecord | undefined>;
  /** For locating without the resource manager's help; undefined where it does that (winscard). */
  matcher(traits: CallTraits): Promise<CardTypeMatcher | undefined>;

  /** SCardIntroduceReader: SCARD_E_DUPLICATE_READER. */
  introduceReader(name: string, device: string, traits: CallTraits): Promise<void>;
  /** SCardForgetReader: SCARD_E_UNKNOWN_READER. */
  forgetReader(name: string, traits: CallTraits): Promise<void>;
  /** SCardIntroduceReaderGroup. */
  introduceReaderGroup(group: string, traits: CallTraits): Promise<void>;
  /** SCardForgetReaderGroup: SCARD_E_INVALID_VALUE. */
  forgetReaderGroup(group: string, traits: CallTraits): Promise<void>;
  /** SCardAddReaderToGroup: SCARD_E_UNKNOWN_READER, SCARD_E_INVALID_VALUE. */
  addReaderToGroup(reader: string, group: string, traits: CallTraits): Promise<void>;
  /** SCardRemoveReaderFromGroup: SCARD_E_UNKNOWN_READER, SCARD_E_INVALID_VALUE. */
  removeReaderFromGroup(reader: string, group: string, traits: CallTraits): Promise<void>;

  /** SCardListReaders; empty when there is none. */
  listReaders(groups: readonly string[] | undefined, traits: CallTraits): Promise<string[]>;
  /** SCardListReaderGroups. */
  listReaderGroups(traits: CallTraits): Promise<string[]>;
  /**
   * How names of readers go together with the resource manager's; undefined, and at once, where they
   * are the same.
   */
  names(traits: CallTraits): Promise<NameMap> | undefined;

  /** Files that it is kept in; undefined where it is in none. */
  readonly paths: DatabasePaths | undefined;
  /** All content, as far as it is told (winscard). */
  image(traits: CallTraits): Promise<DatabaseImage>;
  /** Adds all of an image. `replace`: in place of card types and readers of the same name. */
  addImage(image: DatabaseImage, replace: boolean, traits: CallTraits): Promise<void>;

  /** Calls back when the content has changed, until the result is called. */
  onChange(listener: () => void): () => void;
}
