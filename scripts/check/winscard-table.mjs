// docs/winscard.md against the code: one row for each function of winscard, no cell empty, and every
// test that is named there is there and uses what its row is about.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../run.mjs";

const page = "docs/winscard.md";
const header = "native/core/api.h";

/** @typedef {{ line: number, cells: string[] }} Row */

/** @param {string} file */
const read = (file) => readFileSync(join(root, file), "utf8");

/** @returns {string[]} one sentence for everything that is wrong */
export function brokenWinscardTable() {
  return problemsOf(read(page), functionsOf(read(header)), (path) =>
    existsSync(join(root, path)) ? read(path) : undefined,
  );
}

/**
 * winscard's functions, as the core's table names them.
 * @param {string} text
 */
export function functionsOf(text) {
  return [...text.matchAll(/visitor\(api\.\w+, "(\w+)"\)/g)].map(([, name = ""]) => name);
}

/**
 * @param {string} text the page
 * @param {readonly string[]} functions
 * @param {(path: string) => string | undefined} fileOf
 * @returns {string[]}
 */
export function problemsOf(text, functions, fileOf) {
  const rows = rowsOf(text);
  const names = rows.map(({ cells }) => cells[0] ?? "");
  return [
    ...functions
      .filter((name) => names.filter((other) => other === name).length !== 1)
      .map((name) => `${page} must have one row for ${name}`),
    ...rows.flatMap((row) => problemsOfRow(row, functions, fileOf)),
  ];
}

/**
 * The rows of tables whose first column is "Function".
 * @param {string} text
 * @returns {Row[]}
 */
function rowsOf(text) {
  const rows = [];
  let inside = false;
  for (const [index, line] of text.split("\n").entries()) {
    if (!line.startsWith("|")) inside = false;
    else if (/^\| *Function\b/.test(line)) inside = true;
    else if (inside && !/^\|[ |-]+$/.test(line)) {
      const cells = line.split("|").slice(1, -1);
      rows.push({ line: index + 1, cells: cells.map((cell) => cell.trim()) });
    }
  }
  return rows;
}

/**
 * @param {Row} row
 * @param {readonly string[]} functions
 * @param {(path: string) => string | undefined} fileOf
 */
function problemsOfRow({ line, cells }, functions, fileOf) {
  const [name = "", here = "", , , tests = ""] = cells;
  const place = `${page}:${line}: ${name}`;
  if (!functions.includes(name)) return [`${place} is no function of ${header}`];
  if (cells.length !== 5 || cells.includes("")) return [`${place} has an empty cell`];
  const named = [...tests.matchAll(/`([^`]+)`(?:: "([^"]+)")?/g)];
  if (named.length === 0) return [`${place} names no test`];
  if (named.every(([, , title]) => title === undefined)) return [`${place} names a file, no test`];
  const problems = [];
  let used = false;
  for (const [, test = "", title] of named) {
    const text = pathsOf(test)
      .map(fileOf)
      .find((found) => found !== undefined);
    if (text === undefined) problems.push(`${place} names the test ${test}, which is not there`);
    else if (title !== undefined && !text.includes(title))
      problems.push(`${place} names the test "${title}", which ${test} does not have`);
    used ||= text !== undefined && uses(text, name, here);
  }
  // What has no name here is proved by the calls that need it.
  if (!used && here.includes("`")) problems.push(`${place} names no test that calls it`);
  return problems;
}

/**
 * Where a test that the page names can be.
 * @param {string} test
 */
function pathsOf(test) {
  if (/^\w+$/.test(test)) return [`test/native/${test}_test.cc`];
  if (!test.includes("/")) return [`test/contract/${test}.ts`];
  const path = test.startsWith("lifecycle/") ? `test/${test}` : `test/unit/${test}`;
  return [`${path}.test.ts`, `${path}.ts`];
}

/**
 * Whether a test calls what the row says: a name in code of its second cell, or winscard's own.
 * @param {string} text
 * @param {string} name
 * @param {string} here
 */
function uses(text, name, here) {
  const code = [...here.matchAll(/`([^`]+)`/g)].map(([, words = ""]) => words);
  const called = code.map((words) => /(?:^|\.)(\w+)(?:\(.*\))?$/.exec(words)?.[1] ?? words);
  const native = name.replace(/^SCard/, "");
  return [...called, name, `${native[0]?.toLowerCase()}${native.slice(1)}`].some((word) =>
    text.includes(word),
  );
}
