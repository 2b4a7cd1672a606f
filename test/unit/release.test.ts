// What a release refuses: a prebuild that is missing, was not driven, or is not the one that was.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { prebuildFile, targetNamed, targets } from "../../scripts/prebuild/targets.mjs";
import { faultsOf, versionFaults } from "../../scripts/release.mjs";

const target = targetNamed("darwin-arm64");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "scard-release-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(file: string, text: string): void {
  const path = join(directory, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function record(text: string, runs: readonly string[]): void {
  const sha256 = createHash("sha256").update(text).digest("hex");
  write("prebuilds/verified/darwin-arm64.json", JSON.stringify({ target: "", sha256, runs }));
}

it("refuses every target of an empty directory", () => {
  expect(targets.length).toBe(9);
  for (const one of targets) {
    expect(faultsOf(one, directory)).toEqual([`${one.name}: ${prebuildFile(one)} is missing`]);
  }
});

it("refuses a prebuild that was not driven, another than was, or by nothing", () => {
  write(prebuildFile(target), "addon");
  expect(faultsOf(target, directory)).toEqual(["darwin-arm64: was built but never driven"]);
  record("another", ["contract 1 in node"]);
  expect(faultsOf(target, directory)).toEqual(["darwin-arm64: is not the file that was driven"]);
  record("addon", []);
  expect(faultsOf(target, directory)).toEqual(["darwin-arm64: nothing was run"]);
});

it("takes a prebuild that was driven", () => {
  write(prebuildFile(target), "addon");
  record("addon", ["contract 134 in node 20.20.2 darwin-arm64"]);
  expect(faultsOf(target, directory)).toEqual([]);
});

it("refuses a version without a section in the changelog, or another tag's", () => {
  const changelog = "# Changelog\n\n## [1.2.3] - 2026-01-01\n";
  expect(versionFaults("1.2.3", changelog, "v1.2.3")).toEqual([]);
  expect(versionFaults("1.2.3", changelog, undefined)).toEqual([]);
  expect(versionFaults("1.2.3", changelog, "v1.2.4")).toHaveLength(1);
  expect(versionFaults("1.3.0", changelog, undefined)).toHaveLength(1);
});
