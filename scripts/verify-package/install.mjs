// The package as npm packs it, installed into an empty project by an npm that finds no compiler.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "../run.mjs";

/**
 * Packs a directory.
 * @param {string} directory
 * @param {string} destination
 */
export function pack(directory, destination) {
  const args = ["pack", directory, "--json", "--ignore-scripts", "--pack-destination", destination];
  const { output } = run("npm", [...args, "--silent"], { quiet: true, cwd: destination });
  const listed = JSON.parse(output);
  const [packed] = Array.isArray(listed) ? listed : Object.values(listed);
  return {
    tarball: join(destination, packed.filename),
    bytes: Number(packed.size),
    unpackedBytes: Number(packed.unpackedSize),
    files: packed.files.length,
  };
}

/**
 * A PATH with node and npm and nothing else: no compiler, no make, no shell of npm's scripts.
 * @param {string} temporary
 */
function bareMachine(temporary) {
  const bin = join(temporary, "bin");
  mkdirSync(bin);
  const places = (process.env["PATH"] ?? "").split(":");
  const npm = places.map((place) => join(place, "npm")).find((path) => existsSync(path));
  if (npm === undefined) throw new Error("npm is not on the PATH");
  symlinkSync(process.execPath, join(bin, "node"));
  symlinkSync(npm, join(bin, "npm"));
  return bin;
}

/**
 * Installs a tarball with its dependencies, as of the clone, without the network.
 * @param {string} tarball
 */
export function installBare(tarball) {
  const temporary = mkdtempSync(join(tmpdir(), "scard-install-"));
  const path = bareMachine(temporary);
  const project = join(temporary, "project");
  mkdirSync(project);
  /** @type {Record<string, string>} */
  const dependencies = { scard: `file:${tarball}` };
  for (const name of ["commander", "node-gyp-build"]) {
    dependencies[name] = `file:${pack(join(root, "node_modules", name), temporary).tarball}`;
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, dependencies }));
  const args = ["install", "--ignore-scripts", "--offline", "--no-audit", "--no-fund"];
  const started = performance.now();
  run("npm", args, { quiet: true, cwd: project, env: { PATH: path } });
  const seconds = (performance.now() - started) / 1000;
  return { temporary, project, path, seconds };
}

/** @param {string} directory */
export function bytesUnder(directory) {
  const list = run("du", ["-sb", directory], { quiet: true }).output;
  return Number(list.split(/\s/)[0]);
}

/** @param {string} project */
export const prebuiltFiles = (project) =>
  readdirSync(join(project, "node_modules/scard/prebuilds"), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".node"));
