import { inspect } from "node:util";
import { describe, expect, it } from "vitest";

import { fromHex, toHex } from "../../../lib/bytes.js";
import { ScardArgumentError } from "../../../lib/errors/argument-error.js";
import { encodeTlv, type TlvInput } from "../../../lib/iso7816/ber-tlv-encode.js";
import { decodeTlv, type DecodeTlvOptions, type TlvElement } from "../../../lib/iso7816/ber-tlv.js";
import { findAllTlv, findTlv } from "../../../lib/iso7816/find-tlv.js";
import { TlvError } from "../../../lib/iso7816/format-error.js";
import { Random, thrownBy } from "./random.js";

// What a payment application answers to SELECT: FCI template, DF name, proprietary template.
const fci = "6F1A840E315041592E5359532E4444463031A5088801025F2D02656E";

describe("decoding", () => {
  it("gives the tree, with offsets", () => {
    const [template] = decodeTlv(fci);
    expect(template).toMatchObject({ tag: 0x6f, constructed: true, offset: 0, headerLength: 2 });
    expect(template?.tagClass).toBe("application");
    expect(template?.children.map(({ tag }) => tag)).toEqual([0x84, 0xa5]);
    const language = findTlv(decodeTlv(fci), [0x6f, 0xa5, 0x5f2d]);
    expect(language).toMatchObject({ offset: 23, headerLength: 3, constructed: false });
    expect(Buffer.from(language?.value ?? []).toString()).toBe("en");
  });

  it.each([
    ["7F4900", 0x7f49, "application", true],
    ["9F81010100", 0x9f8101, "context-specific", false],
    ["DF81820100", 0xdf818201, "private", false],
    ["FF810100", 0xff8101, "private", true],
    ["0400", 0x04, "universal", false],
  ])("reads the tag of %s", (hex, tag, tagClass, constructed) => {
    const padding = hex.startsWith("FF") ? "00" : "00-and-ff";
    expect(decodeTlv(hex, { padding })[0]).toMatchObject({ tag, tagClass, constructed });
  });

  it.each([
    ["short", "0402AABB"],
    ["81", "048102AABB"],
    ["82", "04820002AABB"],
    ["83", "0483000002AABB"],
    ["84", "048400000002AABB"],
  ])("reads a length in %s form", (_form, hex) => {
    expect(decodeTlv(hex)[0]?.value).toEqual(Uint8Array.of(0xaa, 0xbb));
  });

  it("gives views of the given memory, at the right place", () => {
    const memory = fromHex("FFFF0402AABB");
    const value = decodeTlv(memory.subarray(2))[0]?.value;
    memory[5] = 0x11;
    expect(value).toEqual(Uint8Array.of(0xaa, 0x11));
    expect(Buffer.isBuffer(decodeTlv(Buffer.from("0401AA", "hex"))[0]?.value)).toBe(false);
  });

  it("skips padding before, between and after objects, inside too", () => {
    const elements = decodeTlv("00FF0401AA00006F06FF0401BB00FFFF00");
    expect(elements.map(({ tag }) => tag)).toEqual([0x04, 0x6f]);
    expect(toHex(elements[1]?.children[0]?.value ?? new Uint8Array())).toBe("BB");
    expect(decodeTlv("")).toEqual([]);
    expect(decodeTlv("0000FF")).toEqual([]);
    expect(decodeTlv("0000", { padding: "none" })[0]).toMatchObject({ tag: 0, offset: 0 });
  });
});

describe("malformed objects", () => {
  it.each([
    ["5F", 1, "tag", {}],
    ["5F81", 2, "tag", {}],
    ["5F8181818101", 4, "tag", {}],
    ["04", 1, "length", {}],
    ["0480AABB0000", 1, "length", {}],
    ["0485", 1, "length", {}],
    ["04FF", 1, "length", {}],
    ["0482AA", 3, "length", {}],
    ["0403AABB", 1, "length", {}],
    ["0484FFFFFFFFAA", 1, "length", {}],
    ["6F040403AABB", 3, "length", {}],
    ["0401AA6F030482AA", 8, "length", {}],
    ["6F026F00", 2, "tag", { maxDepth: 1 }],
    ["040004000400", 4, "tag", { maxElements: 2 }],
    ["0401AA", 2, "value", { maxLength: 2 }],
    ["FF01AA", 2, "length", { padding: "00" }],
  ] satisfies [string, number, string, DecodeTlvOptions][])(
    "%s: byte %i, %s",
    (hex, offset, field, options) => {
      const error = thrownBy(() => decodeTlv(hex, options));
      expect(error).toBeInstanceOf(TlvError);
      expect(error).toMatchObject({ code: "ERR_SCARD_TLV", offset, field });
    },
  );

  it("is refused by its depth before the stack is", () => {
    const deep = fromHex("6F8400000000".repeat(20_000));
    for (let index = 0; index < 20_000; index += 1) {
      new DataView(deep.buffer).setUint32(index * 6 + 2, deep.length - (index + 1) * 6);
    }
    expect(thrownBy(() => decodeTlv(deep))).toMatchObject({ offset: 96, field: "tag" });
    const error = thrownBy(() => decodeTlv(deep, { maxDepth: 64 }));
    expect(error).toBeInstanceOf(TlvError);
  });

  it("never shows a value", () => {
    const error = thrownBy(() => decodeTlv("0401AA8408313233343536"));
    expect(inspect(error)).not.toMatch(/3132|49, ?50|1234/);
  });

  it.each([
    [{ maxDepth: 0 }, "maxDepth"],
    [{ maxDepth: 65 }, "maxDepth"],
    [{ maxLength: 1.5 }, "maxLength"],
    [{ maxElements: "5" }, "maxElements"],
    [{ padding: "all" }, "padding"],
    [{ maxdepth: 5 }, "options"],
  ])("refuses the option %o", (options, argument) => {
    const error = thrownBy(() => decodeTlv("", options as DecodeTlvOptions));
    expect(error).toBeInstanceOf(ScardArgumentError);
    expect(error).toMatchObject({ argument });
  });
});

describe("encoding", () => {
  it("builds what decoding reads", () => {
    const bytes = encodeTlv({
      tag: 0x6f,
      children: [
        { tag: 0x84, value: Buffer.from("1PAY.SYS.DDF01") },
        {
          tag: 0xa5,
          children: [
            { tag: 0x88, value: "02" },
            { tag: 0x5f2d, value: "656E" },
          ],
        },
      ],
    });
    expect(toHex(bytes)).toBe(fci);
    expect(encodeTlv([])).toHaveLength(0);
    expect(toHex(encodeTlv([{ tag: 4 }, { tag: 0x6f }]))).toBe("04006F00");
  });

  it.each([
    [0x7f, "7F"],
    [0x80, "8180"],
    [0xff, "81FF"],
    [0x100, "820100"],
    [0x1_0000, "83010000"],
    [0x100_0000, "8401000000"],
  ])("writes the length %i as %s", (length, hex) => {
    const bytes = encodeTlv({ tag: 0x04, value: new Uint8Array(length) });
    const start = 1 + hex.length / 2;
    expect(toHex(bytes.subarray(0, start))).toBe(`04${hex}`);
    expect(bytes).toHaveLength(start + length);
  });

  it("encodes a decoded tree again, without its padding", () => {
    const [template] = decodeTlv("6F81060401AA0000FF");
    expect(toHex(encodeTlv(template as TlvElement))).toBe("6F030401AA");
    expect(toHex(encodeTlv(decodeTlv("6F020000")))).toBe("6F00");
    expect(toHex(encodeTlv(decodeTlv(fci)))).toBe(fci);
  });

  it.each([0, -1, 1.5, 0x7f, 0x1f, 0x100, 0x8401, 0x9f81, 0x9f0101, 0x1_0000_0000, NaN, "84"])(
    "refuses the tag %s",
    (tag) => {
      const error = thrownBy(() => encodeTlv({ tag: tag as number }));
      expect(error).toBeInstanceOf(ScardArgumentError);
      expect(error).toMatchObject({ argument: "objects[0].tag" });
    },
  );

  it("refuses children under a primitive tag, wrong objects, and a structure within itself", () => {
    const child = { tag: 4 };
    expect(() => encodeTlv({ tag: 0x84, children: [child] })).toThrow(ScardArgumentError);
    expect(() => encodeTlv({ tag: 0x6f, children: child as never })).toThrow(ScardArgumentError);
    expect(() => encodeTlv({ tag: 4, vlaue: "00" } as never)).toThrow('"value"');
    expect(() => encodeTlv([null] as never)).toThrow("objects[0]");
    const itself: { tag: number; children: TlvInput[] } = { tag: 0x6f, children: [] };
    itself.children.push(itself);
    expect(() => encodeTlv(itself)).toThrow("64 levels");
  });
});

describe("finding", () => {
  const list = decodeTlv("6103" + "4F01AA" + "6106" + "4F01BB" + "5001CC" + "4F01DD");

  it("follows every branch, in order", () => {
    expect(findTlv(list, [0x61, 0x50])?.value).toEqual(Uint8Array.of(0xcc));
    expect(findTlv(list, 0x4f)?.value).toEqual(Uint8Array.of(0xdd));
    expect(findAllTlv(list, [0x61, 0x4f]).map(({ value }) => value[0])).toEqual([0xaa, 0xbb]);
    expect(findTlv(list, [0x61, 0x61])).toBeUndefined();
    expect(findTlv(list, [0x4f, 0x61])).toBeUndefined();
  });

  it("refuses a path that can match nothing", () => {
    expect(() => findTlv(list, [])).toThrow(ScardArgumentError);
    expect(() => findTlv(list, [0x61, 0x9f])).toThrow(ScardArgumentError);
    expect(() => findTlv(list, "61" as never)).toThrow(ScardArgumentError);
  });
});

function randomObject(random: Random, depth: number): TlvInput {
  const constructed = depth < 5 && random.boolean();
  const tag = random.pick(
    constructed ? [0x30, 0x6f, 0x7f49, 0xbf0c, 0xbf8101, 0xe1] : [4, 0x5f2d, 0x84, 0x9f8101, 0xc0],
  );
  if (constructed) {
    const children = Array.from({ length: random.integer(0, 4) }, () =>
      randomObject(random, depth + 1),
    );
    return { tag, children };
  }
  return { tag, value: random.bytes(random.pick([0, 1, 5, 127, 128, 255, 256, 300])) };
}

describe("random objects", () => {
  it("decodes what it encodes, and encodes it back", () => {
    const random = new Random(0x8825);
    for (let round = 0; round < 300; round += 1) {
      const bytes = encodeTlv([randomObject(random, 0), randomObject(random, 0)]);
      const text = toHex(encodeTlv(decodeTlv(bytes, { padding: "none" })));
      if (text !== toHex(bytes)) {
        expect.fail(`round ${String(round)}: ${toHex(bytes)} became ${text}`);
      }
    }
  });

  it("either reads arbitrary bytes as views in order, or says where they are wrong", () => {
    const random = new Random(99);
    const seen = { read: 0, refused: 0 };
    for (let round = 0; round < 10_000; round += 1) {
      const bytes = random.bytes(random.integer(0, 24)).map((byte) => byte & random.pick([7, 255]));
      try {
        let end = 0;
        for (const element of decodeTlv(bytes)) {
          expect(element.offset).toBeGreaterThanOrEqual(end);
          end = element.offset + element.headerLength + element.value.length;
        }
        expect(end).toBeLessThanOrEqual(bytes.length);
        seen.read += 1;
      } catch (error) {
        if (!(error instanceof TlvError)) {
          throw error;
        }
        expect(error.offset).toBeLessThanOrEqual(bytes.length);
        seen.refused += 1;
      }
    }
    expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(500);
  });
});
