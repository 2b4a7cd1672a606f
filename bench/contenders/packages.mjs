// The packages as their users load them: this one from dist/, the peers from bench/peers. Imports
// next to nothing, since the time to load a package is measured too.
import { createRequire } from "node:module";

/** @type {Readonly<Record<string, string>>} */
const modules = {
  smartcard: "smartcard",
  "pcsc-mini": "pcsc-mini",
  pcsclite: "@pokusew/pcsclite",
};

/** @param {string} name a contender */
function whereAndWhat(name) {
  const module = modules[name];
  return module === undefined
    ? { from: import.meta.url, what: "../../dist/index.js" }
    : { from: new URL(`../peers/${name}/package.json`, import.meta.url), what: module };
}

/**
 * @param {string} name a contender
 * @returns {any}
 */
export function load(name) {
  const { from, what } = whereAndWhat(name);
  return createRequire(from)(what);
}

/**
 * The file that is loaded; of the peers there is but one form.
 * @param {string} name a contender
 * @param {string} [form] "esm": as `import` loads it
 */
export function entryOf(name, form) {
  const { from, what } = whereAndWhat(name);
  const path = createRequire(from).resolve(what);
  return form === "esm" && modules[name] === undefined ? path.replace(/\.js$/, ".mjs") : path;
}

/**
 * Calls back with the first so many of what comes by and by, or with what came when patience ends.
 * @template T
 * @param {number} wanted
 * @param {(found: (one: T) => void) => void} search
 * @returns {Promise<T[]>}
 */
export async function firstOf(wanted, search) {
  return new Promise((resolve) => {
    /** @type {T[]} */
    const all = [];
    const timer = setTimeout(() => resolve(all), 3000);
    search((one) => {
      if (all.length >= wanted) return;
      all.push(one);
      if (all.length < wanted) return;
      clearTimeout(timer);
      resolve(all);
    });
  });
}
