// Other people's programs on our ISO card, through the bridge and a real pcscd.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test, type TestContext } from "vitest";

import { establishContext } from "../../lib/index.js";
import { startPcscd, type Pcscd } from "../harness/pcscd.js";
import { requirePcscd, requireHere } from "../harness/require-pcscd.js";
import { pcscdAvailable } from "../harness/sandbox.js";

interface Run {
  readonly code: number | null;
  readonly output: string;
}

let pcscd: Pcscd | undefined;

beforeAll(async () => {
  if ("reason" in pcscdAvailable()) return;
  pcscd = await startPcscd();
  Object.assign(process.env, pcscd.env);
  await pcscd.card(0).insertNative();
  await cardSeen(0);
});

/** Waits until the daemon knows of the card. */
async function cardSeen(index: number): Promise<void> {
  await using context = await establishContext();
  await context.waitForCard({ reader: pcscd?.readers[index], timeoutMs: 20_000 });
}

afterAll(async () => {
  await pcscd?.stop();
});

/** Pending where the program is missing, or a failure where it is promised. */
function requireProgram(context: TestContext, name: string): void {
  requirePcscd(context);
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  if (!folders.some((folder) => existsSync(join(folder, name)))) {
    requireHere(
      context,
      `${name} is not installed (Debian: apt install opensc pcsc-tools gpg scdaemon)`,
    );
  }
}

/** Runs a program to its end, with that on its standard input. */
async function run(program: string, args: readonly string[], input = ""): Promise<Run> {
  const child = spawn(program, args, { timeout: 20_000, killSignal: "SIGKILL" });
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output += text.toString()));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, output });
    });
  });
}

describe("opensc-tool", () => {
  beforeEach((context) => {
    requireProgram(context, "opensc-tool");
  });

  test("shows the ATR and a name", async () => {
    const { code, output } = await run("opensc-tool", ["--reader", "0", "--atr", "--name"]);
    expect(output).toContain("3b:80:80:01:01");
    expect(output.trim().split("\n")).toHaveLength(2);
    expect(code).toBe(0);
  });

  test("sends a command and shows what the card answers", async () => {
    const select = "00:A4:04:0C:06:F0:73:63:61:72:64";
    const read = "00:B0:81:00:00";
    const args = ["--reader", "0", "--card-driver", "default", "-s", select, "-s", read];
    const { code, output } = await run("opensc-tool", args);
    expect(output).toMatch(/SW1=0x90, SW2=0x00/);
    expect(output).toContain("Ada Lovelace");
    expect(code).toBe(0);
  });
});

test("opensc-explorer lists, enters and reads", async (context) => {
  requireProgram(context, "opensc-explorer");
  const script = ["ls", "cd 5C00", "ls", "cat 5C01", "quit", ""].join("\n");
  const args = ["--reader", "0", "--card-driver", "tcos"];
  const { code, output } = await run("opensc-explorer", args, script);
  expect(output).toMatch(/\[5C00\]/i);
  expect(output).toMatch(/5C01.*12/);
  expect(output).toContain("Ada Lovelace");
  expect(code).toBe(0);
});

test("pcsc_scan shows the reader, its card and the ATR", async (context) => {
  requireProgram(context, "pcsc_scan");
  const { output } = await run("pcsc_scan", ["-n", "-t", "1"]);
  expect(output).toContain(pcscd?.readers[0] ?? "no reader");
  expect(output).toMatch(/Card inserted/);
  expect(output).toMatch(/ATR: 3B 80 80 01 01/);
});

test("gpg --card-status reads an OpenPGP card", async (context) => {
  requireProgram(context, "gpg");
  const components = (await run("gpgconf", ["--list-components"])).output;
  const [, daemon = "none"] = /^scdaemon:[^:]*:(.*)$/m.exec(components) ?? [];
  if (!existsSync(daemon)) requireHere(context, "gpg's scdaemon is not installed");
  await pcscd?.card(1).insertOpenPgp();
  await cardSeen(1);
  const home = mkdtempSync(join(tmpdir(), "gpg-"));
  try {
    // Through PC/SC, not by a USB driver of its own; by itself it takes the first reader.
    const settings = `disable-ccid\nreader-port ${pcscd?.readers[1] ?? ""}\n`;
    writeFileSync(join(home, "scdaemon.conf"), settings);
    const { code, output } = await run("gpg", ["--homedir", home, "--card-status"]);
    expect(output).toMatch(/Serial number.*: 00000001/);
    expect(output).toMatch(/Name of cardholder.*: Ada Lovelace/);
    expect(output).toMatch(/PIN retry counter.*: 3 0 3/);
    expect(code).toBe(0);
  } finally {
    await run("gpgconf", ["--homedir", home, "--kill", "all"]);
    rmSync(home, { recursive: true, force: true });
  }
});

test("examples/introduce-and-open.mjs does on pcscd what it does without", async (context) => {
  requirePcscd(context);
  await pcscd?.card(1).insertLibrary();
  const script = fileURLToPath(new URL("../../examples/introduce-and-open.mjs", import.meta.url));
  const { code, output } = await run(process.execPath, [script, "--real"]);
  expect(output).toContain("introduced: [ 'City Library' ]");
  expect(output).toContain(`City Library in ${pcscd?.readers[1] ?? ""}, of Ada Lovelace`);
  expect(output).toContain("triesLeft: 2");
  expect(output).toContain("loans: [ 'Flatland', 'Emma' ]");
  expect(code).toBe(0);
});

test("scriptor sends a script", async (context) => {
  requireProgram(context, "scriptor");
  const reader = pcscd?.readers[0] ?? "";
  const script = "00 A4 04 0C 06 F0 73 63 61 72 64\n00 B0 81 00 00\n";
  const { code, output } = await run("scriptor", ["-r", reader], script);
  expect(output).toMatch(/90 00 : Normal processing/);
  expect(output).toContain("41 64 61 20 4C 6F 76 65 6C 61 63 65 90 00");
  expect(code).toBe(0);
});
