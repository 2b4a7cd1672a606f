// The rules of winscard's cache over the one in memory; test/unit/virtual/cards.test.ts has both.
import { describe, expect, test } from "vitest";

import { CardCache, type CardCacheOptions } from "scard";

const one = "{00000000-0000-0000-0000-000000000001}";
const two = "{00000000-0000-0000-0000-000000000002}";

function bytes(length: number, fill = 1): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

/** The code of what a function throws. */
function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as { code: unknown }).code;
  }
  return "nothing thrown";
}

describe("CardCache", () => {
  test("copies what goes in and what comes out", () => {
    const cache = new CardCache();
    const key = { card: one, freshness: 0, name: "Item" };
    const given = bytes(3);
    cache.write(key, given);
    given[0] = 9;
    const read = cache.read(key);
    expect(read).toEqual(bytes(3));
    read[1] = 9;
    expect(cache.read(key)).toEqual(bytes(3));
  });

  test("forgets the least recently used first, and reading is use", () => {
    const cache = new CardCache({ maxItemBytes: 100, maxTotalBytes: 300 });
    const key = (name: string): Parameters<CardCache["read"]>[0] => ({
      card: one,
      freshness: 1,
      name,
    });
    // An item costs its 50 bytes and the 39 characters of its place.
    for (const name of ["a", "b", "c"]) cache.write(key(name), bytes(50));
    expect(cache.bytes).toBe(3 * 89);
    cache.read(key("a"));
    cache.write(key("d"), bytes(50));
    expect(codeOf(() => cache.read(key("b")))).toBe("SCARD_W_CACHE_ITEM_NOT_FOUND");
    expect(cache.read(key("a"))).toHaveLength(50);
    expect(cache.size).toBe(3);
    cache.clear();
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });

  test("items without data cannot pile up", () => {
    const cache = new CardCache({ maxItemBytes: 10, maxTotalBytes: 1000 });
    for (let index = 0; index < 1000; index += 1) {
      cache.write({ card: two, freshness: 0, name: String(index) }, bytes(0));
    }
    expect(cache.size).toBeLessThan(30);
    expect(cache.bytes).toBeLessThanOrEqual(1000);
  });

  test("keeps an item that it refuses to replace, and counts a replaced one once", () => {
    const cache = new CardCache({ maxItemBytes: 10, maxTotalBytes: 100 });
    const key = { card: one, freshness: 5, name: "Item" };
    cache.write(key, bytes(10));
    expect(
      codeOf(() => {
        cache.write(key, bytes(11));
      }),
    ).toBe("SCARD_W_CACHE_ITEM_TOO_BIG");
    expect(cache.read(key)).toEqual(bytes(10));
    cache.write(key, bytes(2, 7));
    expect([cache.size, cache.bytes]).toEqual([1, 2 + 38 + 4]);
  });

  test.each([
    [{ maxItemBytes: 0 }, "maxItemBytes"],
    [{ maxItemBytes: 10, maxTotalBytes: 9 }, "maxTotalBytes"],
    [{ maxBytes: 1 }, "options"],
  ])("refuses the limits %o", (options, argument) => {
    expect(() => new CardCache(options as CardCacheOptions)).toThrow(
      expect.objectContaining({ argument }),
    );
  });
});
