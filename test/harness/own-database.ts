// Before every test file: its databases are its own. No test reads or writes those of the machine and
// of the person who runs it; programs that it starts inherit that.
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "scard-config-"));
const usualHome = homedir();

process.env["SCARD_TEST_CONFIG"] = folder;
process.env["XDG_CONFIG_HOME"] = join(folder, "user");
process.env["SCARD_SYSTEM_CONFIG"] = join(folder, "system");
if (process.platform === "darwin") {
  // There the user's database is below the home folder, whatever XDG_CONFIG_HOME says.
  process.env["HOME"] = join(folder, "home");
  process.env["npm_config_cache"] ??= join(usualHome, ".npm");
}

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
