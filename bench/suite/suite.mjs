// Runs the cases: contenders take turns within a case, a round at a time, so that whatever else the
// machine does hits all of them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/run.mjs";
import { Contender, contenderAbsence, quiet } from "./contender.mjs";
import {
  ask,
  Absent,
  allocations,
  calibrate,
  coldStart,
  importTime,
  instructions,
  samplers,
} from "./measure.mjs";
import { pcscdAbsence, startPcscd } from "./pcscd.mjs";
import { distribution } from "./statistics.mjs";

/** @typedef {import("./cases.mjs").Case} Case */
/** @typedef {import("./contender.mjs").Place} Place */
/** @typedef {import("./measure.mjs").Effort} Effort */
/** @typedef {import("./statistics.mjs").Distribution} Distribution */
/** @typedef {(Distribution & { samples: number[], facts?: Record<string, number> }) | { absent: string }} Outcome */
/** @typedef {Record<string, Outcome>} Outcomes by contender */
/** @typedef {{ begin(one: Case): void, step(text: string): void, end(one: Case, outcomes: Outcomes): void }} Progress */

/** @type {Partial<Record<Case["kind"], (one: Case, name: string, place: Place) => Promise<Measured> | Measured>>} */
const processes = { import: importTime, cold: coldStart, instructions, allocations };

/** @typedef {{ value: number, facts: Record<string, number> }} Measured */

/** @param {unknown} error */
const reason = (error) =>
  error instanceof Absent
    ? error.message
    : `failed: ${error instanceof Error ? error.message : String(error)}`;

/** One group of processes that is kept for cases that need the same. @param {Case} one */
const sessionKey = (one) =>
  JSON.stringify([one.backend, one.readers, one.room, one.env, one.nodeArgs]);

export class Suite {
  /** @type {Map<string, Contender | string>} */
  #contenders = new Map();
  #key = "";
  /** @type {{ env: Record<string, string>, stop(): Promise<void> } | undefined} */
  #pcscd;
  #folder = mkdtempSync(join(tmpdir(), "scard-bench-"));
  /** @type {readonly string[]} */
  #names;
  /** @type {Effort} */
  #effort;
  /** @type {Progress} */
  #progress;

  /**
   * @param {readonly string[]} names of contenders
   * @param {Effort} effort
   * @param {Progress} progress
   */
  constructor(names, effort, progress) {
    this.#names = names;
    this.#effort = effort;
    this.#progress = progress;
  }

  /** @param {Case} one @returns {Promise<Outcomes>} */
  async measure(one) {
    this.#progress.begin(one);
    const outcomes = await this.#measure(one);
    this.#progress.end(one, outcomes);
    return outcomes;
  }

  async stop() {
    this.#stopContenders();
    await this.#pcscd?.stop();
    this.#pcscd = undefined;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @param {Case} one */
  #wanted(one) {
    return this.#names.filter((name) => one.contenders?.includes(name) ?? name !== quiet);
  }

  /** @param {Case} one @returns {Promise<Outcomes>} */
  async #measure(one) {
    const names = this.#wanted(one);
    const missing = this.#placeAbsence(one);
    if (missing !== undefined)
      return Object.fromEntries(names.map((name) => [name, { absent: missing }]));
    const place = await this.#place(one);
    return one.kind in processes
      ? this.#measureProcesses(one, names, place)
      : this.#measureSessions(one, names, place);
  }

  /** @param {Case} one */
  #placeAbsence(one) {
    if (one.backend === "pcscd") return pcscdAbsence();
    if (one.kind !== "instructions") return undefined;
    const { missing } = run("valgrind", ["--version"], { quiet: true, check: false });
    return missing ? "valgrind is not installed" : undefined;
  }

  /** @param {Case} one @returns {Promise<Place>} */
  async #place(one) {
    if (one.backend === "pcscd") {
      this.#pcscd ??= await startPcscd(16, async (env) => {
        try {
          (await Contender.start("raw", { backend: "pcscd", env }, 16, 258)).stop();
          return true;
        } catch {
          return false;
        }
      });
      return { backend: "pcscd", env: this.#pcscd.env };
    }
    const file = join(this.#folder, "toggled");
    const env = {
      SCARD_STANDIN_READERS: String(Math.max(1, one.readers)),
      ...one.env,
      ...(one.env && { SCARD_STANDIN_TOGGLE_FILE: file }),
    };
    return { backend: "standin", env };
  }

  /** @param {Case} one @param {readonly string[]} names @param {Place} place */
  async #measureProcesses(one, names, place) {
    const measure = processes[one.kind];
    if (measure === undefined) throw new Error(`No way to measure ${one.kind}`);
    const counted = one.kind === "instructions" || one.kind === "allocations";
    const rounds = counted ? 1 : this.#effort.processes;
    return this.#rounds(names, rounds, async (name) => {
      const absence = contenderAbsence(name);
      if (absence !== undefined) throw new Absent(absence);
      return measure(one, name, place);
    });
  }

  /** @param {Case} one @param {readonly string[]} names @param {Place} place */
  async #measureSessions(one, names, place) {
    const sampler = samplers[one.kind];
    if (sampler === undefined) throw new Error(`No way to measure ${one.kind}`);
    await this.#startContenders(one, names, place);
    /** @type {Map<string, number>} */
    const counts = new Map();
    const rounds = one.kind === "memory" ? 1 : this.#effort.rounds;
    return this.#rounds(names, rounds, async (name) => {
      const contender = this.#contenders.get(name);
      if (!(contender instanceof Contender)) throw new Absent(contender ?? "not started");
      try {
        if (!counts.has(name)) counts.set(name, await this.#count(one, contender));
        const value = await sampler(one, contender, counts.get(name) ?? 1, this.#effort);
        return { value, facts: {} };
      } catch (error) {
        // Its process may have ended, or be busy with the order still: the next case has a new one.
        if (!(error instanceof Absent)) {
          contender.stop();
          this.#contenders.delete(name);
        }
        throw error;
      }
    });
  }

  /** @param {Case} one @param {Contender} contender */
  async #count(one, contender) {
    if (one.kind === "timed") return calibrate(one, contender, this.#effort);
    const few = Math.max(5, Math.round(this.#effort.budgetMs / 10));
    if (one.kind !== "throughput") return few;
    // Each reader so many of 2 ms. Beginning and end, where not all readers work, must not count; who
    // has the readers wait for one another gets fewer.
    const { ns } = await ask(contender, `${one.order} n=${few}`, this.#effort);
    const milliseconds = Number(ns) / 1e6 / few;
    return Math.max(few, Math.round((this.#effort.budgetMs * 8) / milliseconds));
  }

  /**
   * Rounds of one sample each; every second one backwards, so that nobody always comes after the same.
   * Whoever fails is out.
   * @param {readonly string[]} names
   * @param {number} rounds
   * @param {(name: string) => Promise<Measured>} sample
   * @returns {Promise<Outcomes>}
   */
  async #rounds(names, rounds, sample) {
    /** @type {Map<string, Measured[]>} */
    const found = new Map(names.map((name) => [name, []]));
    /** @type {Outcomes} */
    const outcomes = {};
    for (let round = 0; round < rounds; ++round) {
      const order = round % 2 === 0 ? names : [...names].reverse();
      for (const name of order.filter((one) => !(one in outcomes))) {
        this.#progress.step(`round ${round + 1} of ${rounds}: ${name}`);
        try {
          found.get(name)?.push(await sample(name));
        } catch (error) {
          outcomes[name] = { absent: reason(error) };
        }
      }
    }
    for (const name of names) {
      const all = found.get(name) ?? [];
      const samples = all.map(({ value }) => value);
      const facts = all.at(-1)?.facts ?? {};
      outcomes[name] ??= {
        ...distribution(samples),
        samples,
        ...(Object.keys(facts).length > 0 && { facts }),
      };
    }
    return outcomes;
  }

  /** @param {Case} one @param {readonly string[]} names @param {Place} place */
  async #startContenders(one, names, place) {
    if (this.#key !== sessionKey(one)) this.#stopContenders();
    this.#key = sessionKey(one);
    for (const name of names) {
      // One that failed may do better in a process of its own.
      if (this.#contenders.get(name) instanceof Contender) continue;
      this.#progress.step(`starting ${name}`);
      const absence = contenderAbsence(name);
      this.#contenders.set(name, absence ?? (await this.#start(one, name, place)));
    }
  }

  /** @param {Case} one @param {string} name @param {Place} place */
  async #start(one, name, place) {
    try {
      // Every contender has a time of insertions of its own.
      const file = place.env["SCARD_STANDIN_TOGGLE_FILE"];
      const env = { ...place.env, ...(file && { SCARD_STANDIN_TOGGLE_FILE: `${file}-${name}` }) };
      return await Contender.start(name, { ...place, env }, one.readers, one.room, one.nodeArgs);
    } catch (error) {
      return reason(error);
    }
  }

  #stopContenders() {
    for (const contender of this.#contenders.values())
      if (contender instanceof Contender) contender.stop();
    this.#contenders.clear();
    this.#key = "";
  }
}
