// Where databases are, and that those of tests are nobody's.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { defaultPaths } from "../../../lib/database/paths.js";
import { checkDatabaseSource } from "../../../lib/database/source.js";

const home = (): string => "/home/ada";

describe("the usual places of the databases", () => {
  it.each([
    ["linux", {}, "/home/ada/.config/scard/database.json", "/etc/scard/database.json"],
    ["linux", { XDG_CONFIG_HOME: "/x" }, "/x/scard/database.json", "/etc/scard/database.json"],
    [
      "linux",
      { XDG_CONFIG_HOME: "x", SCARD_SYSTEM_CONFIG: "y" },
      "/home/ada/.config/scard/database.json",
      "/etc/scard/database.json",
    ],
    [
      "linux",
      { SCARD_SYSTEM_CONFIG: "/y" },
      "/home/ada/.config/scard/database.json",
      "/y/scard/database.json",
    ],
    [
      "darwin",
      { XDG_CONFIG_HOME: "/x" },
      "/home/ada/Library/Application Support/scard/database.json",
      "/Library/Application Support/scard/database.json",
    ],
    [
      "darwin",
      { SCARD_SYSTEM_CONFIG: "/y" },
      "/home/ada/Library/Application Support/scard/database.json",
      "/y/scard/database.json",
    ],
  ] as const)("on %s with %j", (platform, env, user, system) => {
    expect(defaultPaths(platform, env, home)).toEqual({ user, system });
  });
});

describe("a test", () => {
  const folder = process.env["SCARD_TEST_CONFIG"] ?? "";

  it("has databases of its own, in a folder that is there for it", () => {
    expect(existsSync(folder)).toBe(true);
    const { user, system } = defaultPaths(
      process.platform === "win32" ? "linux" : process.platform,
    );
    expect(user.startsWith(join(folder, "/"))).toBe(true);
    expect(system.startsWith(join(folder, "/"))).toBe(true);
    if (process.platform !== "win32") {
      expect(checkDatabaseSource(undefined, undefined)).toEqual({ user, system });
    }
  });

  it("gives the same to programs that it starts", () => {
    const program = new URL("../../../dist/cli/main.js", import.meta.url);
    const said = execFileSync(
      process.execPath,
      [fileURLToPath(program), "database", "path", "--json"],
      { encoding: "utf8" },
    );
    expect(JSON.parse(said)).toEqual(defaultPaths(process.platform));
    expect(said).toContain(JSON.stringify(folder).slice(1, -1));
  });
});
