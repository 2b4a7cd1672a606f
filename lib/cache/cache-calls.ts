// Reading and writing the card cache: the resource manager's, or this environment's own.
import { checkInteger, checkOptions, checkString } from "../arguments.js";
import { copyBytes, type BytesInput } from "../bytes.js";
import type { CallTraits, ContextCalls } from "../context-calls.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { checkGuid } from "../guid.js";
import { type CallOptions, callOptionKeys } from "../limits.js";
import type { CacheKey, CardCache } from "./card-cache.js";

/** Options of `context.readCache()`. */
export interface ReadCacheOptions extends CallOptions {
  /** GUID that is this very card's own, such as one read from it. */
  readonly card: string;
  /**
   * The revision of the card's data that the caller knows of, 0 to 0xFFFFFFFF: what was written with
   * another is stale.
   */
  readonly freshness: number;
  /** Name of the item. Exact comparison. */
  readonly name: string;
}

/** Options of `context.writeCache()`. */
export interface WriteCacheOptions extends ReadCacheOptions {
  /** What is kept; copied. Nothing that a PIN protects: every program may read it on Windows. */
  readonly data: BytesInput;
}

const readKeys = ["card", "freshness", "name", ...callOptionKeys] as const;
const writeKeys = ["data", ...readKeys] as const;
/** A DWORD can say no more. */
const mostData = 0xffff_fffe;

export function checkReadCache(options: ReadCacheOptions): CacheKey {
  return checkKey(checkOptions("options", options, readKeys));
}

export function checkWriteCache(options: WriteCacheOptions): {
  readonly key: CacheKey;
  readonly data: Uint8Array;
} {
  const given = checkOptions("options", options, writeKeys);
  return { key: checkKey(given), data: copyBytes("data", given.data, 0, mostData) };
}

function checkKey(given: { readonly [Key in keyof CacheKey]?: unknown }): CacheKey {
  const name = checkString("name", given.name);
  if (name === "" || name.includes("\0")) {
    throw new ScardArgumentError("name", name, "a name: not empty and without NUL");
  }
  return {
    card: checkGuid("card", given.card),
    freshness: checkInteger("freshness", given.freshness, 0, 0xffffffff),
    name,
  };
}

/** SCardReadCache; `cache` undefined is the resource manager's. */
export async function readCache(
  calls: ContextCalls,
  cache: CardCache | undefined,
  key: CacheKey,
  traits: CallTraits,
): Promise<Uint8Array> {
  const { card, freshness, name } = key;
  traits.limits?.throwIfOver("SCardReadCache", undefined);
  return cache === undefined
    ? calls.ask("SCardReadCache", (native) => native.readCache(card, freshness, name), traits)
    : cache.read(key);
}

/** SCardWriteCache. */
export async function writeCache(
  calls: ContextCalls,
  cache: CardCache | undefined,
  { key, data }: { readonly key: CacheKey; readonly data: Uint8Array },
  traits: CallTraits,
): Promise<void> {
  const { card, freshness, name } = key;
  traits.limits?.throwIfOver("SCardWriteCache", undefined);
  if (cache !== undefined) {
    cache.write(key, data);
    return;
  }
  await calls.ask<undefined>(
    "SCardWriteCache",
    (native) => native.writeCache(card, freshness, name, data),
    traits,
  );
}
