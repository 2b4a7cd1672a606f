// Builds the addons that the package ships, into prebuilds/: `npm run prebuild`, or
// `node scripts/prebuild.mjs TARGET…` for some. By default everything that can be built here: on
// Linux with Debian's compilers, elsewhere the machine's own platform.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fingerprint, isFresh, markFresh } from "./freshness.mjs";
import { ensurePackages } from "./prebuild/debian.mjs";
import { describeFindings, inspect } from "./prebuild/inspect.mjs";
import { stageFor } from "./prebuild/stage.mjs";
import { isNative, prebuildFile, targetNamed, targets } from "./prebuild/targets.mjs";
import { isMain, root, script, timed } from "./run.mjs";
import { ensure, requireCMake } from "./setup.mjs";

const require = createRequire(import.meta.url);

/** @typedef {import("./prebuild/targets.mjs").Target} Target */

const sources = ["CMakeLists.txt", "native", "package-lock.json", "scripts/prebuild"];

/**
 * Builds a target in a stage, into `out`/prebuilds.
 * @param {Target} target
 * @param {string} stage
 * @param {string} [out]
 */
export function prebuildify(target, stage, out = root) {
  const { platform, arch, libc, armVersion, toolchain, strip } = target;
  const cross = toolchain && !isNative(target);
  if (cross) process.env["SCARD_TOOLCHAIN"] = join(root, "scripts/prebuild/toolchains", toolchain);
  else delete process.env["SCARD_TOOLCHAIN"];
  process.env["CMAKE_BUILD_PARALLEL_LEVEL"] ??= String(availableParallelism());
  return new Promise((resolve, reject) => {
    require("prebuildify")(
      {
        ...{ cwd: stage, out, name: "scard", napi: true, quiet: true },
        ...{ platform, arch, libc, tagLibc: libc !== undefined },
        ...(armVersion ? { armv: armVersion, tagArmv: true } : {}),
        ...{ strip: true, stripBin: (cross && strip) || "strip" },
        nodeGyp: nodeGyp(),
      },
      (/** @type {Error | undefined} */ error) => {
        if (error === undefined || error === null) return resolve(undefined);
        const log = join(stage, "build.log");
        const said = existsSync(log) ? readFileSync(log, "utf8").trimEnd() : "";
        reject(new Error(`${target.name}: ${error.message}\n${said}`));
      },
    );
  });
}

/** The command that prebuildify starts; on Windows it goes through a shell, which runs no script as such. */
function nodeGyp() {
  const shim = join(root, "scripts/prebuild/node-gyp.mjs");
  return process.platform === "win32" ? `"${process.execPath}" "${shim}"` : shim;
}

/** @param {Target} target */
async function prebuild(target) {
  const file = prebuildFile(target);
  const inputs = fingerprint(sources, [target.name, process.version]);
  if (isFresh(`prebuild-${target.name}`, inputs, [file])) return;
  mkdirSync(join(root, "prebuilds"), { recursive: true });
  await timed(`building ${file}`, () => prebuildify(target, stageFor(target.name)));
  if (!existsSync(join(root, file))) throw new Error(`prebuildify made no ${file}`);
  markFresh(`prebuild-${target.name}`, inputs);
}

/** The targets that this machine can build for shipping. */
export function buildableHere() {
  return targets.filter((one) =>
    process.platform === "linux" && process.arch === "x64"
      ? one.built === "here" || isNative(one)
      : isNative(one),
  );
}

if (isMain(import.meta.url)) {
  await script(async () => {
    const asked = process.argv.slice(2).map(targetNamed);
    const chosen = asked.length > 0 ? asked : buildableHere();
    const impossible = chosen.filter((one) => !buildableHere().includes(one));
    if (impossible.length > 0) {
      const names = impossible.map((one) => one.name).join(", ");
      throw new Error(`${names}: built on that platform itself, by the release workflow`);
    }
    await ensure("dependencies");
    await ensurePackages([...new Set(chosen.flatMap((one) => one.packages))]);
    requireCMake();
    const findings = [];
    for (const target of chosen) {
      await prebuild(target);
      findings.push(...inspect(target, join(root, prebuildFile(target))).findings);
    }
    console.log(describeFindings(findings));
    return findings.length === 0 ? 0 : 1;
  });
}
