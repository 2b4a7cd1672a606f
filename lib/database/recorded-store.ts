// The database where the resource manager has none (pcsclite, macOS): winscard's semantics over the
// package's own records.
import type { CallTraits } from "../context-calls.js";
import { PcscError } from "../errors/pcsc-error.js";
import { type Guid, parseGuid } from "../guid.js";
import { AtrIndex } from "./atr-index.js";
import { addImage } from "./add-image.js";
import * as cardTypes from "./card-type-changes.js";
import type { CardTypeRecord, DatabaseImage } from "./image.js";
import { saysServiceGone } from "../service-gone.js";
import { defaultReaders, defaultReadersKey, isAllReaders, nameKey } from "./names.js";
import { primaryId } from "./provider-kind.js";
import * as readers from "./reader-changes.js";
import {
  type NameMap,
  type ResolveSelectors,
  hasOnlyOwnNames,
  nameMap,
  selectorsOf,
} from "./reader-names.js";
import type { DatabasePaths } from "./paths.js";
import type { Change, Repository, StoreScope } from "./repository.js";
import type { CardTypeFilter, CardTypeMatcher, DatabaseStore } from "./store.js";

/** Win32's ERROR_FILE_NOT_FOUND, as winscard returns it for a provider name that is not set. */
export const fileNotFound = 2;

export interface RecordedStoreFields {
  readonly repository: Repository;
  readonly scope: StoreScope;
  /** The resource manager's names of the attached readers: SCardListReaders. */
  readonly attached: (traits: CallTraits) => Promise<string[]>;
  readonly resolve: ResolveSelectors;
}

/** One index per image: it is built when it is first needed. */
const indexes = new WeakMap<DatabaseImage, AtrIndex>();

export class RecordedStore implements DatabaseStore {
  readonly #fields: RecordedStoreFields;

  constructor(fields: RecordedStoreFields) {
    this.#fields = fields;
  }

  get kind(): "files" | "memory" {
    return this.#fields.repository.kind;
  }

  async introduceCardType(
    type: CardTypeRecord,
    replace: boolean,
    traits: CallTraits,
  ): Promise<void> {
    await this.#update("SCardIntroduceCardType", traits, (change) => {
      cardTypes.introduceCardType(change, type, replace);
    });
  }

  async forgetCardType(name: string, traits: CallTraits): Promise<void> {
    await this.#update("SCardForgetCardType", traits, (change) => {
      cardTypes.forgetCardType(change, name);
    });
  }

  async listCardTypes({ atr, interfaces = [] }: CardTypeFilter): Promise<string[]> {
    const image = await this.#read("SCardListCards");
    const types = atr === undefined ? image.cardTypes.values() : indexOf(image).matches(atr);
    return [...types]
      .filter((type) => interfaces.every((id) => type.interfaces.includes(id)))
      .map(({ name }) => name);
  }

  async listInterfaces(name: string): Promise<Guid[]> {
    return [...(await this.#cardType(name, "SCardListInterfaces")).interfaces];
  }

  async primaryProvider(name: string): Promise<Guid> {
    const call = "SCardGetProviderId";
    const provider = (await this.#cardType(name, call)).providers.get(primaryId);
    if (provider === undefined) {
      throw PcscError.of("SCARD_E_ICC_INSTALLATION", call);
    }
    return parseGuid(provider);
  }

  async providerName(name: string, id: number): Promise<string> {
    const call = "SCardGetCardTypeProviderName";
    const provider = (await this.#cardType(name, call)).providers.get(id);
    if (provider === undefined) {
      throw new PcscError({ value: fileNotFound, call });
    }
    return provider;
  }

  async setProviderName(
    name: string,
    id: number,
    value: string,
    traits: CallTraits,
  ): Promise<void> {
    await this.#update("SCardSetCardTypeProviderName", traits, (change) => {
      cardTypes.setProviderName(change, name, id, value);
    });
  }

  async record(name: string): Promise<CardTypeRecord | undefined> {
    return (await this.#read("SCardListCards")).cardTypes.get(nameKey(name));
  }

  async matcher(): Promise<CardTypeMatcher> {
    const index = indexOf(await this.#read("SCardLocateCards"));
    return (atr) => index.matches(atr);
  }

  async introduceReader(name: string, device: string, traits: CallTraits): Promise<void> {
    await this.#updateReaders("SCardIntroduceReader", traits, (change, present) => {
      readers.introduceReader(change, present, { name, device });
    });
  }

  async forgetReader(name: string, traits: CallTraits): Promise<void> {
    await this.#updateReaders("SCardForgetReader", traits, (change, present) => {
      readers.forgetReader(change, present, name);
    });
  }

  /** Stores nothing: a group is there once it has a reader. */
  async introduceReaderGroup(): Promise<void> {
    await this.#read("SCardIntroduceReaderGroup");
  }

  async forgetReaderGroup(group: string, traits: CallTraits): Promise<void> {
    await this.#update("SCardForgetReaderGroup", traits, (change) => {
      readers.forgetReaderGroup(change, group);
    });
  }

  async addReaderToGroup(reader: string, group: string, traits: CallTraits): Promise<void> {
    await this.#updateReaders("SCardAddReaderToGroup", traits, (change, present) => {
      readers.addReaderToGroup(change, present, { reader, group });
    });
  }

  async removeReaderFromGroup(reader: string, group: string, traits: CallTraits): Promise<void> {
    await this.#updateReaders("SCardRemoveReaderFromGroup", traits, (change, present) => {
      readers.removeReaderFromGroup(change, present, { reader, group });
    });
  }

  async listReaders(groups: readonly string[] | undefined, traits: CallTraits): Promise<string[]> {
    const all = groups === undefined || groups.some(isAllReaders);
    if (all && this.#hasOnlyOwnNames()) {
      return this.#fields.attached(traits);
    }
    const call = "SCardListReaders";
    // A database that cannot be read keeps nobody from the readers.
    const last = all || traits.lastKnown === true;
    const image = await (last ? this.#readable(call) : this.#read(call));
    const visible = readers.visibleNames(await this.#present(image, traits));
    if (all) {
      return visible;
    }
    const wanted = new Set(groups.map(nameKey));
    return visible.filter((name) => isInGroups(image, nameKey(name), wanted));
  }

  async listReaderGroups(traits: CallTraits): Promise<string[]> {
    const image = await this.#read("SCardListReaderGroups");
    const visible = readers.visibleNames(await this.#present(image, traits));
    const usual = visible.some((name) => !image.reserved.has(nameKey(name)));
    const own = [...image.groups.values()].map(({ name }) => name);
    return usual ? [defaultReaders, ...own] : own;
  }

  names(traits: CallTraits): Promise<NameMap> | undefined {
    return this.#hasOnlyOwnNames() ? undefined : this.#readNames(traits);
  }

  /** Whether names are known to be the resource manager's, without waiting. */
  #hasOnlyOwnNames(): boolean {
    const { fresh, known } = this.#fields.repository;
    return fresh && hasOnlyOwnNames(known);
  }

  async #readNames(traits: CallTraits): Promise<NameMap> {
    return this.#names(await this.#readable("SCardListReaders"), traits);
  }

  /** The content, or what was last known of one that cannot be read. */
  async #readable(call: string): Promise<DatabaseImage> {
    const { repository } = this.#fields;
    return this.#read(call).catch(() => repository.known);
  }

  get paths(): DatabasePaths | undefined {
    return this.#fields.repository.paths;
  }

  async image(): Promise<DatabaseImage> {
    return this.#read("SCardListCards");
  }

  async addImage(image: DatabaseImage, replace: boolean, traits: CallTraits): Promise<void> {
    const call = "SCardIntroduceCardType";
    if (image.aliases.size === 0) {
      await this.#update(call, traits, (change) => {
        addImage(change, image, replace, []);
      });
      return;
    }
    // Without the service there is no reader whose name could be taken.
    const attached = await this.#fields.attached(traits).catch((error: unknown) => {
      if (saysServiceGone(error)) {
        return [];
      }
      throw error;
    });
    await this.#update(call, traits, (change) => {
      addImage(change, image, replace, attached);
    });
  }

  onChange(listener: () => void): () => void {
    return this.#fields.repository.onChange(listener);
  }

  async #names(image: DatabaseImage, _traits: CallTraits): Promise<NameMap> {
    return nameMap(image, await this.#selected(image));
  }

  /** The attached readers that an image's selectors find. */
  async #selected(image: DatabaseImage): Promise<ReadonlyMap<string, string>> {
    const selectors = selectorsOf(image);
    return selectors.length === 0 ? new Map<string, string>() : this.#fields.resolve(selectors);
  }

  async #present(image: DatabaseImage, traits: CallTraits): Promise<readers.Present> {
    const attached = await this.#fields.attached(traits);
    return { attached, names: await this.#names(image, traits) };
  }

  async #read(call: string): Promise<DatabaseImage> {
    const { repository, scope } = this.#fields;
    return repository.read(scope, call);
  }

  async #cardType(name: string, call: string): Promise<CardTypeRecord> {
    return cardTypes.cardTypeOf(await this.#read(call), name, call);
  }

  async #update(
    call: string,
    { limits }: CallTraits,
    change: (change: Change) => void,
  ): Promise<void> {
    const { repository, scope } = this.#fields;
    await repository.update(scope, call, change, limits);
  }

  async #updateReaders(
    call: string,
    traits: CallTraits,
    change: (change: Change, present: readers.Present) => void,
  ): Promise<void> {
    const image = await this.#read(call);
    const attached = await this.#fields.attached(traits);
    const selected = await this.#selected(image);
    await this.#update(call, traits, (made) => {
      // By the names of the database that is changed: the machine's knows nothing of the user's.
      change(made, { attached, names: nameMap(made.merged, selected) });
    });
  }
}

function indexOf(image: DatabaseImage): AtrIndex {
  const known = indexes.get(image);
  const index = known ?? new AtrIndex(image.cardTypes.values());
  if (known === undefined) {
    indexes.set(image, index);
  }
  return index;
}

function isInGroups(image: DatabaseImage, reader: string, groups: ReadonlySet<string>): boolean {
  if (groups.has(defaultReadersKey) && !image.reserved.has(reader)) {
    return true;
  }
  return [...groups].some((group) =>
    image.groups.get(group)?.readers.some((member) => nameKey(member) === reader),
  );
}
