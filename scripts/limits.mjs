// Rules of the house that no other tool holds.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesUnder } from "./freshness.mjs";
import { root } from "./run.mjs";

const longestFile = 400;
const unfinished = /\b(TODO|FIXME|XXX|stub|not implemented|for now)\b/i;
const nodeHeader = /^\s*#\s*include\s*[<"](napi|node_api|js_native_api|uv|node|v8)\.h[">]/m;

/** @returns {string[]} one sentence for every rule that is broken */
export function brokenLimits() {
  const broken = [];
  for (const file of ["native", "lib"].flatMap(filesUnder)) {
    const text = readFileSync(join(root, file), "utf8");
    const lines = text.split("\n").length - 1;
    // Generated tables are as long as what they list.
    if (lines > longestFile && /\.(cc|h|ts)$/.test(file) && !/\.gen\.\w+$/.test(file)) {
      broken.push(`${file} has ${lines} lines; at most ${longestFile}`);
    }
    const word = unfinished.exec(text);
    if (word) broken.push(`${file} says "${word[0]}"`);
    if (/^native\/(core|platform)\//.test(file) && nodeHeader.test(text)) {
      broken.push(`${file} includes a Node header; only native/binding may`);
    }
  }
  for (const file of filesUnder("test")) {
    const text = /\.(ts|mjs)$/.test(file) ? readFileSync(join(root, file), "utf8") : "";
    const skipped = /\b(it|test|describe)\.(skip|only|todo|fails)\b|\bretry: *[1-9]/.exec(text);
    if (skipped) broken.push(`${file} uses ${skipped[0]}`);
  }
  if (/"resolved": *"http/.test(readFileSync(join(root, "package-lock.json"), "utf8"))) {
    broken.push(
      "package-lock.json names a registry; .npmrc keeps that out, so run npm install again",
    );
  }
  return broken;
}
