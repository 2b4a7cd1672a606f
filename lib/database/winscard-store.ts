// The system's own database, kept by the resource manager (Windows).
import type { OperationId } from "../../binding.js";
import type { NativeContext } from "../binding.js";
import type { CallTraits, ContextCalls } from "../context-calls.js";
import { PcscError } from "../errors/pcsc-error.js";
import { type Guid, parseGuid } from "../guid.js";
import { cardTypeExists } from "./card-type-changes.js";
import type { CardTypeRecord } from "./image.js";
import { nameKey } from "./names.js";
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
