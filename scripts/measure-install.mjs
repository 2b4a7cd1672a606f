// What an installation takes, beside the other PC/SC packages: `node scripts/measure-install.mjs`. Each
// into an empty project, its install scripts allowed as its documentation asks; twice, and the second
// counts, when npm's cache has what is downloaded. Needs the registry, and for two of the others a
// compiler and libpcsclite-dev.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peers } from "../bench/peers.mjs";
import { prebuildFile, targets } from "./prebuild/targets.mjs";
import { stageRelease } from "./release/packages.mjs";
import { root, run, script } from "./run.mjs";
import { ensure } from "./setup.mjs";
import { bytesUnder, pack } from "./verify-package/install.mjs";

/**
 * @param {string} name
 * @param {string} version or `file:…`
 * @param {boolean} scripts
 */
function install(name, version, scripts) {
  const project = mkdtempSync(join(tmpdir(), "scard-measure-"));
  const manifest = {
    private: true,
    dependencies: { [name]: version },
    allowScripts: scripts ? { [name]: true, [`${name}@${version}`]: true } : {},
  };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  const started = performance.now();
  const args = ["install", "--no-audit", "--no-fund", ...(scripts ? [] : ["--ignore-scripts"])];
  const { status } = run("npm", args, { quiet: true, check: false, cwd: project });
  const seconds = (performance.now() - started) / 1000;
  const bytes = bytesUnder(join(project, "node_modules"));
  rmSync(project, { recursive: true });
  return { status, seconds, bytes };
}

await script(async () => {
  await ensure("dependencies", "library");
  const temporary = mkdtempSync(join(tmpdir(), "scard-measure-"));
  mkdirSync(temporary, { recursive: true });
  const { tarball } = pack(
    stageRelease(join(temporary, "packages")).at(-1)?.directory ?? "",
    temporary,
  );
  const missing = targets.filter((one) => !one.apart && !existsSync(join(root, prebuildFile(one))));
  for (const { name } of missing) console.log(`scard: without ${name}, which is not built here`);
  const all = [
    { name: "scard", version: `file:${tarball}`, compiled: false },
    ...Object.values(peers).map(({ module, version, compiled }) => ({
      ...{ name: module, version, compiled },
    })),
  ];
  for (const { name, version, compiled } of all) {
    install(name, version, compiled);
    const { status, seconds, bytes } = install(name, version, compiled);
    const outcome = status === 0 ? `${seconds.toFixed(1)} s` : "failed";
    console.log(
      `${name.padEnd(18)} ${outcome.padStart(8)}  ${(bytes / 1e6).toFixed(1)} MB on disk`,
    );
  }
  rmSync(temporary, { recursive: true });
});
