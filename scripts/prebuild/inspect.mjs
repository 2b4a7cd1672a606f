// Reads a built addon without running it: what it asks of the system, what it exports, and whether
// it tells where it was built. Every rule that it breaks is a finding.
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { root, run } from "../run.mjs";

/** @typedef {import("./targets.mjs").Target} Target */

/**
 * @typedef {object} Anatomy
 * @property {readonly string[]} needed libraries that the loader must find
 * @property {readonly string[]} exported
 * @property {readonly string[]} imported symbols that others must have
 * @property {Readonly<Record<string, string>>} floor the newest version asked for, by family
 */

/** What Node 20 itself asks for: nobody who runs Node has less. */
const highestFloor = {
  ...{ GLIBC: "2.28", GLIBCXX: "3.4.25", CXXABI: "1.3.11", GCC: "7.0.0" },
  macOS: "11.0",
};

const allowedLibraries = {
  linux:
    /^(lib(stdc\+\+\.so\.6|gcc_s\.so\.1|c\.so\.6|m\.so\.6|pthread\.so\.0|dl\.so\.2)|ld-linux.*|libc\.musl-\w+\.so\.1|libc\.so)$/,
  win32:
    /^(kernel32\.dll|ws2_32\.dll|msvcrt\.dll|vcruntime140(_1)?\.dll|api-ms-win-crt-.*\.dll|ucrtbase\.dll)$/i,
  darwin: /^\/usr\/lib\/lib(System\.B|c\+\+\.1)\.dylib$/,
};

/** Node-API's own entry points are all that anybody looks up in an addon. */
const entryPoints = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];

/** Electron's memory cage has no room for memory of ours; the calls fail there. */
const forbiddenImports = ["napi_create_external_arraybuffer", "napi_create_external_buffer"];

const mostBytes = 2 * 1024 * 1024;

const unique = (/** @type {Iterable<string>} */ text) => [...new Set(text)].sort();

/**
 * Compares versions such as 2.4 and 2.17.
 * @param {string} left
 * @param {string} right
 */
function compareVersions(left, right) {
  const a = left.split(".").map(Number);
  const b = right.split(".").map(Number);
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * @param {RegExp} pattern with one group
 * @param {string} text
 */
const all = (pattern, text) => [...text.matchAll(pattern)].map((match) => match[1] ?? "");

/**
 * @param {string} file
 * @returns {Anatomy}
 */
function elf(file) {
  const read = (/** @type {string} */ what) => run("readelf", ["-W", what, file], { quiet: true });
  const symbols = read("--dyn-syms").output;
  const floor = /** @type {Record<string, string>} */ ({});
  for (const [, family = "", version = ""] of symbols.matchAll(
    /@+(GLIBC|GLIBCXX|CXXABI|GCC)_([\d.]+)/g,
  )) {
    if (compareVersions(version, floor[family] ?? "0") > 0) floor[family] = version;
  }
  return {
    needed: all(/\(NEEDED\).*\[(.+)\]/g, read("--dynamic").output),
    exported: unique(
      all(/(?:GLOBAL|WEAK|UNIQUE)\s+(?:DEFAULT|PROTECTED)\s+\d+\s+([\w.$]+)/g, symbols),
    ),
    imported: unique(all(/DEFAULT\s+UND\s+([\w.$]+)/g, symbols)),
    floor,
  };
}

/**
 * @param {string} file
 * @returns {Anatomy}
 */
function pe(file) {
  const read = (/** @type {string} */ what) => run("llvm-readobj", [what, file], { quiet: true });
  return {
    needed: all(/Import \{\s+Name: (\S+)/g, read("--coff-imports").output),
    exported: unique(all(/^ +Name: (\S+)$/gm, read("--coff-exports").output)),
    imported: [],
    floor: {},
  };
}

/**
 * @param {string} file
 * @returns {Anatomy}
 */
function machO(file) {
  const read = (/** @type {string[]} */ ...args) =>
    run("llvm-objdump", [...args, file], { quiet: true }).output;
  const headers = read("--macho", "--private-headers");
  const names = run("llvm-nm", ["--extern-only", file], { quiet: true }).output;
  const libraries = all(/cmd LC_LOAD_DYLIB[\s\S]*?name (\S+)/g, headers);
  return {
    needed: libraries,
    exported: unique(all(/ [TSDB] _(\S+)$/gm, names)),
    imported: unique(all(/ U _(\S+)$/gm, names)),
    floor: { macOS: all(/minos (\S+)/g, headers)[0] ?? "" },
  };
}

const readers = { linux: elf, win32: pe, darwin: machO };

/**
 * Paths of this machine that stand in the file.
 * @param {string} file
 */
function buildPaths(file) {
  const bytes = readFileSync(file);
  return unique([root.replace(/[\\/]$/, ""), homedir()]).filter(
    (path) => path.length > 1 && bytes.includes(path),
  );
}

/**
 * @param {Target} target
 * @param {Anatomy} anatomy
 */
function brokenRules(target, { needed, exported, imported, floor }) {
  const libraries = allowedLibraries[/** @type {"linux"} */ (target.platform)];
  return [
    ...needed.filter((name) => !libraries.test(name)).map((name) => `needs ${name}`),
    ...exported.filter((name) => !entryPoints.includes(name)).map((name) => `exports ${name}`),
    ...entryPoints.filter((name) => !exported.includes(name)).map((name) => `lacks ${name}`),
    ...forbiddenImports.filter((name) => imported.includes(name)).map((name) => `calls ${name}`),
    ...Object.entries(highestFloor)
      .filter(([family, most]) => compareVersions(floor[family] ?? "0", most) > 0)
      .map(([family, most]) => `asks for ${family}_${floor[family]}, above ${most}`),
  ];
}

/**
 * The rules that hold wherever it was built, and on Linux, which has the programs to read it, all of
 * them.
 * @param {Target} target
 * @param {string} file
 */
export function inspect(target, file) {
  const reader = readers[/** @type {"linux"} */ (target.platform)];
  // Elsewhere the programs that read it are not at hand: the release looks at all of them.
  const anatomy = process.platform === "linux" ? reader(file) : undefined;
  const bytes = statSync(file).size;
  const findings = [
    ...(anatomy ? brokenRules(target, anatomy) : []),
    ...buildPaths(file).map((path) => `holds the path ${path}`),
    ...(bytes > mostBytes ? [`is ${bytes} bytes long`] : []),
  ].map((finding) => `${target.name}: ${finding}`);
  return { floor: anatomy?.floor ?? {}, bytes, findings };
}

/** @param {readonly string[]} findings */
export function describeFindings(findings) {
  if (findings.length === 0) return "prebuilds: every rule of scripts/prebuild/inspect.mjs holds";
  return ["prebuilds break rules:", ...findings.map((one) => `  ${one}`)].join("\n");
}
