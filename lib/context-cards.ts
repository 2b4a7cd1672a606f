// The part of a Context that winscard adds to PC/SC: locating, selecting, the cache, what readers
// are, and audit; by winscard's own calls where there are, else by what is done here.
import { checkReaderName, checkString } from "./arguments.js";
import type { ChannelType } from "./attributes/codec.js";
import type { AuditResult } from "./audit-events.js";
import { type AuditOptions, checkAudit, tellAudit } from "./audit.js";
import { type BytesInput, copyBytes } from "./bytes.js";
import {
  type ReadCacheOptions,
  type WriteCacheOptions,
  checkReadCache,
  checkWriteCache,
  readCache,
  writeCache,
} from "./cache/cache-calls.js";
import type { Card } from "./card.js";
import { checkCallOptions } from "./card-operations.js";
import type { CallTraits } from "./context-calls.js";
import { ContextDatabase } from "./context-database.js";
import { internalsOf, openInternals } from "./context-internals.js";
import { captureTrace } from "./dispatcher.js";
import { ScardArgumentError } from "./errors/argument-error.js";
import { type CallOptions, Limits } from "./limits.js";
import { type ConnectCardOptions, checkConnectCard, connectCard } from "./locate/connect-card.js";
import {
  type LocateCardsOptions,
  type LocateHost,
  type LocatedReader,
  checkLocateOptions,
  locateCards,
} from "./locate/locate-cards.js";
import {
  type CheckedWanted,
  type Verdict,
  checkWanted,
  checkWantedParts,
  prepareJudge,
} from "./locate/wanted.js";
import {
  type ReaderInfoHost,
  deviceInstanceId,
  deviceType,
  readerIcon,
  readersOfDevice,
} from "./reader-info/reader-info.js";
import { type SelectCardOptions, checkSelectOptions } from "./select/options.js";
import { type SelectedCard, selectCard } from "./select/select-card.js";
import { terminalChooser } from "./select/terminal-chooser.js";

const longestIcon = 0x0100_0000;

/** The part of a Context about cards wherever they are, and readers as devices. */
export abstract class ContextCards extends ContextDatabase {
  /**
   * Looks once, without waiting and without touching a card, which readers hold a card of a kind:
   * SCardLocateCards, SCardLocateCardsByATR.
   *
   * @returns Every reader looked at: whether it is available, what is in it, whether that is one of
   *   the cards looked for (`atrMatch`), and the names of the card types that it is of (`matches`).
   * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_CARD` when nobody introduced any of `cardTypes`.
   * @throws {TransactionError} (rejects) `ERR_SCARD_TRANSACTION_OPEN` on Windows while this program
   *   has a transaction open, which the call would break.
   */
  async locateCards(options: LocateCardsOptions): Promise<LocatedReader[]> {
    const trace = captureTrace();
    const checked = checkLocateOptions(options);
    openInternals(this);
    return locateCards(this.#locateHost(trace), checked);
  }

  /**
   * Connects to a card by what it is, wherever it is: by the names of card types, by interfaces, or
   * by ATR. What is connected is looked at again, so that a card swapped for another meanwhile is not
   * taken for the one located.
   *
   * @throws {PcscError} (rejects) `SCARD_E_NO_SMARTCARD` when there is none and `wait` is not set;
   *   `SCARD_E_SHARING_VIOLATION` and the like when each that fits is held exclusively or mute, unless
   *   `wait` is set; `SCARD_E_UNKNOWN_CARD` as `locateCards`, unless `wait` is set; what `connect`
   *   fails with.
   */
  async connectCard(options: ConnectCardOptions): Promise<Card> {
    const trace = captureTrace();
    const wanted = checkWanted(options);
    const checked = checkConnectCard(options);
    openInternals(this);
    const host = internalsOf(this).context;
    return connectCard(
      {
        connect: async (reader, connectOptions) => host.connect(reader, connectOptions),
        waitForCard: async (waitOptions) => host.waitForCard(waitOptions),
        locate: async (where) => this.locateCards(where),
        isWanted: async (atr) => {
          const { limits } = checked;
          return (await this.#judge(wanted, atr, { limits, trace })).wanted;
        },
      },
      checked,
    );
  }

  /**
   * Lets the user, or a rule, select one of the cards that fit: SCardUIDlgSelectCard. Cards that come
   * and go meanwhile are seen. docs/selection.md has the rules.
   *
   * @throws {PcscError} (rejects) `SCARD_W_CANCELLED_BY_USER`; `SCARD_E_NO_SMARTCARD` in mode
   *   `"none"` when no card fits; `SCARD_E_TIMEOUT`.
   */
  async selectCard(options?: SelectCardOptions): Promise<SelectedCard> {
    const trace = captureTrace();
    const checked = checkSelectOptions(options);
    const wanted = checkWantedParts({
      cardTypes: checked.cardTypes,
      interfaces: checked.interfaces,
    });
    openInternals(this);
    const host = internalsOf(this).context;
    return selectCard(
      {
        listReaders: async (listOptions) => host.listReaders(listOptions),
        getStatusChange: async (readers, call) => host.getStatusChange(readers, call),
        connect: async (reader, connectOptions) => host.connect(reader, connectOptions),
        track: (trackOptions) => host.track(trackOptions),
        namesOf: async (atr) => {
          const verdict = await this.#judge(wanted, atr, { limits: checked.limits, trace });
          return verdict.wanted ? verdict.cardTypes : undefined;
        },
        onCardTypes: (listener) => internalsOf(this).store.onChange(listener),
      },
      checked,
      terminalChooser,
    );
  }

  /**
   * A copy of what `writeCache` kept of a card: SCardReadCache. Windows keeps one cache for all
   * programs; elsewhere it is this JavaScript environment's, or what `establishContext({ cache })`
   * was given.
   *
   * @throws {PcscError} (rejects) `SCARD_W_CACHE_ITEM_NOT_FOUND`; `SCARD_W_CACHE_ITEM_STALE` for an
   *   item of another freshness, which is deleted if it is the older one.
   */
  async readCache(options: ReadCacheOptions): Promise<Uint8Array> {
    const trace = captureTrace();
    const key = checkReadCache(options);
    const limits = Limits.from(options);
    const { calls, cache } = openInternals(this);
    return readCache(calls, cache, key, { limits, trace });
  }

  /**
   * Keeps a copy of some data of a card, in place of what the item was: SCardWriteCache.
   *
   * @throws {PcscError} (rejects) `SCARD_W_CACHE_ITEM_TOO_BIG`.
   */
  async writeCache(options: WriteCacheOptions): Promise<void> {
    const trace = captureTrace();
    const item = checkWriteCache(options);
    const limits = Limits.from(options);
    const { calls, cache } = openInternals(this);
    await writeCache(calls, cache, item, { limits, trace });
  }

  /**
   * How a reader is attached: SCardGetDeviceTypeId. Elsewhere than on Windows the reader is asked by
   * a direct connection (attribute `channelId`), then Linux' list of USB devices; `"vendor"` where
   * nothing tells.
   */
  async deviceType(reader: string, options?: CallOptions): Promise<ChannelType> {
    const traits = this.#traits(options);
    return deviceType(this.#infoHost, checkReaderName("reader", reader), traits);
  }

  /**
   * Names the device that a reader belongs to, the same at every plugging in of one with a serial
   * number: SCardGetReaderDeviceInstanceId. On Linux it is made as Windows makes it,
   * `USB\VID_xxxx&PID_xxxx\` and the serial number, or the place on the bus without one.
   *
   * @throws {PcscError} (rejects) `SCARD_E_UNSUPPORTED_FEATURE` where nothing tells, as on macOS.
   */
  async deviceInstanceId(reader: string, options?: CallOptions): Promise<string> {
    const traits = this.#traits(options);
    return deviceInstanceId(this.#infoHost, checkReaderName("reader", reader), traits);
  }

  /** The readers of one device, such as its slots: SCardListReadersWithDeviceInstanceId. */
  async listReadersWithDeviceInstanceId(
    instanceId: string,
    options?: CallOptions,
  ): Promise<string[]> {
    const traits = this.#traits(options);
    const wanted = checkString("instanceId", instanceId);
    if (wanted === "" || wanted.includes("\0")) {
      throw new ScardArgumentError("instanceId", wanted, "an id: not empty and without NUL");
    }
    return readersOfDevice(this.#infoHost, wanted, traits);
  }

  /**
   * The bytes of the reader's icon file: what `setReaderIcon` registered, else SCardGetReaderIcon on
   * Windows. Where there is none, a neutral picture: a PNG of 256 by 256 points without alpha.
   *
   * @throws {PcscError} (rejects) `SCARD_E_UNKNOWN_READER`.
   */
  async readerIcon(reader: string, options?: CallOptions): Promise<Uint8Array> {
    const traits = this.#traits(options);
    return readerIcon(this.#infoHost, checkReaderName("reader", reader), traits);
  }

  /**
   * Registers an icon under a reader's name, one that was introduced or its own, for all contexts of
   * this JavaScript environment.
   *
   * @param icon The bytes of an image file, up to 16 MiB, copied; undefined takes it back.
   */
  setReaderIcon(reader: string, icon: BytesInput | undefined): void {
    const name = checkReaderName("reader", reader);
    const { icons } = openInternals(this).calls.notes;
    if (icon === undefined) {
      icons.delete(name);
    } else {
      icons.set(name, copyBytes("icon", icon, 1, longestIcon));
    }
  }

  /**
   * Reports that the card holder was recognised or not: SCardAudit on Windows, and the `audit` event
   * of `auditEvents` everywhere. Never give it a PIN: there is no place for one.
   */
  async audit(result: AuditResult, options?: AuditOptions): Promise<void> {
    const trace = captureTrace();
    const checked = checkAudit(result, options);
    const limits = Limits.from(options ?? {});
    const { calls } = openInternals(this);
    limits?.throwIfOver("SCardAudit", checked.reader);
    if (calls.winscard) {
      await calls.ask<undefined>("SCardAudit", (native) => native.audit(checked.number), {
        limits,
        trace,
      });
    }
    tellAudit(checked);
  }

  async #judge(wanted: CheckedWanted, atr: Uint8Array, traits: CallTraits): Promise<Verdict> {
    const judge = await prepareJudge(internalsOf(this).store, wanted, traits);
    return judge(atr);
  }

  get #infoHost(): ReaderInfoHost {
    const { calls, virtual } = internalsOf(this);
    return { calls, virtual };
  }

  #locateHost(trace: CallTraits["trace"]): LocateHost {
    const { calls, store } = internalsOf(this);
    return {
      calls,
      store,
      listReaders: async (groups, { limits }) =>
        calls.recovering(async () => calls.listReaders(groups, { limits, trace }), limits),
    };
  }

  #traits(options: CallOptions | undefined): CallTraits {
    const trace = captureTrace();
    const limits = checkCallOptions(options);
    openInternals(this);
    return { limits, trace };
  }
}
