// What a verification leaves for the release: which file passed, by its hash. A release takes no
// prebuild without one.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../run.mjs";

/**
 * @typedef {object} Record
 * @property {string} target
 * @property {string} sha256
 * @property {readonly string[]} runs such as "contract 134 in node 20.20.2 linux-x64"
 */

/** @param {string} file */
export const hashOf = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

/**
 * @param {string} target
 * @param {string} directory where prebuilds/ is
 */
const recordFile = (target, directory) => join(directory, "prebuilds/verified", `${target}.json`);

/**
 * @param {string} target
 * @param {string} file
 * @param {readonly import("./run-program.mjs").Outcome[]} outcomes
 */
export function writeRecord(target, file, outcomes) {
  const runs = outcomes.map(({ what, passed, runtime }) => `${what} ${passed} in ${runtime}`);
  mkdirSync(join(root, "prebuilds/verified"), { recursive: true });
  const record = { target, sha256: hashOf(file), runs };
  writeFileSync(recordFile(target, root), `${JSON.stringify(record, undefined, 2)}\n`);
}

/**
 * @param {string} target
 * @param {string} [directory] where prebuilds/ is
 * @returns {Record | undefined}
 */
export function readRecord(target, directory = root) {
  const file = recordFile(target, directory);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}
