// A contender's process, told what to do a line at a time (bench/contenders/child.mjs).
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { rawProgram, standinFolder, standinLibrary } from "../build.mjs";
import { peerAbsence, peers } from "../peers.mjs";

/** This package without waiting awake, for the cases that name it. */
export const quiet = "scard-quiet";

/** All of them. */
export const contenderNames = ["raw", "scard", quiet, ...Object.keys(peers)];

/** @type {Readonly<Record<string, string>>} */
export const contenderTitles = {
  raw: "raw C",
  scard: "scard",
  [quiet]: "scard, lowLatency: false",
  smartcard: "smartcard",
  "pcsc-mini": "pcsc-mini",
  pcsclite: "@pokusew/pcsclite",
};

/** @param {string} file */
const script = (file) => fileURLToPath(new URL(`../contenders/${file}`, import.meta.url));

/**
 * Why a contender cannot run at all; nothing when it can.
 * @param {string} name
 */
export function contenderAbsence(name) {
  return name in peers ? peerAbsence(name) : undefined;
}

/** The adapter in bench/contenders; `scard-quiet` is `scard` with another environment. @param {string} name */
export const adapterOf = (name) => (name === quiet ? "scard" : name);

/** @typedef {{ backend: "standin" | "pcscd", env: Record<string, string> }} Place */

/**
 * The environment that leads a contender to a backend.
 * @param {string} name
 * @param {Place} place
 */
export function contenderEnv(name, { backend, env }) {
  /** @type {Record<string, string | undefined>} */
  const all = { ...process.env, ...env };
  delete all["SCARD_LIBRARY"];
  if (backend === "standin") {
    all["LD_LIBRARY_PATH"] = standinFolder;
    all["SCARD_LIBRARY"] = standinLibrary;
  }
  if (name === quiet) all["SCARD_LOW_LATENCY"] = "0";
  return all;
}

/**
 * Program and arguments of a contender's process.
 * @param {string} name
 * @param {number} readers
 * @param {number} room bytes of the longest answer
 * @param {readonly string[]} [nodeArgs]
 */
export function contenderCommand(name, readers, room, nodeArgs = []) {
  if (name === "raw") return { program: rawProgram, args: [String(readers)] };
  const args = [
    "--expose-gc",
    ...nodeArgs,
    script("child.mjs"),
    adapterOf(name),
    String(readers),
    String(room),
  ];
  return { program: process.execPath, args };
}

/** The script of a contender that runs once. @param {"import.mjs" | "first-apdu.mjs"} file */
export const contenderScript = (file) => script(file);

/** @typedef {{ fields: Record<string, string> } | { absent: string }} Answer */

/** @param {string} line @returns {Answer} */
export function parseAnswer(line) {
  const [word, ...rest] = line.split(" ");
  if (word === "absent") return { absent: rest.join(" ") };
  if (word !== "ok" && word !== "ready") throw new Error(rest.join(" ") || line);
  return { fields: Object.fromEntries(rest.map((field) => field.split("="))) };
}

export class Contender {
  /** @type {import("node:child_process").ChildProcessWithoutNullStreams} */
  #process;
  /** @type {AsyncIterator<string>} */
  #lines;
  #complaints = "";
  /** What it said when it was ready: how many readers it has. */
  readers = 0;

  /**
   * Starts one and waits until it has connected to the cards.
   * @param {string} name
   * @param {Place} place
   * @param {number} readers
   * @param {number} room
   * @param {readonly string[]} [nodeArgs]
   */
  static async start(name, place, readers, room, nodeArgs) {
    const { program, args } = contenderCommand(name, readers, room, nodeArgs);
    const contender = new Contender(spawn(program, args, { env: contenderEnv(name, place) }));
    const answer = await contender.#answer(30_000);
    if ("fields" in answer) contender.readers = Number(answer.fields["readers"]);
    return contender;
  }

  /** @param {import("node:child_process").ChildProcessWithoutNullStreams} process */
  constructor(process) {
    this.#process = process;
    this.#lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    process.stderr.on("data", (text) => (this.#complaints += text));
    process.stdin.on("error", () => undefined);
  }

  /**
   * @param {string} line
   * @param {number} [patienceMs]
   */
  async order(line, patienceMs = 120_000) {
    this.#process.stdin.write(`${line}\n`);
    return this.#answer(patienceMs);
  }

  stop() {
    this.#process.kill("SIGKILL");
  }

  /** @param {number} patienceMs @returns {Promise<Answer>} */
  async #answer(patienceMs) {
    const timer = setTimeout(() => this.stop(), patienceMs);
    const { value, done } = await this.#lines.next();
    clearTimeout(timer);
    if (!done) return parseAnswer(value);
    const how = this.#process.signalCode ?? this.#process.exitCode ?? "no answer in time";
    throw new Error(`ended (${how}) ${this.#complaints.trim().split("\n").at(-1) ?? ""}`.trim());
  }
}
