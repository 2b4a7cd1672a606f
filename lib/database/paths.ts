// Where the package keeps its databases.
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** The files of the two scopes. */
export interface DatabasePaths {
  readonly user: string;
  readonly system: string;
}

const name = join("scard", "database.json");

/** Names the folder that the machine's database is below in place of the usual one. */
export const systemVariable = "SCARD_SYSTEM_CONFIG";

/**
 * `$XDG_CONFIG_HOME/scard/database.json` (else `~/.config`) and `/etc/scard/database.json`; on macOS
 * in `Library/Application Support`, the user's and the machine's. {@link systemVariable} is for
 * images, containers and tests. Of both variables relative paths are ignored, as the XDG
 * specification has it.
 */
export function defaultPaths(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
  home: () => string = homedir,
): DatabasePaths {
  const mac = platform === "darwin";
  const support = join("Library", "Application Support");
  const folder =
    (mac ? undefined : absolute(env["XDG_CONFIG_HOME"])) ?? join(home(), mac ? support : ".config");
  const machine = absolute(env[systemVariable]) ?? join("/", mac ? support : "etc");
  return { user: join(folder, name), system: join(machine, name) };
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
