// A directory to build a target in, apart from the clone's own build/: what a build needs, copied.
import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { root } from "../run.mjs";

/**
 * @param {string} name
 * @returns {string} its path
 */
export function stageFor(name) {
  const stage = join(root, ".cache/prebuild", name);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const entry of ["CMakeLists.txt", "native", "package.json"]) {
    cpSync(join(root, entry), join(stage, entry), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(stage, "node_modules"), "junction");
  return stage;
}
