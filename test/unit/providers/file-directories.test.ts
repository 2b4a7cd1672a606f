// The role of file access across directories: files that share identifiers, lists, capabilities.
import { describe, expect, test } from "vitest";

import { type Card, DirectoryError, IsoCardManagement } from "scard";
import { IsoCard, type IsoCardDescription, VirtualCard } from "scard/virtual";
import { bench, expectNothingLeft, failure, hex } from "../virtual/support.js";

const application = (name: string, label?: string): string => {
  const inner = `4F${length(name)}${name}${label === undefined ? "" : `50${length(label)}${label}`}`;
  return `61${length(inner)}${inner}`;
};
const length = (text: string): string => (text.length / 2).toString(16).padStart(2, "0");

const firstName = "A0000000010101";
const secondName = "A0000000020202";

const description: IsoCardDescription = {
  files: [
    {
      type: "linear-fixed",
      id: 0x2f00,
      // Padded to one length, as records of a linear fixed file are.
      records: [
        application(firstName, "4669727374").padEnd(60, "0"),
        application(secondName).padEnd(60, "0"),
      ],
      recordSize: 30,
    },
    {
      type: "df",
      id: 0x5000,
      aid: firstName,
      files: [
        { type: "transparent", id: 0x0001, sfi: 1, content: "AA01" },
        { type: "linear-fixed", id: 0x0002, sfi: 2, records: ["AA02"] },
        { type: "transparent", id: 0x0003, sfi: 3, content: "AA03", read: "never" },
        { type: "transparent", id: 0x0004, sfi: 30, content: "" },
      ],
    },
    {
      type: "df",
      id: 0x6000,
      aid: secondName,
      files: [{ type: "transparent", id: 0x0001, sfi: 1, content: "BB01" }],
    },
  ],
};

async function withCard(
  use: (management: IsoCardManagement, card: Card) => Promise<void>,
  virtual: VirtualCard | IsoCard = new IsoCard(description),
): Promise<void> {
  const { reader, context } = await bench();
  reader.insert(virtual);
  try {
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    await use(new IsoCardManagement(card), card);
  } finally {
    await context.close();
  }
}

type Files = IsoCardManagement["files"];

async function content(file: Awaited<ReturnType<Files["open"]>>): Promise<string> {
  file.seek(0);
  return file.kind === "transparent" ? hex(await file.read()) : file.kind;
}

describe("files of several directories", () => {
  expectNothingLeft();

  test.each([
    ["identifier", { id: 0x0001 }],
    ["short identifier", { sfi: 1 }],
  ])("with the same %s are not taken for each other", async (_, reference) => {
    await withCard(async ({ files }) => {
      await files.changeDirectory("mf");
      for (const [first, second] of [
        [{ path: [0x5000] }, { path: [0x6000] }],
        [{ name: firstName }, { name: secondName }],
      ] as const) {
        await files.changeDirectory(first);
        const one = await files.open(reference);
        await files.changeDirectory(second);
        const two = await files.open(reference);
        expect([await content(one), await content(two)]).toEqual(["AA01", "BB01"]);
        // The card is in the first one's directory again; what is opened is the second one's.
        expect(await content(one)).toBe("AA01");
        expect(await content(await files.open(reference))).toBe("BB01");
      }
    });
  });

  test("are written where they were opened", async () => {
    await withCard(async ({ files }) => {
      await files.changeDirectory({ path: [0x5000] });
      const one = await files.open({ id: 0x0001 });
      await files.changeDirectory({ path: [0x6000] });
      if (one.kind === "transparent") await one.write("CC");
      expect(await content(one)).toBe("CC01");
      expect(await content(await files.open({ id: 0x0001 }))).toBe("BB01");
    });
  });

  test("opened by path or name change the directory, as on the card", async () => {
    await withCard(async ({ files }) => {
      await files.changeDirectory({ path: [0x5000] });
      expect(await content(await files.open({ path: [0x6000, 0x0001] }))).toBe("BB01");
      expect(files.currentDirectory).toEqual({ path: [0x6000] });
      expect(await content(await files.open({ id: 0x0001 }))).toBe("BB01");
      expect(await files.properties({ name: firstName })).toMatchObject({ type: "df" });
      expect(hex(files.currentDirectory.name ?? new Uint8Array())).toBe(firstName);
      expect(await content(await files.open({ sfi: 1 }))).toBe("AA01");
      await files.properties({ id: 0x3f00 });
      expect(files.currentDirectory).toEqual({ path: [] });
    });
  });

  test("are refused where nobody knows the way back", async () => {
    await withCard(async ({ files }, card) => {
      await card.iso.selectFile({ by: "path", path: [0x5000] });
      const one = await files.open({ id: 0x0001 });
      expect(await content(one)).toBe("AA01");
      await files.changeDirectory({ path: [0x6000] });
      const error = await failure(content(one));
      expect(error).toBeInstanceOf(DirectoryError);
      expect(error).toMatchObject({ code: "ERR_SCARD_DIRECTORY" });
    });
  });

  test("go on in known directories after a reset of their own", async () => {
    await withCard(async (management) => {
      const { files } = management;
      await files.changeDirectory({ path: [0x6000] });
      const two = await files.open({ sfi: 1 });
      await management.reconnect({ initialization: "reset" });
      expect(files.currentDirectory).toEqual({});
      expect(await content(two)).toBe("BB01");
      // The reading has moved the card to a directory that the program did not ask for.
      expect(await failure(files.open({ id: 0x0001 }))).toBeInstanceOf(DirectoryError);
    });
  });
});

describe("lists", () => {
  expectNothingLeft();

  test("applications by EF.DIR, in records or in one piece; the directory stays", async () => {
    const oneFile: IsoCardDescription = {
      files: [
        {
          type: "transparent",
          id: 0x2f00,
          content: `${application(firstName)}4F${length(secondName)}${secondName}0000`,
        },
        { type: "df", id: 0x5000, files: [{ type: "transparent", id: 1, content: "AA01" }] },
      ],
    };
    const found = async ({ files }: IsoCardManagement): Promise<unknown> => {
      await files.changeDirectory({ path: [0x5000] });
      const list = await files.directory("applications");
      expect(await content(await files.open({ id: 0x0001 }))).toBe("AA01");
      return list.map(({ name, label }) => [hex(name), label]);
    };
    await withCard(async (management) => {
      expect(await found(management)).toEqual([
        [firstName, "First"],
        [secondName, undefined],
      ]);
    });
    await withCard(async (management) => {
      expect(await found(management)).toEqual([
        [firstName, undefined],
        [secondName, undefined],
      ]);
    }, new IsoCard(oneFile));
  });

  test("applications with the path that EF.DIR gives, and everything else it says", async () => {
    const content = "61104F02A00151063F00500060005202FFFF";
    const card = new IsoCard({ files: [{ type: "transparent", id: 0x2f00, content }] });
    await withCard(async ({ files }) => {
      const [entry, ...others] = await files.directory("applications");
      expect(others).toEqual([]);
      expect(entry).toMatchObject({ path: [0x5000, 0x6000] });
      expect(entry?.elements.map(({ tag }) => tag)).toEqual([0x4f, 0x51, 0x52]);
      expect(files.currentDirectory).toEqual({ path: [] });
    }, card);
  });

  test("no applications where the card has no EF.DIR", async () => {
    await withCard(async ({ files }) => {
      const error = await failure(files.directory("applications"));
      expect(error).toMatchObject({ code: "ERR_SCARD_STATUS_WORD", notFound: true });
      expect(await failure(files.directory("everything" as never))).toMatchObject({
        argument: "type",
      });
    }, new IsoCard({}));
  });

  test("files of the current directory by their short identifiers", async () => {
    await withCard(async ({ files }) => {
      await files.changeDirectory({ name: firstName });
      expect(await files.directory("files")).toEqual([
        { sfi: 1, kind: "transparent" },
        { sfi: 2, kind: "records" },
        { sfi: 3, kind: undefined },
        { sfi: 30, kind: "transparent" },
      ]);
      await files.changeDirectory({ name: secondName });
      expect(await files.directory("files")).toEqual([{ sfi: 1, kind: "transparent" }]);
    });
  });

  test("no files where the card cannot read by short identifiers", async () => {
    const card = new VirtualCard({ atr: "3B80800101", handler: () => 0x6d00 });
    await withCard(async ({ files }) => {
      expect(await failure(files.directory("files"))).toMatchObject({ unsupported: true });
    }, card);
  });
});

describe("what the card can do with files", () => {
  expectNothingLeft();

  test("is told by the historical bytes of its ATR", async () => {
    // 80: COMPACT-TLV; 31 C0: card service data; 73 F6 21 C0: card capabilities.
    const atr = "3B8780018031C073F621C000";
    const check = Buffer.from(atr, "hex")
      .subarray(1)
      .reduce((all, byte) => all ^ byte, 0);
    const card = new VirtualCard({
      atr: `${atr.slice(0, -2)}${check.toString(16).padStart(2, "0")}`,
      handler: () => 0x6d00,
    });
    await withCard(async ({ files }) => {
      const { capabilities, services } = await files.capabilities();
      expect(services).toMatchObject({ selectByFullDfName: true, selectByPartialDfName: true });
      expect(capabilities).toMatchObject({
        selection: { fullDfName: true, path: true, shortEfIdentifier: true },
        dataCoding: { writeFunctions: "proprietary", dataUnitQuartets: 2 },
        extendedLength: true,
      });
    }, card);
    await withCard(async ({ files }) => {
      expect(await files.capabilities()).toEqual({ capabilities: undefined, services: undefined });
    });
  });
});
