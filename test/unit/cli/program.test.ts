import { expect, it } from "vitest";
import { FakeService } from "./fake-context.js";
import { contactAtr, runCommand, startCommand } from "./run-command.js";
import { Interruption } from "../../../lib/cli/exit-code.js";

const commands = ["readers", "status", "watch", "atr", "send"];

it("prints the version", async () => {
  expect(await runCommand(["--version"])).toEqual({ code: 0, stdout: "1.2.3\n", stderr: "" });
});

it("lists every command and the exit codes in its help", async () => {
  const { code, stdout } = await runCommand(["--help"]);
  expect(code).toBe(0);
  for (const command of commands) {
    expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, "m"));
  }
  expect(stdout).toContain("Exit codes:");
  expect(stdout).toContain("SCARD_LIBRARY");
});

it.each(commands)("gives examples in the help of %s", async (command) => {
  const { code, stdout } = await runCommand([command, "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("Examples:");
  expect(stdout).toContain(`  scard ${command}`);
  expect(stdout).toContain("--json");
});

it("gives examples of atr that work", async () => {
  const { stdout } = await runCommand(["atr", "--help"]);
  const lines = [...stdout.matchAll(/^ {2}scard (atr .*?) {2,}/gm)];
  expect(lines.length).toBeGreaterThan(1);
  for (const [, line = ""] of lines) {
    expect((await runCommand(line.split(" "))).code).toBe(0);
  }
});

it.each([
  [[], "Usage: scard"],
  [["reders"], "Did you mean readers?"],
  [["readers", "--jsn"], "Did you mean --json?"],
  [["readers", "extra"], "too many arguments"],
  [["atr"], "missing required argument"],
])("ends %j with 2 and says what is wrong", async (argv, message) => {
  const { code, stdout, stderr } = await runCommand(argv);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^error:/m);
});

it("ends any other command with 130 on Ctrl-C, without a word", async () => {
  const service = new FakeService().addReader("ACME", contactAtr);
  const running = startCommand(["send", "00A40400"], service);
  running.abort(new Interruption("interrupted"));
  expect(await running.done).toMatchObject({ code: 130, stderr: "" });
});
