// The check that holds docs/winscard.md to the code finds what is wrong with it.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import {
  brokenWinscardTable,
  functionsOf,
  problemsOf,
} from "../../../scripts/check/winscard-table.mjs";

const text = (...rows: readonly string[]): string =>
  [
    "| Function | Here | Windows | Linux, macOS | Test |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
const good =
  '| SCardConnect | `context.connect()` | native | native | `connect.contract`: "takes it" |';
const files = new Map([["test/contract/connect.contract.ts", 'test("takes it", () => connect())']]);
const problems = (...rows: readonly string[]): string[] =>
  problemsOf(text(...rows), ["SCardConnect"], (path) => files.get(path));

describe("the check of the table of winscard's functions", () => {
  it("is content with the page as it is, and knows all 45", () => {
    expect(brokenWinscardTable()).toEqual([]);
    const header = new URL("../../../native/core/api.h", import.meta.url);
    expect(new Set(functionsOf(readFileSync(header, "utf8"))).size).toBe(45);
  });

  it("is content with a row that is right", () => {
    expect(problems(good)).toEqual([]);
  });

  it.each([
    ["no row", [], /one row for SCardConnect/],
    ["two rows", [good, good], /one row for SCardConnect/],
    [
      "another function",
      [good, good.replace("SCardConnect", "SCardNothing")],
      /SCardNothing is no function/,
    ],
    ["an empty cell", [good.replace("| native |", "| |")], /:3: SCardConnect has an empty cell/],
    ["a cell too few", [good.replace("| native |", "|")], /empty cell/],
    ["no test", [good.replace(/`connect.contract.*"/, "none")], /names no test/],
    ["a file without a title", [good.replace(/: "takes it"/, "")], /names a file, no test/],
    [
      "a test that is not there",
      [good.replace("connect.contract", "gone.contract")],
      /gone.contract, which is not there/,
    ],
    ["a title that is not there", [good.replace("takes it", "takes that")], /"takes that"/],
  ] as const)("complains of %s", (_, rows, expected) => {
    expect(problems(...rows).join("\n")).toMatch(expected);
  });

  it("complains of a test that has nothing to do with its row", () => {
    files.set("test/contract/other.contract.ts", "takes it: nothing of the kind");
    expect(problems(good.replace("connect.contract", "other.contract"))).toEqual([
      "docs/winscard.md:3: SCardConnect names no test that calls it",
    ]);
  });
});
