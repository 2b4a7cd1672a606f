// Where the roots, runtimes and suites of a verification are kept between runs: git-ignored, and safe
// to delete.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, timed } from "../run.mjs";

/** SCARD_VERIFY_CACHE shares it between clones. */
const cache = process.env["SCARD_VERIFY_CACHE"] ?? join(root, ".cache/verify");

/** @param {readonly string[]} parts */
export const cachePath = (...parts) => join(cache, ...parts);

/**
 * A directory that is filled once and anew when `recipe` changes. One that was left half full is
 * never taken for whole.
 * @param {string} name
 * @param {unknown} recipe what the content depends on
 * @param {(directory: string) => void | Promise<void>} fill
 * @returns {Promise<string>} its path
 */
export async function cachedDirectory(name, recipe, fill) {
  const directory = cachePath(name);
  const stamp = `${directory}.json`;
  const wanted = JSON.stringify(recipe);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return directory;
  const unfinished = `${directory}.unfinished`;
  for (const old of [unfinished, stamp, directory]) rmSync(old, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  mkdirSync(dirname(stamp), { recursive: true });
  await timed(`fetching ${name}`, () => fill(unfinished));
  renameSync(unfinished, directory);
  writeFileSync(stamp, wanted);
  return directory;
}
