// Directories with the programs and libraries of a Debian release, of this or another processor: what
// apt would install, unpacked without being installed. Needs no root and touches nothing of the
// machine's own apt and dpkg.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run.mjs";
import { cachedDirectory } from "./cache.mjs";

/**
 * @typedef {object} RootRecipe
 * @property {string} suite such as "trixie"
 * @property {string} architecture Debian's word
 * @property {readonly string[]} packages
 */

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The mirror that the machine itself uses, for those who have one nearby. */
function mirror() {
  for (const file of ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"]) {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    const found = /^(?:URIs: *|deb (?:\[.*\] )?)(https?:\/\/\S*debian\/?)(?:\s|$)/m.exec(text);
    if (found?.[1]) return found[1];
  }
  return "http://deb.debian.org/debian";
}

/**
 * @param {string} state a directory for apt's own files
 * @param {RootRecipe} recipe
 */
function aptOptions(state, { suite, architecture }) {
  for (const part of ["lists/partial", "cache/archives/partial", "etc"]) {
    mkdirSync(join(state, part), { recursive: true });
  }
  writeFileSync(join(state, "status"), "");
  const source = `deb [signed-by=${keyring}] ${mirror()} ${suite} main\n`;
  writeFileSync(join(state, "etc/sources.list"), source);
  const settings = {
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    // Its own user could not write here.
    "APT::Sandbox::User": "root",
    "APT::Get::AllowUnauthenticated": "false",
    "Acquire::Languages": "none",
    "Dir::State::lists": join(state, "lists"),
    "Dir::State::status": join(state, "status"),
    "Dir::Cache": join(state, "cache"),
    "Dir::Etc::sourcelist": join(state, "etc/sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Debug::NoLocking": "true",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/**
 * @param {string} name of the directory
 * @param {RootRecipe} recipe
 * @returns {Promise<string>} its path
 */
export async function debianRoot(name, recipe) {
  if (!existsSync(keyring)) throw new Error(`${keyring} is missing: debian-archive-keyring`);
  return cachedDirectory(`roots/${name}`, recipe, (directory) => {
    const state = join(directory, ".apt");
    const options = aptOptions(state, recipe);
    run("apt-get", [...options, "update", "-q"], { quiet: true });
    const choose = ["install", "-q", "-y", "--no-install-recommends", "--download-only"];
    run("apt-get", [...options, ...choose, ...recipe.packages], { quiet: true });
    const archives = join(state, "cache/archives");
    const files = readdirSync(archives).filter((file) => file.endsWith(".deb"));
    // base-files first: it may bring /lib and the like as links.
    files.sort((a, b) => Number(b.startsWith("base-files_")) - Number(a.startsWith("base-files_")));
    for (const file of files) run("dpkg-deb", ["-x", join(archives, file), directory]);
    rmSync(state, { recursive: true });
  });
}
