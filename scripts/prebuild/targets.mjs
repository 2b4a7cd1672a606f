// The platforms that the package is built for: with which compiler, and where.
// "here": any Linux with Debian's compilers. "native": on a machine of that platform, by the release
// workflow; from Linux it can only be checked (scripts/prebuild/check-build.mjs), with a third
// party's compiler, and what that makes is never shipped. All nine do not fit into one tarball of 2 MB:
// the package has those that most programs run on, the others come in packages of their own
// (scripts/release/packages.mjs).

/**
 * @typedef {object} Target
 * @property {string} name as the command takes it
 * @property {NodeJS.Platform} platform
 * @property {string} arch Node's word
 * @property {"glibc" | "musl" | undefined} [libc]
 * @property {string} [armVersion]
 * @property {"here" | "native"} built
 * @property {true} [apart] shipped in a package of its own: the package has no room for all
 * @property {string} compiler what the table says
 * @property {readonly string[]} packages Debian packages that bring compiler and strip
 * @property {string} [toolchain] file of scripts/prebuild/toolchains; none for the machine's own
 * @property {string} [strip]
 * @property {string} [zig] what zig calls it, for the check
 */

/** @type {readonly Target[]} */
export const targets = [
  {
    name: "linux-x64",
    platform: "linux",
    arch: "x64",
    libc: "glibc",
    built: "here",
    compiler: "g++",
    packages: ["g++", "cmake"],
  },
  {
    name: "linux-arm64",
    platform: "linux",
    arch: "arm64",
    libc: "glibc",
    built: "here",
    compiler: "g++ (aarch64-linux-gnu)",
    packages: ["g++-aarch64-linux-gnu", "cmake"],
    toolchain: "linux-arm64.cmake",
    strip: "aarch64-linux-gnu-strip",
  },
  {
    name: "linux-arm",
    platform: "linux",
    arch: "arm",
    libc: "glibc",
    armVersion: "7",
    built: "here",
    apart: true,
    compiler: "g++ (arm-linux-gnueabihf)",
    packages: ["g++-arm-linux-gnueabihf", "cmake"],
    toolchain: "linux-arm.cmake",
    strip: "arm-linux-gnueabihf-strip",
  },
  {
    name: "win32-x64",
    platform: "win32",
    arch: "x64",
    built: "here",
    compiler: "mingw-w64 g++",
    packages: ["g++-mingw-w64-x86-64-posix", "cmake", "llvm"],
    toolchain: "win32-x64.cmake",
    strip: "x86_64-w64-mingw32-strip",
  },
  {
    name: "linux-x64-musl",
    platform: "linux",
    arch: "x64",
    libc: "musl",
    built: "native",
    apart: true,
    compiler: "g++ (Alpine container)",
    packages: [],
    zig: "x86_64-linux-musl",
  },
  {
    name: "linux-arm64-musl",
    platform: "linux",
    arch: "arm64",
    libc: "musl",
    built: "native",
    apart: true,
    compiler: "g++ (Alpine container)",
    packages: [],
    zig: "aarch64-linux-musl",
  },
  {
    name: "darwin-x64",
    platform: "darwin",
    arch: "x64",
    built: "native",
    apart: true,
    compiler: "Apple clang",
    packages: [],
    zig: "x86_64-macos.11.0",
  },
  {
    name: "darwin-arm64",
    platform: "darwin",
    arch: "arm64",
    built: "native",
    compiler: "Apple clang",
    packages: [],
    zig: "aarch64-macos.11.0",
  },
  {
    name: "win32-arm64",
    platform: "win32",
    arch: "arm64",
    built: "native",
    apart: true,
    compiler: "MSVC",
    packages: [],
    zig: "aarch64-windows-gnu",
  },
];

/** @param {string} name */
export function targetNamed(name) {
  const target = targets.find((one) => one.name === name);
  if (target !== undefined) return target;
  throw new Error(`No target ${name}: one of ${targets.map((one) => one.name).join(", ")}`);
}

/**
 * Whether this machine's own compiler builds for the target.
 * @param {Target} target
 */
export function isNative({ platform, arch, libc }) {
  return platform === process.platform && arch === process.arch && libc === libcHere();
}

/** The C library that this Node uses; undefined where there is no choice. */
function libcHere() {
  if (process.platform !== "linux") return undefined;
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (
    process.report.getReport()
  );
  return report.header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}

/**
 * Where node-gyp-build looks for the addon, from the package's top.
 * @param {Target} target
 */
export function prebuildFile({ platform, arch, libc, armVersion }) {
  const tags = [armVersion && `armv${armVersion}`, libc].filter(Boolean);
  return `prebuilds/${platform}-${arch}/${["scard", ...tags, "node"].join(".")}`;
}
