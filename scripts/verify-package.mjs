// The package as a user gets it: `npm run verify-package`. Its size; what publint and
// are-the-types-wrong say; installed without scripts and compilers, then required, imported and
// compiled against; bundled by esbuild and webpack and packed into one executable. Linux x64.
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { prebuildFile, targetNamed, targets } from "./prebuild/targets.mjs";
import { mostBytes, stageRelease } from "./release/packages.mjs";
import { root, run, script, timed } from "./run.mjs";
import { ensure } from "./setup.mjs";
import { cachePath } from "./verify-prebuilds/cache.mjs";
import { installBare, pack, prebuiltFiles } from "./verify-package/install.mjs";
import { toolsDirectory } from "./verify-package/tools.mjs";

/** @type {{ name: string, ok: boolean, said: string }[]} */
const results = [];

/**
 * @param {string} name
 * @param {() => string} body what there is to say; throws when it does not hold
 */
async function check(name, body) {
  try {
    results.push({ name, ok: true, said: await timed(name, body) });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    results.push({ name, ok: false, said });
  }
}

/**
 * Runs Node with a file and gives what it printed.
 * @param {readonly string[]} args
 * @param {string} cwd
 * @param {Record<string, string>} [env]
 */
const node = (args, cwd, env = {}) =>
  run(process.execPath, args, { quiet: true, cwd, env }).output.trim();

const consumer = `import { establishContext, type Card } from "scard";
import { createVirtualSubsystem } from "scard/virtual";
export const connect = async (): Promise<Card> =>
  (await establishContext({ subsystem: createVirtualSubsystem() })).connect("reader");
`;

/** @param {ReturnType<typeof installBare>} installed */
async function checkInstalled({ project, path, seconds }) {
  const env = { PATH: path };
  await check("require, import and types, without compilers", () => {
    const use = "new x.PcscError({ value: 0x80100069, call: 'SCardTransmit' }).code";
    const required = node(["-p", `const x = require("scard"); ${use}`], project, env);
    const imports = `import * as x from "scard"; console.log(${use});`;
    const imported = node(["--input-type=module", "-e", imports], project, env);
    if (required !== "SCARD_W_REMOVED_CARD" || imported !== required) {
      throw new Error(`require gave ${required}, import ${imported}`);
    }
    writeFileSync(join(project, "use.mts"), consumer);
    mkdirSync(join(project, "node_modules/@types"));
    symlinkSync(join(root, "node_modules/@types/node"), join(project, "node_modules/@types/node"));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022"];
    node([tsc, ...options, "--types", "node", "use.mts"], project, env);
    return `installed in ${seconds.toFixed(1)} s`;
  });
  await check("the prebuild drives a virtual card", () => {
    copyFileSync(join(root, "examples/bundlers/app.mjs"), join(project, "app.mjs"));
    return said(node(["app.mjs"], project, env));
  });
}

/** @param {string} output */
function said(output) {
  if (output.split("\n").at(-1) !== "bundled: 9000") throw new Error(`said ${output}`);
  return output;
}

/**
 * @param {string} project
 * @param {string} tools
 */
async function checkBundlers(project, tools) {
  const examples = join(project, "bundlers");
  cpSync(join(root, "examples/bundlers"), examples, { recursive: true });
  for (const name of ["esbuild", "webpack", "postject"]) {
    symlinkSync(join(tools, "node_modules", name), join(project, "node_modules", name));
  }
  const addon = join(project, "node_modules/scard", prebuildFile(targetNamed("linux-x64")));
  for (const bundler of ["esbuild", "webpack", "sea"]) {
    await check(`bundled: ${bundler}`, () => {
      // Away from node_modules: nothing but the output may be found.
      const output = cachePath("bundled", bundler);
      rmSync(output, { recursive: true, force: true });
      mkdirSync(output, { recursive: true });
      node([join(examples, `${bundler}.mjs`), addon, output], examples);
      if (bundler !== "sea") return said(node(["app.cjs"], output));
      return said(run(join(output, "app"), [], { quiet: true, cwd: output }).output.trim());
    });
  }
}

/**
 * Of a prebuild that another machine makes: what its build for a check adds to the tarball.
 * @param {import("./prebuild/targets.mjs").Target} target
 */
function weightOfMissing(target) {
  const file = prebuildFile(target);
  if (existsSync(join(root, file))) return [];
  const stand = cachePath("check-builds", file);
  if (!existsSync(stand)) {
    throw new Error(`${file} is missing: npm run verify-prebuilds builds one to be weighed`);
  }
  return [{ name: target.name, bytes: gzipSync(readFileSync(stand), { level: 9 }).length }];
}

/**
 * What nobody has a prebuild for is built from what the tarball holds.
 * @param {string} tarball
 */
function buildFromTarball(tarball) {
  const temporary = mkdtempSync(join(tmpdir(), "scard-source-"));
  try {
    run("tar", ["-xzf", tarball], { quiet: true, cwd: temporary });
    const modules = join(temporary, "node_modules");
    mkdirSync(modules);
    for (const name of ["node-gyp-build", "commander"]) {
      symlinkSync(join(root, "node_modules", name), join(modules, name));
    }
    const directory = join(modules, "scard");
    renameSync(join(temporary, "package"), directory);
    rmSync(join(directory, "prebuilds"), { recursive: true });
    node([join(directory, "bin/scard-build.mjs")], directory);
    copyFileSync(join(root, "examples/bundlers/app.mjs"), join(temporary, "app.mjs"));
    return said(node(["app.mjs"], temporary));
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

await script(async () => {
  if (!existsSync(join(root, prebuildFile(targetNamed("linux-x64"))))) {
    throw new Error("prebuilds are missing: npm run prebuild");
  }
  await ensure("dependencies", "library");
  const tools = await toolsDirectory();
  const destination = cachePath("pack");
  rmSync(destination, { recursive: true, force: true });
  const staged = stageRelease(destination);
  const packed = pack(staged.at(-1)?.directory ?? "", destination);
  await check("tarball below 2 MB", () => {
    const others = targets.filter((one) => !one.apart).flatMap(weightOfMissing);
    const bytes = others.reduce((sum, one) => sum + one.bytes, packed.bytes);
    const more = others.map((one) => ` with ${one.name} as built for a check`).join("");
    const sizes = `${bytes} bytes${more}, ${packed.unpackedBytes} unpacked, ${packed.files} files`;
    if (bytes >= mostBytes) throw new Error(sizes);
    return sizes;
  });
  const bin = (/** @type {string} */ name) => join(tools, "node_modules", name);
  await check(
    "publint",
    () =>
      node([bin("publint/src/cli.js"), packed.tarball, "--strict"], root)
        .split("\n")
        .at(-1) ?? "",
  );
  await check("are the types wrong", () => {
    // Node 10 knows no exports, and is older than Node-API 8.
    const options = ["--profile", "node16", "--no-color", "--no-emoji"];
    node([bin("@arethetypeswrong/cli/dist/index.js"), packed.tarball, ...options], root);
    return "no problems for node16 and later, and bundlers";
  });
  await check("built from source: scard-build", () => buildFromTarball(packed.tarball));
  const installed = installBare(packed.tarball);
  try {
    await check("prebuilds in it", () => prebuiltFiles(installed.project).join(", "));
    await checkInstalled(installed);
    await checkBundlers(installed.project, tools);
  } finally {
    rmSync(installed.temporary, { recursive: true, force: true });
  }
  for (const { name, ok, said: text } of results) {
    console.log(`${ok ? "ok    " : "FAILED"} ${name}: ${text}`);
  }
  return results.every(({ ok }) => ok) ? 0 : 1;
});
