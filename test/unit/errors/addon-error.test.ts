// The messages that someone reads whose addon does not load: each says what is there and what to do.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { load } from "../../../lib/binding.js";
import { addonError, type AddonFailure } from "../../../lib/errors/addon-error.js";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "scard-addon-"));
  for (const file of ["linux-x64/scard.glibc.node", "linux-arm/scard.armv7.glibc.node"]) {
    const path = join(directory, "prebuilds", file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
  }
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

const none = new Error("No native build was found for platform=…\n    loaded from: …\n");

function message(failure: Partial<AddonFailure>): string {
  const error = addonError({
    ...{ directory, given: undefined, cause: none },
    ...{ platform: "linux", arch: "x64", libc: "glibc", ...failure },
  });
  expect(error).toMatchObject({ code: "ERR_SCARD_ADDON_NOT_FOUND", name: "ScardError" });
  return error.message;
}

describe("an addon that does not load", () => {
  it("names the platform and what there is, where there is no prebuild", () => {
    const text = message({ platform: "freebsd", arch: "x64", libc: "" });
    expect(text).toContain("on freebsd-x64: there is no prebuilt binary for it");
    expect(text).toContain("(there is: linux-arm armv7 glibc, linux-x64 glibc)");
    expect(text).toContain("npx scard-build");
    expect(message({ directory: join(directory, "nowhere") })).toContain("(there is: none)");
  });

  it("names the optional dependency that was left out", () => {
    const project = mkdtempSync(join(tmpdir(), "scard-addon-"));
    const optionalDependencies = { "scard-linux-x64-musl": "1.2.3", "scard-linux-arm": "1.2.3" };
    const manifest = { name: "scard", optionalDependencies };
    writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
    try {
      const text = message({ directory: project, libc: "musl" });
      expect(text).toContain("in the optional dependency scard-linux-x64-musl@1.2.3, which is not");
      expect(text).toContain("npm install scard-linux-x64-musl@1.2.3. Or build it");
      expect(message({ directory: project })).toContain("there is no prebuilt binary for it");
      expect(message({ directory: project, arch: "arm" })).toContain("scard-linux-arm@1.2.3");
      expect(message({ directory: project, libc: "" })).toContain("scard-linux-x64-musl@1.2.3");
    } finally {
      rmSync(project, { recursive: true });
    }
  });

  it("names both C libraries, where the prebuild is of the other", () => {
    const text = message({ libc: "musl" });
    expect(text).toContain("on linux-x64 (musl)");
    expect(text).toContain("this system's C library is musl");
    expect(text).toContain("the package has linux-x64 glibc alone");
    expect(text).toContain("LIBC");
  });

  it.each([
    "Error loading shared library ld-linux-x86-64.so.2: No such file or directory",
    "libc.musl-x86_64.so.1: cannot open shared object file: No such file or directory",
    "Error relocating scard.node: __memcpy_chk: symbol not found",
  ])("says that it is made for another C library: %s", (words) => {
    const text = message({ libc: "musl", cause: new Error(words) });
    expect(text).toContain("made for another C library than musl");
    expect(text).toContain(words);
    expect(text).toContain("LIBC to musl");
  });

  it("names the version of the C library that is missing", () => {
    const words = "libc.so.6: version `GLIBC_2.28' not found (required by scard.node)";
    expect(message({ cause: new Error(words) })).toContain(
      "it needs GLIBC_2.28, which this system",
    );
  });

  it.each([
    "libstdc++.so.6: cannot open shared object file: No such file or directory",
    "Error loading shared library libstdc++.so.6: No such file or directory (needed by scard.node)",
  ])("names a library that is missing, and what to install: %s", (words) => {
    const text = message({ libc: "glibc", cause: new Error(words) });
    expect(text).toContain("it needs libstdc++.so.6, which this system does not have");
    expect(text).toContain("apk add libstdc++");
    expect(text).not.toContain("Reinstall");
  });

  it("passes on what the loader said otherwise", () => {
    const text = message({ cause: new Error("scard.node: file too short") });
    expect(text).toContain("scard.node: file too short. Reinstall");
  });

  it("names the file that SCARD_ADDON names", () => {
    const path = join(directory, "prebuilds/linux-x64/scard.glibc.node");
    process.env["SCARD_ADDON"] = path;
    try {
      expect(() => load(directory)).toThrow(
        expect.objectContaining({
          message: expect.stringContaining(`SCARD_ADDON names ${path}`) as string,
        }) as Error,
      );
    } finally {
      delete process.env["SCARD_ADDON"];
    }
  });
});
