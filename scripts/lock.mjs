// One process at a time for what two commands of the same clone must not do at once.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { root } from "./run.mjs";

/** @param {string} file */
function ownerIsAlive(file) {
  try {
    const owner = Number(readFileSync(file, "utf8"));
    // Empty between the owner's creating the file and writing to it.
    if (owner === 0) return true;
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** @param {string} file */
function tryTake(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    return false;
  }
}

/**
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function exclusively(name, work) {
  const file = join(root, ".cache", `${name}.lock`);
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  while (!tryTake(file)) {
    if (!ownerIsAlive(file)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) process.stderr.write(`[scard] waiting for another command's ${name} (${file})\n`);
    told = true;
    await setTimeout(200);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
