// The index of ATRs finds what comparing one by one finds.
import { describe, expect, it } from "vitest";

import { AtrIndex, atrMatches } from "../../../lib/database/atr-index.js";
import type { CardTypeRecord } from "../../../lib/database/image.js";

/** Numbers that look random and are the same every time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function type(name: string, atr: Uint8Array, mask: Uint8Array | undefined): CardTypeRecord {
  const masked = mask === undefined ? atr : atr.map((byte, index) => byte & (mask[index] ?? 0));
  return { name, atr: masked, mask, interfaces: [], providers: new Map() };
}

describe("the index of ATRs", () => {
  it.each([1, 2, 3, 4, 5])("agrees with a comparison one by one (seed %i)", (seed) => {
    const next = numbers(seed);
    const masks = [0xff, 0xff, 0xf0, 0x0f, 0x81, 0x00];
    const bytes = (length: number, make: () => number): Uint8Array =>
      Uint8Array.from({ length }, make);
    const types = Array.from({ length: 2000 }, (_, index) => {
      const length = 1 + next(4);
      const mask = next(3) === 0 ? bytes(length, () => masks[next(6)] ?? 0) : undefined;
      return type(
        `T${String(index)}`,
        bytes(length, () => next(4) * 0x11),
        mask,
      );
    });
    const index = new AtrIndex(types);
    for (let round = 0; round < 2000; round += 1) {
      const atr = bytes(next(6), () => next(5) * 0x11);
      const expected = types.filter((one) => atrMatches(atr, one.atr ?? atr, one.mask));
      expect(index.matches(atr).map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
    }
  });

  it("tells apart what few of thousands of patterns tell apart", () => {
    // All but every thousandth ask nothing of the second byte.
    const types = Array.from({ length: 5000 }, (_, index) =>
      type(
        `T${String(index)}`,
        Uint8Array.of(0x3b, index / 1000),
        Uint8Array.of(0xff, index % 1000 === 999 ? 0x0f : 0),
      ),
    );
    const names = new AtrIndex(types).matches(Uint8Array.of(0x3b, 0x13)).map(({ name }) => name);
    expect(names).toHaveLength(4996);
    expect(names).toContain("T3999");
    expect(names).not.toContain("T2999");
  });

  it("lets a mask of zeros match anything of its length, up to 33 bytes", () => {
    const zeros = new Uint8Array(33);
    const index = new AtrIndex([type("Any 33", zeros, zeros)]);
    expect(index.matches(new Uint8Array(33).fill(0xa5))).toHaveLength(1);
    expect(index.matches(new Uint8Array(32))).toHaveLength(0);
  });
});
