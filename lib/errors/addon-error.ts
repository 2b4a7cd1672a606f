import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { type PlatformPackage, platformPackages } from "../platform-packages.js";
import { ScardError } from "./scard-error.js";

/** The system that an addon was looked for on. */
export interface System {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** The C library of this process; "" where there is one alone or nothing tells. */
  readonly libc: "glibc" | "musl" | "";
}

/** An addon that could not be loaded. */
export interface AddonFailure extends System {
  /** The package's directory. */
  readonly directory: string;
  /** The file that SCARD_ADDON names. */
  readonly given: string | undefined;
  /** What the loader threw. */
  readonly cause: unknown;
}

const build = "Build it on this machine with CMake and a C++20 compiler: npx scard-build.";

export function thisSystem(): System {
  const { platform, arch } = process;
  if (platform !== "linux") return { platform, arch, libc: "" };
  return { platform, arch, libc: libcOf(process) };
}

/** By Node's report; "" in a runtime that has none. */
function libcOf({ report }: { readonly report?: { getReport?(): object } }): System["libc"] {
  const { header } = (report?.getReport?.() ?? {}) as { header?: { glibcVersionRuntime?: string } };
  if (header === undefined) return "";
  return header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}

/**
 * Says why there is no addon: none was made for this platform, one for another C library is there, the
 * system's C library is too old, or the file does not load.
 */
export function addonError(failure: AddonFailure): ScardError {
  const { cause } = failure;
  return new ScardError(
    "ERR_SCARD_ADDON_NOT_FOUND",
    `The native part of scard cannot be loaded on ${nameOf(failure)}: ${reason(failure)}`,
    { cause },
  );
}

/** Whether this is node-gyp-build's "there is none for this platform and C library". */
export const isNoneFits = (cause: unknown): boolean =>
  firstLine(cause).startsWith("No native build was found");

const nameOf = ({ platform, arch, libc }: System): string =>
  libc === "" ? `${platform}-${arch}` : `${platform}-${arch} (${libc})`;

function reason(failure: AddonFailure): string {
  const { directory, given, cause, libc } = failure;
  const words = firstLine(cause);
  if (given !== undefined && given !== "") {
    return `SCARD_ADDON names ${given}. ${words}. Set it to the file for this platform, or to nothing.`;
  }
  if (!isNoneFits(cause)) return wontLoad(words, libc);
  const platform = `${failure.platform}-${failure.arch}`;
  const packages = platformPackages(directory, platform);
  const shipped = [directory, ...packages.flatMap((one) => one.directory ?? [])]
    .flatMap(prebuildsIn)
    .sort();
  const apart = packages.filter(
    ({ name, directory: place }) =>
      place === undefined && (libc === "" || name.endsWith("-musl") === (libc === "musl")),
  );
  if (apart.length > 0) return notInstalled(apart);
  const others = shipped.filter((name) => name.startsWith(`${platform} `));
  if (libc !== "" && others.length > 0) return wrongLibc(others, libc);
  const list = shipped.length === 0 ? "none" : shipped.join(", ");
  return (
    `there is no prebuilt binary for it in ${join(directory, "prebuilds")} (there is: ${list}). ` +
    build
  );
}

function notInstalled(packages: readonly PlatformPackage[]): string {
  const names = packages.map(({ name, version }) => `${name}@${version}`);
  return (
    `its binary is in the optional dependency ${names.join(" or ")}, which is not installed. It is left ` +
    `out by --omit=optional, and by a lockfile or node_modules that came from another system. ` +
    `Install it: npm install ${names.join(" ")}. Or b${build.slice(1)}`
  );
}

function wrongLibc(others: readonly string[], libc: string): string {
  return (
    `this system's C library is ${libc}, and the package has ${others.join(", ")} alone. ` +
    `Where that is not so, say which it is in the environment variable LIBC. ${build}`
  );
}

/** The file is there: the loader tells what it lacks. */
function wontLoad(words: string, libc: string): string {
  const [, version] = /version [`']?(GLIBC(?:XX)?_[\d.]+)/.exec(words) ?? [];
  if (version !== undefined) {
    return `it needs ${version}, which this system does not have (${words}). ${build}`;
  }
  if (/ld-musl|libc\.musl|ld-linux|__\w+_chk|libc\.so\.6/.test(words)) {
    return (
      `it is made for another C library than ${libc === "" ? "this" : libc} (${words}). ` +
      `Set the environment variable LIBC to ${libc === "musl" ? "musl" : "glibc"}. ${build}`
    );
  }
  const [, library] =
    /(lib\S+\.so\S*): cannot open shared object/.exec(words) ??
    /loading shared library (lib\S+?):/.exec(words) ??
    [];
  if (library !== undefined) {
    return (
      `it needs ${library}, which this system does not have (${words}). Install it: ` +
      "apt-get install libstdc++6 libgcc-s1 (Debian, Ubuntu), dnf install libstdc++ libgcc (Fedora), " +
      "apk add libstdc++ libgcc (Alpine)."
    );
  }
  return `${words}. Reinstall the package on this machine. ${build}`;
}

function firstLine(cause: unknown): string {
  const [line = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
  return line.trim();
}

/** Such as `linux-x64 glibc`. */
function prebuildsIn(directory: string): string[] {
  const prebuilds = join(directory, "prebuilds");
  if (!existsSync(prebuilds)) return [];
  return readdirSync(prebuilds, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.includes("-"))
    .flatMap(({ name }) =>
      readdirSync(join(prebuilds, name))
        .filter((file) => file.endsWith(".node"))
        .map((file) => `${name} ${file.split(".").slice(1, -1).join(" ")}`.trim()),
    );
}
