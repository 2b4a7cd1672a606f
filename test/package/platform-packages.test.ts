// Platforms that the package has no room for: what a release stages, and how it is found when installed.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prebuildFile, targets } from "../../scripts/prebuild/targets.mjs";
import { run } from "../../scripts/run.mjs";
import { manifestFaults } from "../../scripts/release.mjs";
import { platformPackage, stageRelease } from "../../scripts/release/packages.mjs";
import { InstalledPackage, prebuildPath } from "./installed.js";

type Manifest = Record<string, unknown> & { version: string };

const manifestIn = (directory: string): Manifest =>
  JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;

async function addonsIn(directory: string): Promise<string[]> {
  const files = await readdir(directory, { recursive: true });
  return files
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".node"))
    .sort();
}

describe("a release with a prebuild for every target", () => {
  const temporary = mkdtempSync(join(tmpdir(), "scard-stage-"));
  let staged: ReturnType<typeof stageRelease>;

  beforeAll(() => {
    for (const target of targets) {
      const file = join(temporary, prebuildFile(target));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, target.name);
    }
    staged = stageRelease(join(temporary, "out"), temporary);
  }, 60_000);

  afterAll(() => {
    rmSync(temporary, { recursive: true });
  });

  it("has the package last, with the prebuilds that are not apart", async () => {
    const main = staged.at(-1);
    expect(main?.name).toBe("scard");
    const carried = targets.filter((one) => !one.apart).map(prebuildFile);
    expect(carried.length).toBeGreaterThan(2);
    expect(await addonsIn(main?.directory ?? "")).toEqual(carried.sort());
    expect((await readdir(main?.directory ?? "")).sort()).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "NOTICE.md",
        "README.md",
        "bin",
        "binding.d.ts",
        "dist",
        "native",
      ]),
    );
  });

  it("has a package for every other target, which the package names in its own version", () => {
    const apart = targets.filter((one) => one.apart).map(platformPackage);
    expect(staged.slice(0, -1).map(({ name }) => name)).toEqual(apart);
    const { version, optionalDependencies } = manifestIn(staged.at(-1)?.directory ?? "");
    expect(optionalDependencies).toEqual(Object.fromEntries(apart.map((name) => [name, version])));
    expect(staged.map((one) => one.version)).toEqual(staged.map(() => version));
  });

  it("has nothing that npm would run, and is packed as it is", () => {
    for (const { name, version, directory } of staged) {
      expect(manifestIn(directory)).not.toHaveProperty("scripts");
      expect(manifestFaults({ name, directory })).toEqual([]);
      const { output } = run("npm", ["pack", directory, "--dry-run"], { quiet: true });
      expect(output).toContain(`${name}-${version}.tgz`);
    }
  });

  it("says in each which systems it is for, and puts its file where it is looked for", async () => {
    for (const target of targets.filter((one) => one.apart)) {
      const { directory = "" } = staged.find((one) => one.name === platformPackage(target)) ?? {};
      const manifest = manifestIn(directory);
      expect(manifest).toMatchObject({ os: [target.platform], cpu: [target.arch] });
      expect(manifest["libc"]).toEqual(target.libc === undefined ? undefined : [target.libc]);
      expect(manifest).not.toHaveProperty("scripts");
      expect(await addonsIn(directory)).toEqual([prebuildFile(target)]);
      expect(await readdir(directory)).toEqual(expect.arrayContaining(["LICENSE", "NOTICE.md"]));
      expect(readFileSync(join(directory, prebuildFile(target)), "utf8")).toBe(target.name);
    }
  });
});

it("is what the README's table of binaries says", () => {
  const readme = readFileSync("README.md", "utf8");
  const rows = [...readme.matchAll(/^\| `([\w-]+)` +\| (yes|apart) +\| (.+?) +\|/gm)];
  expect(rows.map(([, name, place, compiler]) => ({ name, place, compiler }))).toEqual(
    targets.map(({ name, apart, compiler }) => ({
      name,
      place: apart === true ? "apart" : "yes",
      compiler,
    })),
  );
});

describe("on a platform whose prebuild is apart", () => {
  const name = `scard-${process.platform}-${process.arch}`;
  const use = 'console.log(require("scard").controlCode(1));';
  let installed: InstalledPackage;

  beforeAll(async () => {
    installed = await InstalledPackage.create();
    const apart = join(installed.project, "node_modules", name);
    await mkdir(dirname(join(apart, prebuildPath())), { recursive: true });
    await rename(join(installed.directory, prebuildPath()), join(apart, prebuildPath()));
    writeFileSync(join(apart, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
  }, 120_000);

  afterAll(async () => {
    await installed.remove();
  });

  function nameIt(optionalDependencies: Record<string, string>): void {
    const manifest = { ...manifestIn(installed.directory), optionalDependencies };
    writeFileSync(join(installed.directory, "package.json"), JSON.stringify(manifest));
  }

  it("loads nothing that the package does not name", async () => {
    const { code, stderr } = await installed.node("use.cjs", use);
    expect(code).not.toBe(0);
    expect(stderr).toContain("there is no prebuilt binary for it");
  });

  it("loads the addon of the package for the platform", async () => {
    nameIt({ "scard-aix-ppc64": "1.0.0", [name]: "1.0.0" });
    const { stdout, stderr } = await installed.node("use.cjs", use);
    expect([stdout.trim(), stderr]).toEqual([
      process.platform === "win32" ? "3211268" : "1107296257",
      "",
    ]);
  });

  it("names the package that is missing", async () => {
    await rename(
      join(installed.project, "node_modules", name),
      join(installed.project, "node_modules", "elsewhere"),
    );
    const { stderr } = await installed.node("use.cjs", use);
    expect(stderr).toContain(`optional dependency ${name}@1.0.0, which is not installed`);
    expect(stderr).toContain(`npm install ${name}@1.0.0`);
  });
});
