// The packages of a release, as directories that npm publishes: one for each platform that the package
// itself has no room for, and the package, which names those as optional dependencies. npm installs of
// them what fits the machine.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { prebuildFile, targets } from "../prebuild/targets.mjs";
import { root, run } from "../run.mjs";
import { pack } from "../verify-package/install.mjs";

/** @typedef {import("../prebuild/targets.mjs").Target} Target */
/** @typedef {{ name: string, version: string, directory: string }} Staged */

/** Bytes of the package's tarball, at most. */
export const mostBytes = 2_000_000;

/** What lib/platform-packages.ts looks for. @param {Target} target */
export const platformPackage = ({ name }) => `scard-${name}`;

/** What provenance is proved for: the repository that the workflow runs in. */
function repositoryOfWorkflow() {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env;
  if (!server || !name) return {};
  return { repository: { type: "git", url: `git+${server}/${name}.git` } };
}

/** @param {string} path @param {object} manifest */
const writeManifest = (path, manifest) =>
  writeFileSync(join(path, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);

/**
 * @param {Target} target
 * @param {string} from where prebuilds/ is
 * @param {string} to
 * @param {Record<string, unknown> & { version: string }} manifest the package's
 * @returns {Staged}
 */
function stagePlatform(target, from, to, manifest) {
  const name = platformPackage(target);
  const directory = join(to, name);
  const file = prebuildFile(target);
  mkdirSync(dirname(join(directory, file)), { recursive: true });
  copyFileSync(join(from, file), join(directory, file));
  for (const paper of ["LICENSE", "NOTICE.md"]) {
    copyFileSync(join(root, paper), join(directory, paper));
  }
  const { version, license, repository, homepage, engines } = manifest;
  writeManifest(directory, {
    ...{ name, version, description: `The native part of scard for ${target.name}.`, license },
    ...(repository === undefined ? {} : { repository }),
    ...(homepage === undefined ? {} : { homepage }),
    ...{ engines, os: [target.platform], cpu: [target.arch] },
    ...(target.libc === undefined ? {} : { libc: [target.libc] }),
    ...{ files: ["prebuilds", "NOTICE.md"], preferUnplugged: true },
  });
  const text = `# ${name}\n\nThe native part of [scard](https://www.npmjs.com/package/scard) for ${target.name}, which installs it.\n`;
  writeFileSync(join(directory, "README.md"), text);
  return { name, version, directory };
}

/**
 * Stages everything of which the prebuild is there.
 * @param {string} to an empty directory
 * @param {string} [from] where prebuilds/ is
 * @returns {Staged[]} in the order to publish: the package comes when all that it names is there
 */
export function stageRelease(to, from = root) {
  mkdirSync(to, { recursive: true });
  const { tarball } = pack(root, to);
  run("tar", ["-xzf", tarball], { quiet: true, cwd: to });
  rmSync(tarball);
  const directory = join(to, "scard");
  renameSync(join(to, "package"), directory);
  rmSync(join(directory, "prebuilds"), { recursive: true, force: true });
  const packed = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  // Scripts are for a clone; npm would run prepack once more, of what is not there.
  delete packed.scripts;
  const manifest = { ...packed, ...repositoryOfWorkflow() };
  const present = targets.filter((target) => existsSync(join(from, prebuildFile(target))));
  for (const file of present.filter((one) => !one.apart).map(prebuildFile)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    copyFileSync(join(from, file), join(directory, file));
  }
  const apart = targets.filter((one) => one.apart);
  const names = apart.map((one) => [platformPackage(one), manifest.version]);
  writeManifest(directory, { ...manifest, optionalDependencies: Object.fromEntries(names) });
  return [
    ...apart
      .filter((one) => present.includes(one))
      .map((one) => stagePlatform(one, from, to, manifest)),
    { name: manifest.name, version: manifest.version, directory },
  ];
}
