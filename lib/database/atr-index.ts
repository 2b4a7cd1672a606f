// Finds the card types of an ATR among thousands: a tree that asks at each node for those bits of a
// byte that tell most of the patterns apart.
import type { CardTypeRecord } from "./image.js";

interface Pattern {
  readonly type: CardTypeRecord;
  /** Place among all types, which is the order of results. */
  readonly place: number;
  readonly atr: Uint8Array;
  readonly mask: Uint8Array | undefined;
}

const leafSize = 4;
/** The most different masks of one byte that are tried for a branch: the commonest ones. */
const masksTried = 8;
/** Of how many patterns at most the bits to branch at are sought; all are looked at when that fails. */
const sampleSize = 1000;

/** The ATRs of card types, for matching. A branch grows when the first ATR comes by. */
export class AtrIndex {
  readonly #byLength = new Map<number, Node>();

  constructor(types: Iterable<CardTypeRecord>) {
    const lengths = new Map<number, Pattern[]>();
    let place = 0;
    for (const type of types) {
      const { atr, mask } = type;
      if (atr !== undefined) {
        const same = lengths.get(atr.length);
        const pattern = { type, place, atr, mask };
        if (same === undefined) {
          lengths.set(atr.length, [pattern]);
        } else {
          same.push(pattern);
        }
      }
      place += 1;
    }
    for (const [length, patterns] of lengths) {
      this.#byLength.set(length, new Node(patterns));
    }
  }

  /**
   * The types whose ATR is as long as `atr` and equal to it in the bits of the mask, in the order in
   * which they were introduced.
   */
  matches(atr: Uint8Array): readonly CardTypeRecord[] {
    const found: Pattern[] = [];
    this.#byLength.get(atr.length)?.collect(atr, found);
    return found.sort((left, right) => left.place - right.place).map(({ type }) => type);
  }
}

/** Bits of one byte of an ATR. */
interface Bits {
  readonly position: number;
  readonly mask: number;
}

/** What tells patterns apart. */
interface Branch extends Bits {
  readonly byValue: ReadonlyMap<number, Node>;
  /** Patterns that do not ask for all of these bits. */
  readonly rest: Node;
}

/** Patterns that are compared one by one or, when they are many, told apart by a byte. */
class Node {
  readonly #patterns: readonly Pattern[];
  #branch: Branch | undefined;
  #looked = false;

  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns;
  }

  collect(atr: Uint8Array, found: Pattern[]): void {
    if (!this.#looked) {
      this.#looked = true;
      this.#branch = grow(this.#patterns);
    }
    if (this.#branch !== undefined) {
      const { position, mask, byValue, rest } = this.#branch;
      byValue.get((atr[position] ?? 0) & mask)?.collect(atr, found);
      rest.collect(atr, found);
      return;
    }
    for (const pattern of this.#patterns) {
      if (atrMatches(atr, pattern.atr, pattern.mask)) {
        found.push(pattern);
      }
    }
  }
}

/** Whether an ATR matches a pattern: winscard's rule, `(atr & mask) == pattern`. */
export function atrMatches(
  atr: Uint8Array,
  pattern: Uint8Array,
  mask: Uint8Array | undefined,
): boolean {
  if (atr.length !== pattern.length) {
    return false;
  }
  for (let index = 0; index < atr.length; index += 1) {
    if (((atr[index] ?? 0) & (mask?.[index] ?? 0xff)) !== pattern[index]) {
      return false;
    }
  }
  return true;
}

function grow(patterns: readonly Pattern[]): Branch | undefined {
  if (patterns.length <= leafSize) {
    return undefined;
  }
  const bits = bestBits(sampleOf(patterns)) ?? bestBits(patterns);
  if (bits === undefined) {
    return undefined;
  }
  const { position, mask } = bits;
  const byValue = new Map<number, Pattern[]>();
  const rest: Pattern[] = [];
  for (const pattern of patterns) {
    if ((maskAt(pattern, position) & mask) === mask) {
      const value = (pattern.atr[position] ?? 0) & mask;
      const same = byValue.get(value);
      if (same === undefined) {
        byValue.set(value, [pattern]);
      } else {
        same.push(pattern);
      }
    } else {
      rest.push(pattern);
    }
  }
  return {
    position,
    mask,
    byValue: new Map([...byValue].map(([value, same]) => [value, new Node(same)])),
    rest: new Node(rest),
  };
}

function sampleOf(patterns: readonly Pattern[]): readonly Pattern[] {
  const step = Math.ceil(patterns.length / sampleSize);
  return step === 1 ? patterns : patterns.filter((_, index) => index % step === 0);
}

/** The bits after which the fewest patterns are left to compare; undefined when none help. */
function bestBits(patterns: readonly Pattern[]): Bits | undefined {
  const length = patterns[0]?.atr.length ?? 0;
  let best: Bits | undefined;
  let fewest = patterns.length;
  for (let position = 0; position < length; position += 1) {
    const counts = countsAt(patterns, position);
    for (const mask of commonestMasks(counts)) {
      const left = leftAfter(mask, patterns.length, counts);
      if (left < fewest) {
        fewest = left;
        best = { position, mask };
      }
    }
  }
  return best;
}

/** How many patterns have each mask and value of a byte; in the high and the low byte of the key. */
type Counts = ReadonlyMap<number, number>;

function countsAt(patterns: readonly Pattern[], position: number): Counts {
  const counts = new Map<number, number>();
  for (const pattern of patterns) {
    const key = (maskAt(pattern, position) << 8) | (pattern.atr[position] ?? 0);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Masks of one byte, without the empty one, those of most patterns first. */
function commonestMasks(counts: Counts): number[] {
  const patternsOf = new Map<number, number>();
  for (const [key, count] of counts) {
    const mask = key >> 8;
    if (mask !== 0) {
      patternsOf.set(mask, (patternsOf.get(mask) ?? 0) + count);
    }
  }
  return [...patternsOf]
    .sort(([, left], [, right]) => right - left)
    .slice(0, masksTried)
    .map(([mask]) => mask);
}

/** How many of `all` patterns are left to compare at most once these bits of a byte are known. */
function leftAfter(bits: number, all: number, counts: Counts): number {
  const byValue = new Map<number, number>();
  let asking = 0;
  let most = 0;
  for (const [key, count] of counts) {
    if (((key >> 8) & bits) === bits) {
      const same = (byValue.get(key & bits) ?? 0) + count;
      byValue.set(key & bits, same);
      asking += count;
      most = Math.max(most, same);
    }
  }
  return all - asking + most;
}

function maskAt({ mask }: Pattern, position: number): number {
  return mask === undefined ? 0xff : (mask[position] ?? 0xff);
}
