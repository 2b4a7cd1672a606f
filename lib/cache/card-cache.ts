// The card cache where the resource manager keeps none (winscard's SCardReadCache, SCardWriteCache).
import { checkInteger, checkOptions } from "../arguments.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { PcscError } from "../errors/pcsc-error.js";

/** Names an item of the card cache. */
export interface CacheKey {
  /** GUID of the very card, in braces and upper case. */
  readonly card: string;
  /** The caller's revision of the card's data, 0 to 0xFFFFFFFF. */
  readonly freshness: number;
  readonly name: string;
}

/** Limits of a {@link CardCache}. */
export interface CardCacheOptions {
  /** Largest item in bytes. 1 to 1 GiB. Default: 65 536. */
  readonly maxItemBytes?: number | undefined;
  /**
   * Bytes of all items and their names together; the least recently used go first. 1 to 1 GiB, at least
   * `maxItemBytes`. Default: 16 times `maxItemBytes`.
   */
  readonly maxTotalBytes?: number | undefined;
}

interface Item {
  readonly freshness: number;
  readonly data: Uint8Array;
}

const mostBytes = 0x4000_0000;
const usualItem = 65_536;

/**
 * What programs keep of cards, by the rules of winscard's cache: in memory, never on disk, for as
 * long as the object lives.
 */
export class CardCache {
  readonly maxItemBytes: number;
  readonly maxTotalBytes: number;
  /** In the order of their last use, which a Map keeps when an entry is put in anew. */
  readonly #items = new Map<string, Item>();
  #bytes = 0;

  constructor(options?: CardCacheOptions) {
    const given = checkOptions("options", options, ["maxItemBytes", "maxTotalBytes"]);
    this.maxItemBytes = checkInteger("maxItemBytes", given.maxItemBytes ?? usualItem, 1, mostBytes);
    this.maxTotalBytes = checkInteger(
      "maxTotalBytes",
      given.maxTotalBytes ?? Math.min(mostBytes, 16 * this.maxItemBytes),
      this.maxItemBytes,
      mostBytes,
    );
  }

  /** Items in the cache. */
  get size(): number {
    return this.#items.size;
  }

  /** Bytes of all items and their names. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Forgets everything. */
  clear(): void {
    this.#items.clear();
    this.#bytes = 0;
  }

  /**
   * A copy of an item.
   *
   * @throws {PcscError} `SCARD_W_CACHE_ITEM_NOT_FOUND` when there is none; `SCARD_W_CACHE_ITEM_STALE`
   *   when it has another freshness: an older item is deleted, a newer one stays for whoever knows
   *   of it.
   */
  read(key: CacheKey): Uint8Array {
    const place = placeOf(key);
    const item = this.#items.get(place);
    if (item === undefined) {
      throw PcscError.of("SCARD_W_CACHE_ITEM_NOT_FOUND", "SCardReadCache");
    }
    if (item.freshness !== key.freshness) {
      if (item.freshness < key.freshness) {
        this.#delete(place, item);
      }
      throw PcscError.of("SCARD_W_CACHE_ITEM_STALE", "SCardReadCache");
    }
    this.#items.delete(place);
    this.#items.set(place, item);
    return item.data.slice();
  }

  /**
   * Keeps a copy of `data`, in place of what the item was.
   *
   * @throws {PcscError} `SCARD_W_CACHE_ITEM_TOO_BIG` beyond `maxItemBytes`; the item stays as it was.
   */
  write(key: CacheKey, data: Uint8Array): void {
    if (data.length > this.maxItemBytes) {
      throw PcscError.of("SCARD_W_CACHE_ITEM_TOO_BIG", "SCardWriteCache");
    }
    const place = placeOf(key);
    const before = this.#items.get(place);
    if (before !== undefined) {
      this.#delete(place, before);
    }
    this.#items.set(place, { freshness: key.freshness, data: new Uint8Array(data) });
    this.#bytes += cost(place, data);
    for (const [oldest, item] of this.#items) {
      if (this.#bytes <= this.maxTotalBytes || oldest === place) {
        break;
      }
      this.#delete(oldest, item);
    }
  }

  #delete(place: string, item: Item): void {
    this.#items.delete(place);
    this.#bytes -= cost(place, item.data);
  }
}

/** Names count too: items without data must not pile up. */
function cost(place: string, data: Uint8Array): number {
  return place.length + data.length;
}

/** GUIDs have one length, so that card and name cannot run into each other. */
function placeOf({ card, name }: CacheKey): string {
  return card + name;
}

/** What was given as the option `cache`. */
export function checkCardCache(value: unknown): CardCache {
  if (!(value instanceof CardCache)) {
    throw new ScardArgumentError("cache", value, "a CardCache");
  }
  return value;
}

/** The cache of contexts that were given none: one for the whole JavaScript environment. */
export const sharedCardCache = new CardCache();
