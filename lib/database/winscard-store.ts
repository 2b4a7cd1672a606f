// The system's own database, kept by the resource manager (Windows).
import type { OperationId } from "../../binding.js";
import type { NativeContext } from "../binding.js";
import type { CallTraits, ContextCalls } from "../context-calls.js";
import { PcscError } from "../errors/pcsc-error.js";
import { type Guid, parseGuid } from "../guid.js";
import { cardTypeExists } from "./card-type-changes.js";
import { piecedTogether } from "./card-type-record.js";
import { type CardTypeRecord, type DatabaseImage, emptyImage } from "./image.js";
import { isReservedGroup, nameKey } from "./names.js";
import { primaryId } from "./provider-kind.js";
import { declaredAtrLength } from "../iso7816/atr-length.js";
import type { CardTypeFilter, DatabaseStore } from "./store.js";

type Run = <Value>(
  call: string,
  begin: (native: NativeContext) => OperationId,
  traits: CallTraits,
) => Promise<Value>;

export class WinscardStore implements DatabaseStore {
  readonly kind = "winscard";
  readonly #run: Run;

  constructor(calls: ContextCalls) {
    this.#run = async (call, begin, traits) => calls.run(call, begin, traits);
  }

  async introduceCardType(
    type: CardTypeRecord,
    replace: boolean,
    traits: CallTraits,
  ): Promise<void> {
    const { name, interfaces, atr, mask, providers } = type;
    // What winscard does with a name that is there already is not documented.
    const names = await this.listCardTypes({}, traits);
    if (names.some((other) => nameKey(other) === nameKey(name))) {
      if (!replace) {
        throw cardTypeExists(name);
      }
      await this.forgetCardType(name, traits);
    }
    await this.#run<undefined>(
      "SCardIntroduceCardType",
      (native) => native.introduceCardType(name, providers.get(primaryId), interfaces, atr, mask),
      traits,
    );
    const others = [...providers].filter(([id]) => id !== primaryId);
    try {
      for (const [id, value] of others) {
        await this.setProviderName(name, id, value, traits);
      }
    } catch (error) {
      // All of it or nothing.
      await this.forgetCardType(name, {}).catch(() => undefined);
      throw error;
    }
  }

  async forgetCardType(name: string, traits: CallTraits): Promise<void> {
    await this.#run("SCardForgetCardType", (native) => native.forgetCardType(name), traits);
  }

  async listCardTypes(filter: CardTypeFilter, traits: CallTraits): Promise<string[]> {
    const { atr, interfaces = [] } = filter;
    // winscard is not told how long the ATR is, and takes the length that its bytes declare. Bytes
    // of another length are no card's.
    if (atr !== undefined && declaredAtrLength(atr) !== atr.length) {
      return [];
    }
    return this.#run("SCardListCards", (native) => native.listCards(atr, interfaces), traits);
  }

  async listInterfaces(name: string, traits: CallTraits): Promise<Guid[]> {
    const begin = (native: NativeContext): OperationId => native.listInterfaces(name);
    const found = await this.#run<readonly string[]>("SCardListInterfaces", begin, traits);
    return found.map((text) => parseGuid(text));
  }

  async primaryProvider(name: string, traits: CallTraits): Promise<Guid> {
    const begin = (native: NativeContext): OperationId => native.getProviderId(name);
    return parseGuid(await this.#run("SCardGetProviderId", begin, traits));
  }

  async providerName(name: string, id: number, traits: CallTraits): Promise<string> {
    const begin = (native: NativeContext): OperationId => native.getCardTypeProviderName(name, id);
    return this.#run("SCardGetCardTypeProviderName", begin, traits);
  }

  async setProviderName(
    name: string,
    id: number,
    value: string,
    traits: CallTraits,
  ): Promise<void> {
    const begin = (native: NativeContext): OperationId =>
      native.setCardTypeProviderName(name, id, value);
    await this.#run("SCardSetCardTypeProviderName", begin, traits);
  }

  /** winscard tells no ATR and mask of a type. */
  async record(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async matcher(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async introduceReader(name: string, device: string, traits: CallTraits): Promise<void> {
    const begin = (native: NativeContext): OperationId => native.introduceReader(name, device);
    await this.#naming(name, async () => this.#run("SCardIntroduceReader", begin, traits));
  }

  async forgetReader(name: string, traits: CallTraits): Promise<void> {
    const begin = (native: NativeContext): OperationId => native.forgetReader(name);
    await this.#naming(name, async () => this.#run("SCardForgetReader", begin, traits));
  }

  async introduceReaderGroup(group: string, traits: CallTraits): Promise<void> {
    const begin = (native: NativeContext): OperationId => native.introduceReaderGroup(group);
    await this.#run("SCardIntroduceReaderGroup", begin, traits);
  }

  async forgetReaderGroup(group: string, traits: CallTraits): Promise<void> {
    const begin = (native: NativeContext): OperationId => native.forgetReaderGroup(group);
    await this.#run("SCardForgetReaderGroup", begin, traits);
  }

  async addReaderToGroup(reader: string, group: string, traits: CallTraits): Promise<void> {
    const begin = (native: NativeContext): OperationId => native.addReaderToGroup(reader, group);
    await this.#naming(reader, async () => this.#run("SCardAddReaderToGroup", begin, traits));
  }

  async removeReaderFromGroup(reader: string, group: string, traits: CallTraits): Promise<void> {
    const begin = (native: NativeContext): OperationId =>
      native.removeReaderFromGroup(reader, group);
    await this.#naming(reader, async () => this.#run("SCardRemoveReaderFromGroup", begin, traits));
  }

  async listReaders(groups: readonly string[] | undefined, traits: CallTraits): Promise<string[]> {
    return this.#run("SCardListReaders", (native) => native.listReaders(groups), traits);
  }

  async listReaderGroups(traits: CallTraits): Promise<string[]> {
    return this.#run("SCardListReaderGroups", (native) => native.listReaderGroups(), traits);
  }

  names(): undefined {
    return undefined;
  }

  readonly paths = undefined;

  /** Without ATRs and masks of card types and introduced names of readers, which winscard keeps. */
  async image(traits: CallTraits): Promise<DatabaseImage> {
    const image = emptyImage();
    for (const name of await this.listCardTypes({}, traits)) {
      image.cardTypes.set(nameKey(name), await piecedTogether(this, name, traits));
    }
    for (const name of await this.listReaderGroups(traits)) {
      if (!isReservedGroup(name)) {
        const readers = await this.listReaders([name], traits);
        image.groups.set(nameKey(name), { name, readers });
      }
    }
    return image;
  }

  /** One call after another; what would be refused is looked for before. */
  async addImage(image: DatabaseImage, replace: boolean, traits: CallTraits): Promise<void> {
    const there = new Set((await this.listCardTypes({}, traits)).map(nameKey));
    const double = [...image.cardTypes].find(([key]) => there.has(key));
    if (double !== undefined && !replace) {
      throw cardTypeExists(double[1].name);
    }
    // Those of readers that are not attached are not told of.
    const names = new Set((await this.listReaders(undefined, traits)).map(nameKey));
    const taken = [...image.aliases].find(([key]) => names.has(key));
    if (taken !== undefined && !replace) {
      throw PcscError.of("SCARD_E_DUPLICATE_READER", "SCardIntroduceReader", taken[1].name);
    }
    for (const type of image.cardTypes.values()) {
      await this.introduceCardType(type, replace, traits);
    }
    for (const { name, device } of image.aliases.values()) {
      await this.#putReader(name, device, replace, traits);
    }
    for (const { name, readers } of image.groups.values()) {
      for (const reader of readers) {
        await this.addReaderToGroup(reader, name, traits);
      }
    }
  }

  async #putReader(
    name: string,
    device: string,
    replace: boolean,
    traits: CallTraits,
  ): Promise<void> {
    try {
      await this.introduceReader(name, device, traits);
    } catch (error) {
      const taken = error instanceof PcscError && error.code === "SCARD_E_DUPLICATE_READER";
      if (!taken || !replace) {
        throw error;
      }
      await this.forgetReader(name, traits);
      await this.introduceReader(name, device, traits);
    }
  }

  /** winscard announces no change. */
  onChange(): () => void {
    return () => undefined;
  }

  /** Lets a failure name its reader. */
  async #naming(reader: string, attempt: () => Promise<unknown>): Promise<void> {
    try {
      await attempt();
    } catch (error) {
      if (error instanceof PcscError && error.reader === undefined) {
        throw new PcscError({ value: error.value, call: error.call, reader }, { cause: error });
      }
      throw error;
    }
  }
}
