// Writes everything that follows from native/core/errors/codes.json, the one place where PC/SC
// result codes are described. Usage: node scripts/generate-errors.mjs [--check]
// With --check it writes nothing and fails when a generated file is out of date.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { readCodes } from "./errors/data.mjs";
import { cppHeader } from "./errors/cpp.mjs";
import { markdownPage } from "./errors/markdown.mjs";
import { typescriptModule } from "./errors/typescript.mjs";

/** @param {string} path */
const inProject = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const data = readCodes(await readFile(inProject("native/core/errors/codes.json"), "utf8"));
const generated = {
  "native/core/errors/codes.gen.h": cppHeader(data),
  "lib/errors/codes.gen.ts": await typescriptModule(data),
  "docs/errors.md": await markdownPage(data),
};

const check = process.argv.includes("--check");
for (const [path, text] of Object.entries(generated)) {
  const present = await readFile(inProject(path), "utf8").catch(() => "");
  if (present === text) {
    continue;
  }
  if (check) {
    process.exitCode = 1;
    console.error(`${path} is out of date: run node scripts/generate-errors.mjs`);
  } else {
    await writeFile(inProject(path), text);
    console.log(`wrote ${path}`);
  }
}
