import { expect, it } from "vitest";
import { parseExpectedStatus } from "../../../lib/cli/expect-status.js";
import { cutText, textWidth } from "../../../lib/cli/printable.js";
import { parseDuration } from "../../../lib/cli/send-options.js";
import { styleFor } from "../../../lib/cli/style.js";
import { fittingLines, tableLines } from "../../../lib/cli/table.js";

const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;

it("measures text as a terminal shows it", () => {
  expect(textWidth(red("abc"))).toBe(3);
  expect(textWidth("読取機")).toBe(6);
  expect(textWidth("e\u0301")).toBe(1);
  expect(textWidth("ｶｰﾄﾞ￥カ")).toBe(8);
});

it("cuts text to a width and keeps its colours closed", () => {
  expect(cutText("abcdef", 6, "…")).toBe("abcdef");
  expect(cutText("abcdefg", 6, "…")).toBe("abcde…");
  expect(cutText(red("abcdefg"), 4, "…")).toBe(`${red("abc")}…`);
  expect(cutText("読取機", 4, "…")).toBe("読…");
  expect(cutText("abcdef", 2, "...")).toBe("..");
  expect(cutText("abcdef", 0, "...")).toBe("");
});

it("aligns columns by what is seen, not by what is written", () => {
  const style = styleFor({ env: {}, isTTY: false, platform: "linux" });
  const lines = tableLines(
    style,
    ["A", "B"],
    [
      [red("long"), "1"],
      ["読", "2"],
    ],
  );
  expect(lines).toEqual(["A     B", `${red("long")}  1`, "読    2"]);
});

it("makes blocks of a table that is too wide", () => {
  const style = styleFor({ env: {}, isTTY: false, platform: "linux" });
  const headings = ["Card", "ATR", "Interfaces"];
  const guid = "{11111111-2222-3333-4444-555555555555}";
  const rows = [
    ["Badge", "3B 02 14 50", `${guid} ${guid}`],
    ["Transit", "3B 00", ""],
  ];
  expect(fittingLines(style, headings, rows, 105)).toEqual(tableLines(style, headings, rows));
  expect(fittingLines(style, headings, rows, 80)).toEqual([
    "Badge",
    "  ATR         3B 02 14 50",
    `  Interfaces  ${guid}`,
    `              ${guid}`,
    "",
    "Transit",
    "  ATR         3B 00",
  ]);
  expect(fittingLines(style, headings, rows, 42)).toEqual([
    ...["Badge", "  ATR", "    3B 02 14 50", "  Interfaces", `    ${guid}`, `    ${guid}`, ""],
    ...["Transit", "  ATR", "    3B 00"],
  ]);
  expect(fittingLines(style, ["#", "Reader"], [["1", "A long name"]], 10)).toEqual([
    "1  A long name",
  ]);
});

it.each([
  [{ TERM: "dumb", LANG: "en_GB.UTF-8" }, "linux", "*"],
  [{ LC_ALL: "C", LANG: "en_GB.UTF-8" }, "linux", "*"],
  [{ LC_ALL: "", LANG: "en_GB.utf8" }, "linux", "●"],
  [{}, "win32", "*"],
  [{ WT_SESSION: "1" }, "win32", "●"],
] as const)("chooses symbols for %j on %s", (env, platform, card) => {
  expect(styleFor({ env, isTTY: true, platform }).symbols.card).toBe(card);
});

it("reads times", () => {
  const times = ["1", "250ms", "1.5s", "2m"].map(parseDuration);
  expect(times).toEqual([1, 250, 1500, 120_000]);
  expect(() => parseDuration("99999999m")).toThrow("Expected a time");
});

it("reads patterns of status words", () => {
  const expected = parseExpectedStatus("9000, 61xx");
  expect([0x9000, 0x6110, 0x6210].map((sw) => expected?.matches(sw))).toEqual([true, true, false]);
  expect(parseExpectedStatus("9000,")).toBeUndefined();
});
