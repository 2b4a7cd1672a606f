// Loads and drives every prebuild: `npm run verify-prebuilds`, or `node scripts/verify-prebuilds.mjs
// TARGET…` for some. On Linux x64 everything that can run there runs, each in what it is built for;
// elsewhere the machine's own platform. Ends with one table; fails when anything that can run fails.
import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { checkBuild } from "./prebuild/check-build.mjs";
import { inspect } from "./prebuild/inspect.mjs";
import { isNative, prebuildFile, targetNamed, targets } from "./prebuild/targets.mjs";
import { isMain, root, script } from "./run.mjs";
import { ensure } from "./setup.mjs";
import { bundle, layOut } from "./verify-prebuilds/bundle.mjs";
import { hostOf } from "./verify-prebuilds/hosts.mjs";
import { writeRecord } from "./verify-prebuilds/record.mjs";
import { failed, table } from "./verify-prebuilds/table.mjs";

/** @typedef {import("./prebuild/targets.mjs").Target} Target */
/** @typedef {import("./verify-prebuilds/table.mjs").Row} Row */

const programs = ["contract", "drive", "winscard"];

/** @param {Target} target */
async function addonOf(target) {
  const file = join(root, prebuildFile(target));
  if (existsSync(file)) return { file, shipped: true };
  if (target.built === "here" || isNative(target)) {
    throw new Error(`${prebuildFile(target)} is missing: npm run prebuild`);
  }
  return { file: await checkBuild(target), shipped: false };
}

/**
 * @param {Target} target
 * @returns {Promise<Row>}
 */
async function verify(target) {
  const { file, shipped } = await addonOf(target);
  const { bytes, floor, findings } = inspect(target, file);
  for (const finding of findings) process.stderr.write(`[scard] ${finding}\n`);
  const row = { target, shipped, bytes, floor, findings, outcomes: [] };
  const host = hostOf(target);
  if ("notRun" in host) return { ...row, notRun: host.notRun };
  const laidOut = layOut(target.name, file, prebuildFile(target), programs);
  const outcomes = await host.run(target.name, laidOut);
  const done = { ...row, outcomes };
  if (shipped && !failed(done)) writeRecord(target.name, file, outcomes);
  return done;
}

/** @param {Target} target */
async function verifyOrTell(target) {
  try {
    return await verify(target);
  } catch (error) {
    // One that cannot be verified takes no other with it, and is a failure.
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`[scard] ${target.name}: ${message}\n`);
    const [failure = ""] = message.split("\n");
    const shipped = target.built === "here" || isNative(target);
    return { target, shipped, bytes: 0, floor: {}, outcomes: [], findings: [], failure };
  }
}

if (isMain(import.meta.url)) {
  await script(async () => {
    const started = performance.now();
    const asked = process.argv.slice(2).map(targetNamed);
    const here = process.platform === "linux" && process.arch === "x64";
    const chosen = asked.length > 0 ? asked : targets.filter((one) => here || isNative(one));
    await ensure("dependencies", "library");
    for (const program of programs) await bundle(program);
    const rows = [];
    for (const target of chosen) rows.push(await verifyOrTell(target));
    const minutes = ((performance.now() - started) / 60_000).toFixed(1);
    console.log(`\n${table(rows)}\n`);
    const bad = rows.filter(failed).map(({ target }) => target.name);
    console.log(
      bad.length > 0
        ? `verify-prebuilds: failed: ${bad.join(", ")}`
        : "verify-prebuilds: all passed",
    );
    console.log(`${minutes} minutes, load ${loadavg()[0]?.toFixed(1)}`);
    return bad.length > 0 ? 1 : 0;
  });
}
