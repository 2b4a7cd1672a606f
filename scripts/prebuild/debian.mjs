// Debian packages that the scripts need: installed where that is allowed, named where it is not.
import { existsSync } from "node:fs";
import { run, timed } from "../run.mjs";

/** @param {string} name */
function isInstalled(name) {
  const args = ["-W", "-f", "${Status}", name];
  return run("dpkg-query", args, { quiet: true, check: false }).output.includes("ok installed");
}

const isRoot = () => process.getuid?.() === 0;

/**
 * Makes sure that the packages are there: as root on Debian it installs them, else it throws with
 * the command that does.
 * @param {readonly string[]} names
 */
export async function ensurePackages(names) {
  if (!existsSync("/usr/bin/dpkg-query")) return; // another system: what is missing will be told
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const install = ["install", "-q", "-y", "--no-install-recommends", ...missing];
  if (!isRoot()) throw new Error(`Missing: sudo apt-get ${install.join(" ")}`);
  await timed(`installing ${missing.join(", ")}`, () => {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    run("apt-get", ["update", "-q"], { quiet: true, env });
    run("apt-get", install, { quiet: true, env });
  });
}
