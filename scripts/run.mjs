// Running programs from the scripts, with their output where the reader expects it.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The top of the clone. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** @param {string} url the caller's import.meta.url */
export function isMain(url) {
  return process.argv[1] !== undefined && pathToFileURL(resolve(process.argv[1])).href === url;
}

/**
 * Runs a program at the top of the clone and waits for it.
 * `quiet` collects its output instead of showing it; `check: false` returns a failure instead of
 * throwing.
 * @param {string} program
 * @param {readonly string[]} [args]
 * @param {{ quiet?: boolean, check?: boolean, env?: Record<string, string>, cwd?: string }} [options]
 */
export function run(
  program,
  args = [],
  { quiet = false, check = true, env = {}, cwd = root } = {},
) {
  const result = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: quiet ? "pipe" : "inherit",
    // npm is a .cmd file on Windows, which only a shell runs.
    shell: process.platform === "win32" && program === "npm",
  });
  const status = result.status ?? 1;
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}`;
  if (check && status !== 0) {
    const why = result.error?.message ?? result.signal ?? `exit code ${status}`;
    throw new CommandError(`${[program, ...args].join(" ")} failed: ${why}`, status, output);
  }
  return { status, output, missing: /** @type {any} */ (result.error)?.code === "ENOENT" };
}

export class CommandError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   * @param {string} output
   */
  constructor(message, status, output) {
    super(output === "" ? message : `${output.trimEnd()}\n${message}`);
    this.status = status;
  }
}

/**
 * Says what is being done and how long it took.
 * @template T
 * @param {string} title
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function timed(title, work) {
  process.stderr.write(`[scard] ${title} …\n`);
  const start = performance.now();
  const result = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stderr.write(`[scard] ${title}: done in ${seconds} s\n`);
  return result;
}

/**
 * The body of a script: an expected failure is told in a sentence, not a stack.
 * @param {() => number | void | Promise<number | void>} body returns the exit code
 */
export async function script(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    process.stderr.write(`[scard] ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
