// Builds a target that is shipped from a machine of its own platform with a third party's compiler, to
// see that it compiles, links and asks for nothing that it must not. Never shipped: it goes to the
// cache, not to prebuilds/.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { prebuildify } from "../prebuild.mjs";
import { fingerprint, isFresh, markFresh } from "../freshness.mjs";
import { timed } from "../run.mjs";
import { cachePath } from "../verify-prebuilds/cache.mjs";
import { ensurePackages } from "./debian.mjs";
import { stageFor } from "./stage.mjs";
import { prebuildFile } from "./targets.mjs";
import { zigFor, zigPackages } from "./zig.mjs";

/** @typedef {import("./targets.mjs").Target} Target */

/**
 * @param {Target} target with a `zig`
 * @returns {Promise<string>} the file
 */
export async function checkBuild(target) {
  const { name, zig } = target;
  if (zig === undefined) throw new Error(`${name} is built here for shipping`);
  const out = cachePath("check-builds");
  const file = join(out, prebuildFile(target));
  await ensurePackages(zigPackages);
  const sources = ["CMakeLists.txt", "native", "package-lock.json", "scripts/prebuild"];
  const inputs = fingerprint(sources, [name, out]);
  if (existsSync(file) && isFresh(`check-${name}`, inputs, [])) return file;
  const strip = await zigFor(target);
  mkdirSync(join(out, "prebuilds"), { recursive: true });
  await timed(`building ${name} to check it`, () =>
    prebuildify({ ...target, toolchain: "zig.cmake", strip }, stageFor(`check-${name}`), out),
  );
  markFresh(`check-${name}`, inputs);
  return file;
}
