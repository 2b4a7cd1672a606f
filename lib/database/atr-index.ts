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

/** A few patterns to compare one by one, or a byte to look at. */
type Node = readonly Pattern[] | Branch;

interface Branch {
  readonly position: number;
  readonly byValue: ReadonlyMap<number, Node>;
  /** Patterns that do not ask for one value at the position. */
  readonly rest: Node;
}

const leafSize = 4;

/** The ATRs of card types, for matching. */
export class AtrIndex {
  readonly #byLength = new Map<number, Node>();

  constructor(types: Iterable<CardTypeRecord>) {
    const lengths = new Map<number, Pattern[]>();
    let place = 0;
    for (const type of types) {
      const { atr, mask } = type;
      if (atr !== undefined) {
        const same = lengths.get(atr.length) ?? [];
        same.push({ type, place, atr, mask });
        lengths.set(atr.length, same);
      }
      place += 1;
    }
    for (const [length, patterns] of lengths) {
      this.#byLength.set(length, grow(patterns, length));
    }
  }

  /**
   * The types whose ATR is as long as `atr` and equal to it in the bits of the mask, in the order in
   * which they were introduced.
   */
  matches(atr: Uint8Array): readonly CardTypeRecord[] {
    const root = this.#byLength.get(atr.length);
    if (root === undefined) {
      return [];
    }
    const found: Pattern[] = [];
    collect(root, atr, found);
    return found.sort((left, right) => left.place - right.place).map(({ type }) => type);
  }
}

function collect(node: Node, atr: Uint8Array, found: Pattern[]): void {
  if ("position" in node) {
    const branch = node.byValue.get(atr[node.position] ?? 0);
    if (branch !== undefined) {
      collect(branch, atr, found);
    }
    collect(node.rest, atr, found);
    return;
  }
  for (const pattern of node) {
    if (atrMatches(atr, pattern.atr, pattern.mask)) {
      found.push(pattern);
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

function grow(patterns: readonly Pattern[], length: number): Node {
  const position = patterns.length > leafSize ? bestPosition(patterns, length) : undefined;
  if (position === undefined) {
    return patterns;
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
    byValue: new Map([...byValue].map(([value, same]) => [value, grow(same, length)])),
    rest: grow(rest, length),
  };
}

/** The byte after which the fewest patterns are left to compare; undefined when none helps. */
function bestPosition(patterns: readonly Pattern[], length: number): number | undefined {
  let best: number | undefined;
  let fewest = patterns.length;
  for (let position = 0; position < length; position += 1) {
    const counts = new Uint32Array(256);
    let rest = 0;
    for (const pattern of patterns) {
      if (asksWholeByte(pattern, position)) {
        const value = pattern.atr[position] ?? 0;
        counts[value] = (counts[value] ?? 0) + 1;
      } else {
        rest += 1;
      }
    }
    const left = rest + counts.reduce((most, count) => Math.max(most, count), 0);
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
