// Finds the card types of an ATR among thousands: a tree that asks at each node for the byte that
// tells most of the patterns apart.
import type { CardTypeRecord } from "./image.js";

interface Pattern {
  readonly type: CardTypeRecord;
  /** Place among all types, which is the order of results. */
  readonly place: number;
  readonly atr: Uint8Array;
  readonly mask: Uint8Array | undefined;
}

const leafSize = 4;

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

/** What tells patterns apart. */
interface Branch {
  readonly position: number;
  readonly byValue: ReadonlyMap<number, Node>;
  /** Patterns that do not ask for one value at the position. */
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
      this.#branch.byValue.get(atr[this.#branch.position] ?? 0)?.collect(atr, found);
      this.#branch.rest.collect(atr, found);
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
  const position = patterns.length > leafSize ? bestPosition(patterns) : undefined;
  if (position === undefined) {
    return undefined;
  }
  const byValue = new Map<number, Pattern[]>();
  const rest: Pattern[] = [];
  for (const pattern of patterns) {
    if (asksWholeByte(pattern, position)) {
      const value = pattern.atr[position] ?? 0;
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
    byValue: new Map([...byValue].map(([value, same]) => [value, new Node(same)])),
    rest: new Node(rest),
  };
}

/** The byte after which the fewest patterns are left to compare; undefined when none helps. */
function bestPosition(patterns: readonly Pattern[]): number | undefined {
  const length = patterns[0]?.atr.length ?? 0;
  // How many patterns ask for each value of each byte.
  const counts = new Uint32Array(length * 256);
  for (const { atr, mask } of patterns) {
    for (let position = 0; position < length; position += 1) {
      if (mask === undefined || mask[position] === 0xff) {
        const at = position * 256 + (atr[position] ?? 0);
        counts[at] = (counts[at] ?? 0) + 1;
      }
    }
  }
  let best: number | undefined;
  let fewest = patterns.length;
  for (let position = 0; position < length; position += 1) {
    let most = 0;
    let whole = 0;
    for (let at = position * 256; at < (position + 1) * 256; at += 1) {
      const count = counts[at] ?? 0;
      whole += count;
      most = Math.max(most, count);
    }
    const left = patterns.length - whole + most;
    if (left < fewest) {
      fewest = left;
      best = position;
    }
  }
  return best;
}

function asksWholeByte({ mask }: Pattern, position: number): boolean {
  return mask === undefined || mask[position] === 0xff;
}
