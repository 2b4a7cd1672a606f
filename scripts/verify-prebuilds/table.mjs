// The table that verify-prebuilds ends with.
import { zigTitle } from "../prebuild/zig.mjs";

/** @typedef {import("./run-program.mjs").Outcome} Outcome */

/**
 * @typedef {object} Row
 * @property {import("../prebuild/targets.mjs").Target} target
 * @property {boolean} shipped whether what was looked at is what ships
 * @property {number} bytes 0: there is none
 * @property {Readonly<Record<string, string>>} floor
 * @property {readonly Outcome[]} outcomes
 * @property {string} [notRun] why it did not run here
 * @property {string} [failure] why there is nothing to look at
 * @property {readonly string[]} findings rules of scripts/prebuild/inspect.mjs that it breaks
 */

/** @param {Row} row */
export const failed = ({ outcomes, findings, notRun, failure }) =>
  failure !== undefined ||
  findings.length > 0 ||
  outcomes.some((one) => one.failed > 0) ||
  (outcomes.length === 0 && notRun === undefined);

/** @param {Row} row */
function floorOf({ floor, target }) {
  // Nothing in these files tells.
  if (target.platform === "win32" || target.libc === "musl") return "not read";
  const names = { GLIBC: "glibc", GLIBCXX: "glibcxx", macOS: "macOS" };
  return Object.entries(names)
    .filter(([family]) => floor[family] !== undefined)
    .map(([family, name]) => `${name} ${floor[family]}`)
    .join(", ");
}

/** @param {Row} row */
const loadedIn = ({ outcomes, notRun }) =>
  notRun === undefined
    ? [...new Set(outcomes.map(({ runtime }) => runtime || "NOT LOADED"))].join(", ")
    : `not run here: ${notRun}`;

/** @param {Row} row */
function suites({ outcomes, findings, notRun, failure }) {
  if (failure !== undefined) return `FAILED: ${failure}`;
  const ran = outcomes.map(
    ({ what, passed, failed }) =>
      `${what} ${failed > 0 ? `${failed} FAILED of ` : ""}${passed + failed}`,
  );
  if (findings.length > 0) ran.push(`${findings.length} RULES BROKEN`);
  else if (notRun !== undefined) ran.push("static rules hold");
  return ran.join(", ");
}

/**
 * @param {readonly Row[]} rows
 * @returns {string}
 */
export function table(rows) {
  const head = ["target", "built with", "size", "floor", "loaded in", "passed"];
  const cells = rows.map((row) => [
    row.target.name,
    row.shipped ? row.target.compiler : zigTitle,
    row.bytes === 0 ? "-" : `${Math.round(row.bytes / 1024)} KB`,
    floorOf(row),
    loadedIn(row),
    suites(row),
  ]);
  const lines = [head, ...cells];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const show = (/** @type {string[]} */ line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [show(head), widths.map((width) => "-".repeat(width)).join("  "), ...cells.map(show)].join(
    "\n",
  );
}
