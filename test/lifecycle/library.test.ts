// The PC/SC library may be missing: that is no reason for an import to fail.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { Child } from "../harness/child.js";
import { requirePcscd } from "../harness/require-pcscd.js";
import { pcscdAvailable } from "../harness/sandbox.js";

interface Report {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly install: string;
  readonly tried: readonly { path: string; message: string }[];
}

async function report(child: Child): Promise<Report> {
  const { code, signal, stdout, stderr } = await child.ended;
  expect(stderr).toBe("");
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  const [imported, answer = ""] = stdout.split("\n");
  expect(imported).toBe("imported false");
  return JSON.parse(answer) as Report;
}

test("imports, and says at the first call where it looked and what to install", async () => {
  const path = "/nowhere/libpcsclite.so.1";
  const found = await report(new Child("no-library", { env: { SCARD_LIBRARY: path } }));
  expect(found).toMatchObject({
    name: "LibraryNotFoundError",
    code: "ERR_SCARD_LIBRARY_NOT_FOUND",
  });
  expect(found.tried.map((one) => one.path)).toContain(path);
  expect(found.tried[0]?.message).not.toBe("");
  expect(found.message).toContain(path);
  expect(found.message).toContain(found.install);
});

test("imports where the system has no usable PC/SC library", async (context) => {
  requirePcscd(context);
  const available = pcscdAvailable();
  if ("reason" in available) throw new Error(available.reason);
  const libraries = spawnSync("sh", ["-c", "PATH=$PATH:/sbin ldconfig -p"])
    .stdout.toString()
    .split("\n")
    .filter((line) => line.includes("libpcsclite.so"))
    .map((line) => line.split("=> ")[1] ?? "");
  expect(libraries).not.toEqual([]);
  // An empty file in the library's place, seen by this one process.
  const hide = 'for library in $LIBRARIES; do mount --bind /dev/null "$library"; done; exec "$@"';
  const through = ["unshare", ...available.sandbox.unshare, "sh", "-c", hide, "sh"];
  const env = { LIBRARIES: libraries.join(" ") };
  const found = await report(new Child("no-library", { through, env }));
  expect(found.code).toBe("ERR_SCARD_LIBRARY_NOT_FOUND");
  expect(found.tried.some(({ path }) => path.includes("libpcsclite"))).toBe(true);
});

test("keeps no command from the database, which is in files", () => {
  const command = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
  const scard = (...args: readonly string[]): unknown => {
    const env = { ...process.env, SCARD_LIBRARY: "/nowhere/libpcsclite.so.1" };
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { env });
    return { status, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  const done = { status: 0, stdout: "Introduced card type Without.\n", stderr: "" };
  expect(scard("introduce", "card", "Without", "--atr", "3B00")).toEqual(done);
  expect(scard("cards")).toMatchObject({
    ...done,
    stdout: expect.stringContaining("Without") as string,
  });
  expect(scard("forget", "card", "Without")).toMatchObject({ status: 0, stderr: "" });
  expect(scard("readers")).toMatchObject({ status: 1, stdout: "" });
});
