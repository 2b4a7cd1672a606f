// Prebuilds that the package has no room for come in packages of their own, of which npm installs the
// one that fits: they are the package's optional dependencies (docs/decisions/0007).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A platform package, as the package's manifest names it. */
export interface PlatformPackage {
  /** Such as `scard-darwin-x64`. */
  readonly name: string;
  readonly version: string;
  /** Where it is installed; undefined where it is not. */
  readonly directory: string | undefined;
}

/**
 * The platform packages for a platform, of every C library.
 * @param directory The package's directory.
 * @param platform Such as `linux-x64`.
 */
export function platformPackages(directory: string, platform: string): PlatformPackage[] {
  return Object.entries(optionalDependencies(directory))
    .filter(([name]) => name === `scard-${platform}` || name.startsWith(`scard-${platform}-`))
    .map(([name, version]) => ({ name, version, directory: installed(directory, name) }));
}

function optionalDependencies(directory: string): Readonly<Record<string, string>> {
  try {
    const text = readFileSync(join(directory, "package.json"), "utf8");
    const manifest = JSON.parse(text) as { optionalDependencies?: Record<string, string> };
    return manifest.optionalDependencies ?? {};
  } catch {
    // A bundle has none.
    return {};
  }
}

function installed(directory: string, name: string): string | undefined {
  try {
    const { resolve } = createRequire(join(directory, "package.json"));
    return dirname(resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}
