// The smart card database: opening the files and finding the card types of 16 readers' cards, from
// 100 to 10 000 types with masks.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { AtrIndex } from "../lib/database/atr-index.js";
import { DatabaseFile } from "../lib/database/database-file.js";
import { formatDatabase } from "../lib/database/format.js";
import { emptyImage, type DatabaseImage } from "../lib/database/image.js";
import { nameKey } from "../lib/database/names.js";

const folder = mkdtempSync(join(tmpdir(), "scard-bench-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/**
 * Types of 20-byte ATRs that share their beginning, as families of real cards do, and are told apart
 * by whole bytes or by the high half of each.
 */
function imageOf(count: number, wanted: "bytes" | "halves"): DatabaseImage {
  const image = emptyImage();
  const mask = new Uint8Array(20).fill(wanted === "bytes" ? 0xff : 0xf0);
  mask.fill(0, 16);
  for (let index = 0; index < count; index += 1) {
    const atr = new Uint8Array(20);
    atr.set([0x3b, 0x7f, 0x96, 0x00, 0x00, 0x80, 0x31, 0xb8, 0x65, 0xb0]);
    new DataView(atr.buffer).setUint32(11, Math.imul(index, 2_654_435_761) >>> 0);
    if (wanted === "halves") {
      for (let digit = 0; digit < 4; digit += 1)
        atr[12 + digit] = ((index >> (4 * digit)) & 15) << 4;
      atr.forEach((byte, at) => (atr[at] = byte & (mask[at] ?? 0)));
    }
    const name = `Card ${String(index)}`;
    image.cardTypes.set(nameKey(name), {
      name,
      atr,
      mask,
      interfaces: [],
      providers: new Map(),
    });
  }
  return image;
}

function median(times: readonly number[]): number {
  return [...times].sort((left, right) => left - right)[times.length >> 1] ?? NaN;
}

it.each([
  [100, "bytes", 50, 1],
  [1000, "bytes", 50, 1],
  [10_000, "bytes", 50, 1],
  [10_000, "halves", 50, 1],
] as const)(
  "%i card types with masks of %s: opened in under %i ms, 16 cards located in under %i ms",
  async (...row) => {
    const [count, wanted, openLimit, locateLimit] = row;
    const image = imageOf(count, wanted);
    const path = join(folder, `${String(count)}-${wanted}.json`);
    writeFileSync(path, formatDatabase(image));
    const opens: number[] = [];
    for (let round = 0; round < 11; round += 1) {
      const start = performance.now();
      expect((await new DatabaseFile(path).read("SCardListCards")).cardTypes.size).toBe(count);
      opens.push(performance.now() - start);
    }
    const builds: number[] = [];
    let index = new AtrIndex([]);
    for (let round = 0; round < 5; round += 1) {
      const start = performance.now();
      index = new AtrIndex(image.cardTypes.values());
      builds.push(performance.now() - start);
    }
    const cards = [...image.cardTypes.values()]
      .filter((_, at) => at % Math.ceil(count / 16) === 0)
      .map(({ atr }) => Uint8Array.from(atr ?? []).fill(0xa5, 16));
    const locates: number[] = [];
    for (let round = 0; round < 101; round += 1) {
      const start = performance.now();
      for (const atr of cards) expect(index.matches(atr).length).toBe(1);
      locates.push(performance.now() - start);
    }
    const figures = { open: median(opens), index: median(builds), locate: median(locates) };
    const shown = Object.entries(figures).map(([what, ms]) => `${what} ${ms.toFixed(3)} ms`);
    process.stdout.write(`${String(count)} types, masks of ${wanted}: ${shown.join(", ")}\n`);
    expect(figures.open).toBeLessThan(openLimit);
    expect(figures.locate).toBeLessThan(locateLimit);
  },
);
