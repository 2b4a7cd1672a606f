import { expect, it } from "vitest";
import { selectReader } from "../../../lib/cli/select-reader.js";

const readers = ["Omni 00 00", "omni", "Omni 00 01", "2"];

it.each([
  ["Omni 00 01", "Omni 00 01"],
  ["omni", "omni"],
  ["OMNI", "omni"],
  ["2", "2"],
  ["1", "Omni 00 00"],
  ["3", "Omni 00 01"],
  [" 00 01 ", "Omni 00 01"],
])("takes %j for %j", (wanted, reader) => {
  expect(selectReader(readers, wanted)).toBe(reader);
});

it("refuses what fits several, none, or nothing at all", () => {
  expect(() => selectReader(readers, "00")).toThrow('"00" fits 2 readers');
  expect(() => selectReader(readers, "9")).toThrow('There is no reader "9"');
  expect(() => selectReader(readers, " ")).toThrow("name is empty");
  expect(() => selectReader([], "1")).toThrow("There is no reader.");
});
