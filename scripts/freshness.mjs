// Whether a build is up to date, by the content of its sources: times lie after a checkout.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./run.mjs";

/**
 * Every file under a path, sorted; [] when there is none.
 * @param {string} path relative to the top
 * @returns {string[]}
 */
export function filesUnder(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full)
    .sort()
    .flatMap((name) => filesUnder(`${path}/${name}`));
}

/**
 * One hash over the names and contents of files and directories.
 * @param {readonly string[]} paths
 * @param {readonly string[]} [extra] what else the result depends on
 */
export function fingerprint(paths, extra = []) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap(filesUnder)) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.update(extra.join("\0")).digest("hex");
}

/** @param {string} name */
const stamp = (name) => join(root, ".cache/fresh", name);

/**
 * @param {string} name
 * @param {string} inputs
 * @param {readonly string[]} outputs
 */
export function isFresh(name, inputs, outputs) {
  if (!outputs.every((output) => existsSync(join(root, output)))) return false;
  return existsSync(stamp(name)) && readFileSync(stamp(name), "utf8") === inputs;
}

/**
 * @param {string} name
 * @param {string} inputs
 */
export function markFresh(name, inputs) {
  mkdirSync(dirname(stamp(name)), { recursive: true });
  writeFileSync(stamp(name), inputs);
}
