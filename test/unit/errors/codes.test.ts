import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

import { codeDescriptions, codeNames } from "../../../lib/errors/codes.gen.js";
import {
  codeName,
  codeValue,
  describeCode,
  formatCodeValue,
  type PcscCode,
} from "../../../lib/errors/codes.js";

const inProject = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const codes = Object.keys(codeDescriptions) as PcscCode[];

describe("result codes", () => {
  test.each([
    ["SCARD_S_SUCCESS", 0],
    ["SCARD_E_CANCELLED", 0x80100002],
    ["SCARD_E_TIMEOUT", 0x8010000a],
    ["SCARD_E_NO_SERVICE", 0x8010001d],
    ["SCARD_E_COMM_DATA_LOST", 0x8010002f],
    ["SCARD_W_REMOVED_CARD", 0x80100069],
    ["SCARD_W_CACHE_ITEM_TOO_BIG", 0x80100072],
    ["ERROR_IO_DEVICE", 1117],
  ] as const)("%s is the same everywhere", (code, value) => {
    for (const platform of ["win32", "linux", "darwin"] as const) {
      expect(codeValue(code, platform)).toBe(value);
      expect(codeName(value, platform)).toBe(code);
    }
  });

  test("0x8010001F means different things", () => {
    expect(codeName(0x8010001f, "win32")).toBe("SCARD_E_UNEXPECTED");
    expect(codeName(0x8010001f, "linux")).toBe("SCARD_E_UNSUPPORTED_FEATURE");
    expect(codeName(0x8010001f, "darwin")).toBe("SCARD_E_UNSUPPORTED_FEATURE");
    expect(codeValue("SCARD_E_UNSUPPORTED_FEATURE", "win32")).toBe(0x80100022);
    expect(codeValue("SCARD_E_UNSUPPORTED_FEATURE", "linux")).toBe(0x8010001f);
  });

  test("a number only another platform defines keeps its name", () => {
    expect(codeName(0x80100022, "linux")).toBe("SCARD_E_UNSUPPORTED_FEATURE");
  });

  test("every code can be told from its number, but for the one pcsclite gave away", () => {
    for (const platform of ["win32", "linux"] as const) {
      const lost = codes.filter((code) => codeName(codeValue(code, platform), platform) !== code);
      expect(lost).toEqual(platform === "win32" ? [] : ["SCARD_E_UNEXPECTED"]);
    }
  });

  test("unknown numbers survive", () => {
    expect(codeName(0x80109999)).toBe("SCARD_0x80109999");
    expect(codeName(7)).toBe("SCARD_0x00000007");
    expect(describeCode("SCARD_0x80109999")).toBeUndefined();
    expect(describeCode("toString" as PcscCode)).toBeUndefined();
    expect(formatCodeValue(-1)).toBe("0xFFFFFFFF");
  });

  test("the whole range of winerror.h is there", () => {
    const numbers = new Set(codeNames.map(([value]) => value));
    const low = Array.from({ length: 0x34 }, (_, index) => 0x80100001 + index);
    const high = Array.from({ length: 0x0e }, (_, index) => 0x80100065 + index);
    expect([...low, ...high].filter((value) => !numbers.has(value))).toEqual([]);
  });
});

describe("generated files", () => {
  test("are up to date", () => {
    const script = inProject("scripts/generate-errors.mjs");
    const output = execFileSync(process.execPath, [script, "--check"], { encoding: "utf8" });
    expect(output).toBe("");
  });

  test("the C++ table has the same names as the TypeScript one", () => {
    const header = readFileSync(inProject("native/core/errors/codes.gen.h"), "utf8");
    const rows = [...header.matchAll(/\{(0x[0-9A-F]{8}), "(\w+)",\s+"(\w+)"\}/g)].map(
      ([, value, windows, pcsclite]) => [Number(value), windows, pcsclite],
    );
    expect(rows).toEqual(codeNames);
  });

  test("the docs list every code", () => {
    const page = readFileSync(inProject("docs/errors.md"), "utf8");
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });
});
