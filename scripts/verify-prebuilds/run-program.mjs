// Runs one of the bundles in its runtime and reads what it says.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { cachePath } from "./cache.mjs";

/**
 * @typedef {object} Outcome
 * @property {string} what which bundle
 * @property {number} passed
 * @property {number} failed
 * @property {string} runtime as the program names itself
 * @property {string} napi
 * @property {number} seconds
 * @property {string} log where its output is
 * @property {readonly string[]} complaints
 */

/** An emulated processor is slow; nothing here takes as long. */
const longest = 15 * 60_000;

/**
 * @param {string} target
 * @param {string} what
 * @param {readonly string[]} command
 * @param {Record<string, string>} [env]
 * @returns {Promise<Outcome>}
 */
export async function runProgram(target, what, command, env = {}) {
  const log = cachePath("logs", `${target}-${what.replace(/\W+/g, "-")}.txt`);
  mkdirSync(dirname(log), { recursive: true });
  const file = openSync(log, "w");
  const [program = "", ...args] = command;
  const started = performance.now();
  // A file, not a pipe: Windows' node under Wine cannot open a pipe for its output.
  const child = spawn(program, args, {
    stdio: ["ignore", file, file],
    env: { ...process.env, ...env },
    timeout: longest,
    killSignal: "SIGKILL",
  });
  const [code, signal] = await once(child, "close");
  closeSync(file);
  const text = readFileSync(log, "utf8").replaceAll("\r\n", "\n");
  const seconds = (performance.now() - started) / 1000;
  const outcome = { what, log, seconds, ...read(text) };
  if (code !== 0 || outcome.passed === 0) {
    outcome.failed = Math.max(outcome.failed, 1);
    if (outcome.complaints.length === 0) {
      const lines = text.trim().split("\n").slice(-8);
      outcome.complaints = [`ended with ${signal ?? code}`, ...lines];
    }
  }
  say(target, outcome);
  return outcome;
}

/** @param {string} text */
function read(text) {
  const [, passed = "0", failed = "0"] = /^(\d+) passed, (\d+) failed$/m.exec(text) ?? [];
  const loaded = /^LOADED (.*)$/m.exec(text);
  const { runtime = "", napi = "" } = loaded?.[1] === undefined ? {} : JSON.parse(loaded[1]);
  const complaints = text.split("\n").filter((line) => line.startsWith("FAILED "));
  return { passed: Number(passed), failed: Number(failed), runtime, napi, complaints };
}

/**
 * @param {string} target
 * @param {Outcome} outcome
 */
function say(target, { what, passed, failed, seconds, runtime, complaints, log }) {
  const count = `${passed} passed, ${failed} failed`;
  const where = runtime === "" ? "not loaded" : `in ${runtime}`;
  process.stderr.write(`[scard] ${target}: ${what} ${where}: ${count} (${seconds.toFixed(1)} s)\n`);
  for (const line of complaints.slice(0, 20)) process.stderr.write(`          ${line}\n`);
  if (failed > 0) process.stderr.write(`          all of it: ${log}\n`);
}
