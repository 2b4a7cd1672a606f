// Where the package keeps its databases.
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** The files of the two scopes. */
export interface DatabasePaths {
  readonly user: string;
  readonly system: string;
}

const name = join("scard", "database.json");

/**
 * `$XDG_CONFIG_HOME/scard/database.json` (else `~/.config`) and `/etc/scard/database.json`; on macOS
 * in `Library/Application Support`, the user's and the machine's.
 */
export function defaultPaths(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
  home: () => string = homedir,
): DatabasePaths {
  if (platform === "darwin") {
    const support = join("Library", "Application Support", name);
    return { user: join(home(), support), system: join("/", support) };
  }
  const config = env["XDG_CONFIG_HOME"];
  // The specification has relative paths ignored.
  const folder = config !== undefined && isAbsolute(config) ? config : join(home(), ".config");
  return { user: join(folder, name), system: join("/etc", name) };
}
