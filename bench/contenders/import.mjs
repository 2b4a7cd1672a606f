// What loading a package takes until there is something to call, and what it leaves behind:
// `import.mjs CONTENDER [esm]`, by `require`, or as an ES module imports it.
import { readFileSync, readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { entryOf, load } from "./packages.mjs";

const [, , name = "scard", form] = process.argv;
const entry = pathToFileURL(entryOf(name, form)).href;
const threads = () => readdirSync("/proc/self/task").length;
const before = threads();
const start = process.hrtime.bigint();
const loaded = form === "esm" ? await import(entry) : load(name);
// This package reads its parts when they are named.
void loaded.establishContext;
const ns = Number(process.hrtime.bigint() - start);
const library = /libpcsclite/.test(readFileSync("/proc/self/maps", "utf8"));
process.stdout.write(`ok ns=${ns} threads=${threads() - before} library=${library ? 1 : 0}\n`, () =>
  process.exit(0),
);
