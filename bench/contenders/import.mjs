// What loading a package takes until there is something to call, and what it leaves behind:
// `import.mjs CONTENDER`.
import { readFileSync, readdirSync } from "node:fs";
import { load } from "./packages.mjs";

const threads = () => readdirSync("/proc/self/task").length;
const before = threads();
const start = process.hrtime.bigint();
// This package reads its parts when they are named.
void load(process.argv[2] ?? "scard").establishContext;
const ns = Number(process.hrtime.bigint() - start);
const library = /libpcsclite/.test(readFileSync("/proc/self/maps", "utf8"));
process.stdout.write(`ok ns=${ns} threads=${threads() - before} library=${library ? 1 : 0}\n`, () =>
  process.exit(0),
);
