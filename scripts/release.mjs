// Publishes the package and those for single platforms: `node scripts/release.mjs --dry-run` shows what
// would happen, `--publish` does it. Refuses when a prebuild is missing, breaks a rule, or was not driven
// as it is, when the tarball is too large, and when the version has no section in CHANGELOG.md or is not
// the tag's. The package comes last: one that stopped half way can be run again.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "./prebuild/inspect.mjs";
import { prebuildFile, targets } from "./prebuild/targets.mjs";
import { mostBytes, stageRelease } from "./release/packages.mjs";
import { isMain, root, run, script } from "./run.mjs";
import { ensure } from "./setup.mjs";
import { pack } from "./verify-package/install.mjs";
import { hashOf, readRecord } from "./verify-prebuilds/record.mjs";

/** @typedef {import("./prebuild/targets.mjs").Target} Target */
/** @typedef {import("./release/packages.mjs").Staged} Staged */

/**
 * Why a target cannot be published; [] when it can.
 * @param {Target} target
 * @param {string} [directory] where prebuilds/ is
 * @returns {string[]}
 */
export function faultsOf(target, directory = root) {
  const { name } = target;
  const file = join(directory, prebuildFile(target));
  if (!existsSync(file)) return [`${name}: ${prebuildFile(target)} is missing`];
  const record = readRecord(name, directory);
  if (record === undefined) return [`${name}: was built but never driven`];
  const faults = [];
  if (record.sha256 !== hashOf(file)) faults.push(`${name}: is not the file that was driven`);
  if (record.runs.length === 0) faults.push(`${name}: nothing was run`);
  return faults;
}

/**
 * @param {string} version
 * @param {string} changelog
 * @param {string | undefined} tag as the workflow was started by it
 * @returns {string[]}
 */
export function versionFaults(version, changelog, tag) {
  const faults = [];
  if (!changelog.includes(`\n## [${version}]`)) {
    faults.push(`CHANGELOG.md has no section [${version}]: rename [Unreleased]`);
  }
  if (tag !== undefined && tag !== `v${version}`) {
    faults.push(`package.json says ${version}, the tag ${tag}`);
  }
  return faults;
}

/**
 * Files that a package's manifest names and the package does not have.
 * @param {Pick<Staged, "name" | "directory">} staged
 * @returns {string[]}
 */
export function manifestFaults({ name, directory }) {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  /** @type {(value: unknown) => string[]} */
  const files = (value) =>
    typeof value === "string" ? [value] : Object.values(value ?? {}).flatMap(files);
  const { main, types, bin, exports } = manifest;
  return [...new Set([main, types, bin, exports].flatMap(files))]
    .filter((file) => !existsSync(join(directory, file)))
    .map((file) => `${name}: its manifest names ${file}, which is missing`);
}

/**
 * @param {readonly Staged[]} staged
 * @param {string} directory for the tarballs
 * @returns {string[]}
 */
function sizeFaults(staged, directory) {
  return staged
    .map(({ name, directory: from }) => ({ name, bytes: pack(from, directory).bytes }))
    .filter(({ bytes }) => bytes >= mostBytes)
    .map(({ name, bytes }) => `${name}: ${bytes} bytes, and ${mostBytes} are too many`);
}

/** @param {Staged} staged @param {boolean} publish */
function publishPackage({ name, version, directory }, publish) {
  const view = ["view", `${name}@${version}`, "version"];
  const { output } = publish ? run("npm", view, { quiet: true, check: false }) : { output: "" };
  // npm may say more than what it was asked.
  if (output.split("\n").some((line) => line.trim() === version)) {
    console.log(`${name}@${version}: is published`);
    return;
  }
  const provenance = publish ? ["--provenance"] : ["--dry-run"];
  run("npm", ["publish", directory, "--access", "public", ...provenance]);
}

/** @param {readonly string[]} args */
function wantsToPublish(args) {
  const [mode] = args;
  if (args.length === 1 && (mode === "--dry-run" || mode === "--publish"))
    return mode === "--publish";
  throw new Error("One of --dry-run and --publish");
}

if (isMain(import.meta.url)) {
  await script(async () => {
    const publish = wantsToPublish(process.argv.slice(2));
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
    const tagged = process.env["GITHUB_REF_TYPE"] === "tag";
    const tag = tagged ? process.env["GITHUB_REF_NAME"] : undefined;
    await ensure("dependencies", "library");
    const faults = [
      ...(publish && tag === undefined ? ["this is no tag: releases are tagged"] : []),
      ...targets.flatMap((one) => faultsOf(one)),
      ...versionFaults(version, changelog, tag),
    ];
    for (const target of targets) {
      const file = join(root, prebuildFile(target));
      if (existsSync(file)) faults.push(...inspect(target, file).findings);
      for (const ran of readRecord(target.name)?.runs ?? []) console.log(`${target.name}: ${ran}`);
    }
    const stage = mkdtempSync(join(tmpdir(), "scard-release-"));
    try {
      const staged = stageRelease(join(stage, "packages"));
      faults.push(...sizeFaults(staged, stage), ...staged.flatMap(manifestFaults));
      for (const fault of faults) console.log(`refused: ${fault}`);
      if (publish && faults.length > 0) return 1;
      for (const one of staged) publishPackage(one, publish);
    } finally {
      rmSync(stage, { recursive: true });
    }
    if (faults.length > 0) console.log("dry run: --publish would be refused");
    return faults.length > 0 ? 1 : 0;
  });
}
