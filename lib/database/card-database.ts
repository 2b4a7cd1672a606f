import {
  checkBoolean,
  checkFunction,
  checkOptions,
  checkReaderName,
  checkString,
} from "../arguments.js";
import { checkCallOptions } from "../card-operations.js";
import type { CallTraits } from "../context-calls.js";
import type { ContextInternals } from "../context-internals.js";
import { captureTrace } from "../dispatcher.js";
import { type Guid, checkGuid } from "../guid.js";
import { inspectable } from "../inspect.js";
import { type CallOptions, Limits, callOptionKeys } from "../limits.js";
import { cardTypeRecord } from "./card-type-record.js";
import {
  type CardType,
  type CardTypeOptions,
  type IntroduceCardTypeOptions,
  checkAtrBytes,
  checkCardType,
  checkInterfaces,
  checkIntroduceOptions,
  checkProviderName,
} from "./card-type.js";
import type { BytesInput } from "../bytes.js";
import { formatDatabase, parseDatabase } from "./format.js";
import type { DatabasePaths } from "./paths.js";
import { checkName } from "./names.js";
import { type ProviderKind, checkProviderKind, primaryId } from "./provider-kind.js";
import type { DatabaseStore } from "./store.js";
import { wrongArgument } from "./wrong-argument.js";

/** Options of {@link CardDatabase.listCardTypes}. */
export interface ListCardTypesOptions extends CallOptions {
  /** Only types that this ATR matches. Default: any. */
  readonly atr?: BytesInput | undefined;
  /** Only types that support all of these interfaces, GUIDs in any order. Default: any. */
  readonly interfaces?: readonly string[] | undefined;
}

/** Options of {@link CardDatabase.import}. */
export interface ImportOptions extends CallOptions {
  /** Put card types and readers in the place of those of the same name. Default: false. */
  readonly replace?: boolean | undefined;
}

/**
 * The smart card database: which cards there are known, what they can do, and how readers are called
 * and grouped. On Windows it is the system's own; elsewhere the package's. docs/database.md tells of
 * both. From `context.database`.
 *
 * Names compare case apart and with composed letters; the case given is kept. Every call rejects with
 * `SCARD_E_INVALID_VALUE` for a name that is empty, longer than 255 characters, or has a control
 * character or a backslash, and with `SCARD_E_NO_ACCESS` where the database may not be written.
 */
export class CardDatabase {
  readonly #inside: ContextInternals;

  /** @internal Use `context.database`. */
  constructor(inside: ContextInternals) {
    this.#inside = inside;
  }

  /** Where it is kept: the system's own database (`"winscard"`), files, or memory. */
  get kind(): "winscard" | "files" | "memory" {
    return this.#inside.store.kind;
  }

  /**
   * Adds a card type: SCardIntroduceCardType, and SCardSetCardTypeProviderName for its providers.
   *
   * @throws {PcscError} (rejects) `SCARD_E_INVALID_ATR` for an ATR that is empty or longer than 33
   *   bytes, `SCARD_E_INVALID_PARAMETER` for a mask without ATR or of another length.
   * @throws {ScardError} (rejects) `ERR_SCARD_CARD_TYPE_EXISTS`, unless `replace` is set.
   */
  async introduceCardType(
    type: CardTypeOptions,
    options?: IntroduceCardTypeOptions,
  ): Promise<void> {
    const trace = captureTrace();
    const given = checkIntroduceOptions(options);
    const record = checkCardType(type, given.strict);
    const traits = { limits: Limits.from(given), trace };
    await this.#do(traits, async (store) => store.introduceCardType(record, given.replace, traits));
  }

  /**
   * Removes a card type with its interfaces and provider names: SCardForgetCardType.
   *
   * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_CARD`.
   */
  async forgetCardType(name: string, options?: CallOptions): Promise<void> {
    const traits = this.#traits(options);
    const checked = checkName("name", name, "SCardForgetCardType");
    await this.#do(traits, async (store) => store.forgetCardType(checked, traits));
  }

  /**
   * Names of the card types that meet both conditions, in the order introduced; empty for none:
   * SCardListCards. One ATR may match several.
   *
   * @throws {PcscError} (rejects) `SCARD_E_INVALID_ATR`.
   * @throws {TransactionError} (rejects) on Windows while this context has a transaction open.
   */
  async listCardTypes(options?: ListCardTypesOptions): Promise<string[]> {
    const trace = captureTrace();
    const given = checkOptions("options", options, ["atr", "interfaces", ...callOptionKeys]);
    const filter = {
      atr: given.atr === undefined ? undefined : checkAtrBytes("atr", given.atr, "SCardListCards"),
      interfaces: checkInterfaces("interfaces", given.interfaces),
    };
    const traits = { limits: Limits.from(given), trace };
    return this.#do(traits, async (store) => store.listCardTypes(filter, traits));
  }

  /**
   * All that is known of a card type. Windows does not tell ATR, mask and the program's own provider
   * slots.
   *
   * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_CARD`.
   */
  async cardType(name: string, options?: CallOptions): Promise<CardType> {
    const traits = this.#traits(options);
    const checked = checkName("name", name, "SCardListInterfaces");
    return this.#do(traits, async (store) => cardTypeRecord(store, checked, traits));
  }

  /**
   * GUIDs of the interfaces that a card type supports, in the order introduced: SCardListInterfaces.
   *
   * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_CARD`.
   */
  async listInterfaces(name: string, options?: CallOptions): Promise<Guid[]> {
    const traits = this.#traits(options);
    const checked = checkName("name", name, "SCardListInterfaces");
    return this.#do(traits, async (store) => store.listInterfaces(checked, traits));
  }

  /**
   * GUID of a card type's primary service provider: SCardGetProviderId.
   *
   * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_CARD`, `SCARD_E_ICC_INSTALLATION` when none is set.
   */
  async primaryProvider(name: string, options?: CallOptions): Promise<Guid> {
    const traits = this.#traits(options);
    const checked = checkName("name", name, "SCardGetProviderId");
    return this.#do(traits, async (store) => store.primaryProvider(checked, traits));
  }

  /**
   * Name of a provider of a card type: SCardGetCardTypeProviderName.
   *
   * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_CARD`; one with `value` 2 (Win32's
   *   ERROR_FILE_NOT_FOUND) when the name is not set.
   */
  async providerName(name: string, kind: ProviderKind, options?: CallOptions): Promise<string> {
    const traits = this.#traits(options);
    const checked = checkName("name", name, "SCardGetCardTypeProviderName");
    const id = checkProviderKind("kind", kind);
    return this.#do(traits, async (store) => store.providerName(checked, id, traits));
  }

  /**
   * Sets the name of a provider of a card type, in place of an earlier one:
   * SCardSetCardTypeProviderName. `"primary"` takes a GUID as text.
   *
   * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_CARD`; `SCARD_E_INVALID_VALUE` for a primary
   *   provider that is no GUID.
   */
  async setProviderName(
    name: string,
    kind: ProviderKind,
    value: string,
    options?: CallOptions,
  ): Promise<void> {
    const call = "SCardSetCardTypeProviderName";
    const traits = this.#traits(options);
    const checked = checkName("name", name, call);
    const id = checkProviderKind("kind", kind);
    const text = checkProviderName("value", value, call);
    const provider = id === primaryId ? providerGuid(text, call) : text;
    await this.#do(traits, async (store) => store.setProviderName(checked, id, provider, traits));
  }

  /**
   * Gives a reader another name: SCardIntroduceReader. The reader's own name stays; forget it to
   * rename. The new name joins SCard$DefaultReaders.
   *
   * @param device The resource manager's name of the reader. Not on Windows also where it is plugged
   *   in, its serial number, or its device instance id: `"usb:1-4.2"`, `"serial:00812"`,
   *   `"instance:USB\\VID_..."`, with `#1` behind it for the second slot. It need not be attached.
   * @throws {PcscError} (rejects) `SCARD_E_DUPLICATE_READER` when the name is in use.
   */
  async introduceReader(name: string, device: string, options?: CallOptions): Promise<void> {
    const traits = this.#traits(options);
    const checked = checkName("name", checkReaderName("name", name), "SCardIntroduceReader");
    const from = checkReaderName("device", device);
    await this.#do(traits, async (store) => store.introduceReader(checked, from, traits));
  }

  /**
   * Takes a reader's name back, out of every group too: SCardForgetReader. The resource manager's own
   * name of a reader is hidden for as long as the reader has another name.
   *
   * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_READER`.
   */
  async forgetReader(name: string, options?: CallOptions): Promise<void> {
    const traits = this.#traits(options);
    const checked = checkReaderName("name", name);
    await this.#do(traits, async (store) => store.forgetReader(checked, traits));
  }

  /** Announces a group: SCardIntroduceReaderGroup. It is there from its first reader on. */
  async introduceReaderGroup(group: string, options?: CallOptions): Promise<void> {
    const traits = this.#traits(options);
    const checked = checkName("group", group, "SCardIntroduceReaderGroup");
    await this.#do(traits, async (store) => store.introduceReaderGroup(checked, traits));
  }

  /**
   * Empties and removes a group; nothing for one that there is not: SCardForgetReaderGroup.
   *
   * @throws {PcscError} (rejects) `SCARD_E_INVALID_VALUE` for a group of PC/SC's own.
   */
  async forgetReaderGroup(group: string, options?: CallOptions): Promise<void> {
    const traits = this.#traits(options);
    const checked = checkName("group", group, "SCardForgetReaderGroup");
    await this.#do(traits, async (store) => store.forgetReaderGroup(checked, traits));
  }

  /**
   * Puts a reader into a group, which comes to be with it: SCardAddReaderToGroup. Twice is once.
   *
   * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_READER`; `SCARD_E_INVALID_VALUE` for a group of
   *   PC/SC's own but SCard$DefaultReaders.
   */
  async addReaderToGroup(reader: string, group: string, options?: CallOptions): Promise<void> {
    const traits = this.#traits(options);
    const name = checkReaderName("reader", reader);
    const checked = checkName("group", group, "SCardAddReaderToGroup");
    await this.#do(traits, async (store) => store.addReaderToGroup(name, checked, traits));
  }

  /**
   * Takes a reader out of a group, and the group with its last reader: SCardRemoveReaderFromGroup.
   * Out of SCard$DefaultReaders: the reader is reserved for programs that ask for it.
   *
   * @throws {PcscError} (rejects) as {@link CardDatabase.addReaderToGroup}.
   */
  async removeReaderFromGroup(reader: string, group: string, options?: CallOptions): Promise<void> {
    const traits = this.#traits(options);
    const name = checkReaderName("reader", reader);
    const checked = checkName("group", group, "SCardRemoveReaderFromGroup");
    await this.#do(traits, async (store) => store.removeReaderFromGroup(name, checked, traits));
  }

  /** The files that it is kept in, the user's and the machine's; null where it is in none. */
  get paths(): DatabasePaths | null {
    const { paths } = this.#inside.store;
    return paths === undefined ? null : Object.freeze({ ...paths });
  }

  /**
   * The whole database as JSON, which {@link CardDatabase.import} takes. On Windows it lacks what the
   * system does not tell: ATRs, masks and introduced names of readers.
   */
  async export(options?: CallOptions): Promise<string> {
    const traits = this.#traits(options);
    return this.#do(traits, async (store) => formatDatabase(await store.image(traits)));
  }

  /**
   * Adds the content of a text that {@link CardDatabase.export} gave: all of it or, but for failures
   * of Windows itself, nothing.
   *
   * @throws {DatabaseFileError} (rejects) when the text is damaged or of a newer version.
   * @throws {ScardError} (rejects) `ERR_SCARD_CARD_TYPE_EXISTS`, {@link PcscError}
   *   `SCARD_E_DUPLICATE_READER` for a name that is there, unless `replace` is set.
   */
  async import(text: string, options?: ImportOptions): Promise<void> {
    const trace = captureTrace();
    const given = checkOptions("options", options, ["replace", ...callOptionKeys]);
    const replace = checkBoolean("replace", given.replace ?? false);
    const image = parseDatabase(checkString("text", text), "(the text given)");
    const traits = { limits: Limits.from(given), trace };
    await this.#do(traits, async (store) => store.addImage(image, replace, traits));
  }

  /**
   * Calls back when the database may have changed, by this program or another, until the function it
   * gives is called. It does not keep the process alive. On Windows nothing tells. What the listener
   * throws is an uncaught exception, as an event target's; it harms no change and no other listener.
   */
  onChange(listener: () => void): () => void {
    checkFunction("listener", listener);
    this.#inside.checkOpen();
    return this.#inside.store.onChange(listener);
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return inspectable("CardDatabase", { kind: this.kind });
  }

  #traits(options: CallOptions | undefined): CallTraits {
    return { limits: checkCallOptions(options), trace: captureTrace() };
  }

  async #do<Value>(
    { limits }: CallTraits,
    attempt: (store: DatabaseStore) => Promise<Value>,
  ): Promise<Value> {
    const { calls, store, checkOpen } = this.#inside;
    checkOpen();
    // A database of the package's own does not need the service.
    return store.kind === "winscard"
      ? calls.recovering(async () => attempt(store), limits)
      : attempt(store);
  }
}

function providerGuid(text: string, call: string): Guid {
  try {
    return checkGuid("value", text);
  } catch {
    throw wrongArgument("SCARD_E_INVALID_VALUE", call, "value", text, "a GUID");
  }
}
