// Names of cards from smartcard_list.txt.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { establishContext, knownCardNames } from "scard";
import { createVirtualSubsystem } from "scard/virtual";

let folder = "";
let number = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "scard-list-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function listOf(text: string): Promise<string> {
  number += 1;
  const path = join(folder, `list-${String(number)}.txt`);
  await writeFile(path, text);
  return path;
}

const text = [
  "# a comment",
  "",
  "3B 02 14 50",
  "\tSchlumberger Multiflex 3k",
  "\thttps://example.org/multiflex",
  "",
  "3B .. 14 50",
  "\tA wild card",
  "",
  "3b 03 0[12] 5[0-3] FF",
  "\tClasses, lower case",
  "3B 04( 00)* 01",
  "\tNot what the list uses",
  "3B 05( 0",
  "\tMalformed",
  "3B 06 1*",
  "\tRepeated",
  "3B 02 14 50",
  "\tTwice",
  "3B 07 00",
  "3B 08 00\r",
  "\tWindows line ends\r",
].join("\n");

async function names(atr: string, path: string): Promise<readonly string[]> {
  return (await knownCardNames(atr, { paths: [path] })).names;
}

describe("knownCardNames", () => {
  it("gives what is written under patterns that fit, exact ones first", async () => {
    const path = await listOf(text);
    expect(await knownCardNames("3B021450", { paths: [path] })).toEqual({
      names: ["Schlumberger Multiflex 3k", "https://example.org/multiflex", "Twice", "A wild card"],
      source: path,
    });
    expect(await names("3BFF1450", path)).toEqual(["A wild card"]);
    expect(await names("3B030152FF", path)).toEqual(["Classes, lower case"]);
    expect(await names("3B030154FF", path)).toEqual([]);
    expect(await names("3B061111", path)).toEqual([]);
    expect(await names("3B0611", path)).toEqual(["Repeated"]);
    expect(await names("3B0401", path)).toEqual([]);
    expect(await names("3B0500", path)).toEqual([]);
    expect(await names("3B0700", path)).toEqual([]);
    expect(await names("3B0800", path)).toEqual(["Windows line ends"]);
    expect(await names("3B02145000", path)).toEqual([]);
  });

  it("looks in one file after another, and does without those that there are not", async () => {
    const first = await listOf("3B 00\n\tFirst\n");
    const second = await listOf("3B 00\n\tSecond\n3B 01\n\tOther");
    const paths = [join(folder, "none.txt"), first, second];
    expect((await knownCardNames("3B00", { paths })).names).toEqual(["First"]);
    expect(await knownCardNames("3B01", { paths })).toEqual({ names: ["Other"], source: second });
    expect(await knownCardNames("3B02", { paths })).toEqual({ names: [], source: undefined });
  });

  it("of a context asks the database first", async () => {
    const list = await listOf("3B 02 14 50\n\tOf the list\n3B 03\n\tOther");
    await using context = await establishContext({
      subsystem: createVirtualSubsystem(),
      database: "memory",
    });
    const { database } = context;
    await database.introduceCardType({ name: "Badge", atr: "3B021400", mask: "FFFFFF00" });
    await database.introduceCardType({ name: "Transit", atr: "3B021450" });
    const paths = [list];
    expect(await context.knownCardNames("3B021450", { paths })).toEqual({
      names: ["Badge", "Transit"],
      source: "database",
    });
    expect(await context.knownCardNames("3B03", { paths })).toEqual({
      names: ["Other"],
      source: list,
    });
    const none = { names: [], source: undefined };
    expect(await context.knownCardNames("3B04", { paths })).toEqual(none);
    await expect(context.knownCardNames("3B0")).rejects.toThrow();
    await expect(context.knownCardNames("3B021450", { path: list } as never)).rejects.toMatchObject(
      {
        argument: "options",
      },
    );
  });

  it("refuses what is no ATR", async () => {
    await expect(knownCardNames("3B0")).rejects.toMatchObject({ argument: "atr" });
    await expect(knownCardNames("3B00", { paths: "x" as never })).rejects.toMatchObject({
      argument: "paths",
    });
  });
});
