import { spawnSync } from "node:child_process";
import { readdir, readFile, rename } from "node:fs/promises";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lazyNames } from "../../scripts/lazy-chunks.mjs";
import { InstalledPackage, prebuildPath, root } from "./installed.js";

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await InstalledPackage.create();
}, 120_000);

afterAll(async () => {
  await installed.remove();
});

async function filesUnder(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
}

describe("the tarball", () => {
  it("holds the compiled library, the contract, the prebuilds and the papers; nothing else", () => {
    const allowed = [
      /^dist\/.*\.(js|mjs|d\.ts|d\.mts)$/,
      /^prebuilds\/[\w+-]+\/scard(\.\w+)*\.node$/,
      /^(native\/.*\.(cc|h|map|cmake|json)|native\/(.*\/)?CMakeLists\.txt|CMakeLists\.txt|bin\/scard-build\.mjs)$/,
      /^(binding\.d\.ts|package\.json|README\.md|CHANGELOG\.md|NOTICE\.md|LICENSE)$/,
    ];
    expect(installed.files.filter((file) => !allowed.some((one) => one.test(file)))).toEqual([]);
    expect(installed.files).toEqual(
      expect.arrayContaining([
        ...["dist/index.js", "dist/index.mjs", "dist/index.d.ts", "dist/index.d.mts"],
        ...["dist/virtual/index.mjs", "dist/virtual/index.d.mts", "dist/cli/main.js"],
        ...["binding.d.ts", "README.md", "CHANGELOG.md", "NOTICE.md", "LICENSE"],
      ]),
    );
  });

  it("has few files that run, and declarations for every source and no other", async () => {
    const ending = (suffix: string): string[] =>
      installed.files.filter((file) => file.startsWith("dist/") && file.endsWith(suffix)).sort();
    const entries = ["cli/main.js", "index.js", "virtual/index.js"];
    const shared = ["library.js", "rolldown-runtime.js", ...lazyNames.map((name) => `${name}.js`)];
    const forImport = ["on-demand.js", "virtual/on-demand.js"];
    const expected = [...entries, ...shared, ...forImport].map((file) => `dist/${file}`).sort();
    expect(ending(".js")).toEqual(expected);
    const sources = (await filesUnder(join(root, "lib")))
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
      .map((file) => `dist/${file.replace(/\.ts$/, ".d.ts")}`);
    expect(ending(".d.ts")).toEqual(sources.sort());
  });

  it("reads what a program uses, when it uses it", () => {
    const program = `
      const Module = require("node:module");
      const { _load } = Module;
      const loaded = new Set();
      Module._load = function (request, ...rest) {
        if (!request.startsWith("node:")) loaded.add(request.replace(/^.*[/]/, ""));
        return _load.call(this, request, ...rest);
      };
      const told = () => console.log([...loaded].sort().join(" "));
      const scard = require(${JSON.stringify(join(installed.directory, "dist/index.js"))});
      const { establishContext, PcscError } = scard;
      told();
      scard.Card;
      told();
      scard.parseAtr("3B00");
      told();`;
    const run = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.stdout.trim().split("\n")).toEqual([
      "base.js establish.js index.js",
      "base.js establish.js index.js library.js",
      "base.js establish.js index.js iso7816.js library.js rolldown-runtime.js",
    ]);
  });

  it("gives an ES module that imports the CommonJS file its names", () => {
    const program = `
      import { establishContext, PcscError } from ${JSON.stringify(join(installed.directory, "dist/index.js"))};
      console.log(typeof establishContext, PcscError.name);`;
    const args = ["--input-type=module", "-e", program];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect([stdout, stderr]).toEqual(["function PcscError\n", ""]);
  });

  it("names no source map, since it holds none: the code is legible as it is", async () => {
    const files = installed.files.filter((name) => /^dist\/.*\.m?[jt]s$/.test(name));
    for (const file of files) {
      const text = await readFile(join(installed.directory, file), "utf8");
      expect(text.includes("sourceMappingURL"), file).toBe(false);
    }
  });

  it("names no directory of the machine that built it", async () => {
    for (const file of installed.files.filter((name) => /^dist\/.*\.(js|m?ts)$/.test(name))) {
      const text = await readFile(join(installed.directory, file), "utf8");
      expect(text.includes(root), file).toBe(false);
    }
  });

  it("runs nothing when it is installed and depends on two packages", async () => {
    const text = await readFile(join(installed.directory, "package.json"), "utf8");
    const manifest = JSON.parse(text) as {
      scripts: Record<string, string>;
      dependencies: Record<string, string>;
    };
    const run = ["preinstall", "install", "postinstall", "prepare"];
    expect(Object.keys(manifest.scripts).filter((name) => run.includes(name))).toEqual([]);
    expect(Object.keys(manifest.dependencies).sort()).toEqual(["commander", "node-gyp-build"]);
  });
});

describe("the installed package", () => {
  it("shows its version through scard/package.json", async () => {
    const { stdout } = await installed.node(
      "version.cjs",
      `console.log(require("scard/package.json").name)`,
    );
    expect(stdout.trim()).toBe("scard");
  });

  it("keeps everything else to itself", async () => {
    const { code, stderr } = await installed.node(
      "inside.cjs",
      `require("scard/dist/arguments.js")`,
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  it("loads its prebuild, and tells a missing PC/SC library in a typed error", async () => {
    const library = join(installed.project, "no-such-library.so");
    const { code, stdout, stderr } = await installed.node(
      "load.cjs",
      `const { establishContext } = require("scard");
       establishContext().then(
         () => console.log("established"),
         (error) => {
           const loaded = process.report.getReport().sharedObjects;
           const addon = loaded.filter((path) => path.endsWith(".node"));
           console.log(JSON.stringify({ code: error.code, message: error.message, addon }));
         });`,
      { SCARD_LIBRARY: library },
    );
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as { code: string; message: string; addon: string[] };
    expect(report.code).toBe("ERR_SCARD_LIBRARY_NOT_FOUND");
    expect(report.message).toContain(library);
    expect(report.addon.map((path) => relative(installed.directory, path))).toEqual([
      prebuildPath(),
    ]);
  });

  it("says which platform has no addon when there is no prebuild for it", async () => {
    const prebuilds = join(installed.directory, "prebuilds");
    await rename(prebuilds, `${prebuilds}-away`);
    try {
      const { code, stdout } = await installed.node(
        "missing.cjs",
        `(async () => (await require("scard").establishContext()).close())().catch((error) => {
           console.log(error.message);
           process.exitCode = 7;
         });`,
      );
      expect(code).toBe(7);
      expect(stdout).toContain(process.platform);
      expect(stdout).toContain(process.arch);
    } finally {
      await rename(`${prebuilds}-away`, prebuilds);
    }
  });

  it("has the scard command", async () => {
    const { code, stdout } = await installed.command("--help");
    expect(code).toBe(0);
    expect(stdout).toContain("scard");
    for (const name of ["readers", "status", "watch", "atr", "send"]) {
      expect(stdout).toContain(name);
    }
  });
});
