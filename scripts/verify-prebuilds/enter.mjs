// Running a program inside a root of debian-root.mjs: in namespaces of its own, with the directories
// that it needs mounted there. An ordinary user needs a kernel that lets users make namespaces.
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cachePath } from "./cache.mjs";

const ordinary = process.getuid?.() !== 0;

/** For unshare and nsenter, as test/harness/sandbox.ts has them. */
export const namespaces = {
  unshare: [
    ...(ordinary ? ["--user", "--map-root-user"] : []),
    ...["--mount", "--net", "--propagation", "private"],
  ],
  enter: ordinary ? ["--user", "--preserve-credentials"] : [],
};

/**
 * The command that runs `command` with `root` as its root. The cache and the directory for temporary
 * files, where a daemon's socket is, are at the same paths inside.
 * @param {string} root
 * @param {readonly string[]} command paths inside
 * @returns {string[]}
 */
export function inside(root, command) {
  const shared = [cachePath(), tmpdir(), "/proc", "/dev"];
  for (const path of shared) mkdirSync(join(root, path), { recursive: true });
  const mounts = shared.map((path) => `mount --rbind '${path}' "$0${path}"`);
  const script = [...mounts, 'exec chroot "$0" "$@"'].join(" && ");
  return ["unshare", ...namespaces.unshare, "sh", "-c", script, root, ...command];
}
