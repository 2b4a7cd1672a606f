// `npm run bench`: runs the cases, prints and writes what they found. `-- --help` says the options.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, run as runProgram, script } from "../scripts/run.mjs";
import { ensure } from "../scripts/setup.mjs";
import { buildBench } from "./build.mjs";
import { installPeers } from "./peers.mjs";
import { cases } from "./suite/cases.mjs";
import { contenderNames } from "./suite/contender.mjs";
import { efforts } from "./suite/measure.mjs";
import { summary, writeReport } from "./suite/report.mjs";
import { short } from "./suite/statistics.mjs";
import { Suite } from "./suite/suite.mjs";

/** @typedef {import("./suite/report.mjs").Run} Run */

const help = `npm run bench -- [options]
  --quick            a try in under two minutes: fewer rounds, no callgrind, peers only if installed
  --case ID          only this case, or those that begin with it; may be repeated
  --contender NAME   only this contender; may be repeated
  --rounds N         instead of 15; 3 with --quick
  --store            writes bench/RESULTS.md and bench/results/, for a commit
  --json             prints the results as JSON instead of words
  --list             prints the cases and contenders`;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    case: { type: "string", multiple: true, default: [] },
    contender: { type: "string", multiple: true, default: [] },
    rounds: { type: "string" },
    store: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function chosenCases() {
  const wanted = options.case;
  for (const id of wanted)
    if (!cases.some((one) => one.id.startsWith(id))) throw new Error(`No case ${id} (--list)`);
  if (wanted.length > 0) return cases.filter((one) => wanted.some((id) => one.id.startsWith(id)));
  // A node under callgrind takes longer than all the rest.
  return options.quick ? cases.filter((one) => one.kind !== "instructions") : cases;
}

function chosenContenders() {
  const wanted = options.contender;
  for (const name of wanted)
    if (!contenderNames.includes(name)) throw new Error(`No contender ${name} (--list)`);
  return contenderNames.filter((name) => wanted.length === 0 || wanted.includes(name));
}

function effort() {
  const usual = efforts[options.quick ? "quick" : "full"];
  if (options.rounds === undefined) return usual;
  const rounds = Number(options.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds is a whole number from 1");
  return { ...usual, rounds, processes: rounds };
}

/** How many programs wanted a processor in the last 1, 5 and 15 minutes. */
const load = () =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(", ");

/** What the figures depend on. */
function machine() {
  const git = (/** @type {string[]} */ ...args) =>
    runProgram("git", args, { quiet: true, check: false }).output.trim();
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    commit: git("rev-parse", "--short", "HEAD"),
    effort: `${options.quick ? "quick" : "full"}, ${effort().rounds} rounds`,
    processor: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} processors`,
    system: `${process.platform} ${release()}, ${process.arch}`,
    node: process.version,
    "load at the beginning": load(),
  };
}

/** One line that is written over, on a terminal; a line a case where there is none. @param {number} total */
function progress(total) {
  const stream = process.stderr;
  let number = 0;
  let title = "";
  const over = (/** @type {string} */ text) =>
    stream.write(`\r\x1b[K${text.slice(0, (stream.columns || 80) - 1)}`);
  return {
    begin(/** @type {{ id: string }} */ one) {
      title = `[${++number}/${total}] ${one.id}`;
    },
    step(/** @type {string} */ text) {
      if (stream.isTTY) over(`${title}: ${text}`);
    },
    end(
      /** @type {{ id: string }} */ _one,
      /** @type {import("./suite/suite.mjs").Outcomes} */ outcomes,
    ) {
      const figures = Object.entries(outcomes).map(
        ([name, outcome]) => `${name} ${"median" in outcome ? short(outcome.median) : "-"}`,
      );
      if (stream.isTTY) over("");
      stream.write(`${title}: ${figures.join(", ")}\n`);
    },
  };
}

const resultsFolder = join(root, "bench/results");

/** The last stored run. @returns {{ name: string, run: Run } | undefined} */
function storedRun() {
  let names;
  try {
    names = readdirSync(resultsFolder).filter((name) => name.endsWith(".json"));
  } catch {
    return undefined;
  }
  const name = names.sort().at(-1);
  if (name === undefined) return undefined;
  return { name, run: JSON.parse(readFileSync(join(resultsFolder, name), "utf8")) };
}

/** @param {Run} run @param {ReturnType<typeof storedRun>} before */
function write(run, before) {
  if (!options.store) {
    const folder = join(root, ".cache/bench");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "results.json"), JSON.stringify(run));
    writeReport(run, join(folder, "RESULTS.md"), "charts", before);
    return ".cache/bench/RESULTS.md";
  }
  mkdirSync(resultsFolder, { recursive: true });
  const name = `${String(run.machine["date"]).replaceAll(/\D/g, "")}-${run.machine["commit"]}.json`;
  writeFileSync(join(resultsFolder, name), `${JSON.stringify(run, undefined, 1)}\n`);
  writeReport(run, join(root, "bench/RESULTS.md"), "results", before);
  runProgram(process.execPath, [
    "node_modules/prettier/bin/prettier.cjs",
    "--write",
    "--log-level=warn",
    "bench/RESULTS.md",
    `bench/results/${name}`,
  ]);
  return "bench/RESULTS.md";
}

/** Failures of our own are the only ones that count: CI runs this for breakage. @param {Run} run */
function broken(run) {
  return Object.entries(run.results).flatMap(([id, outcomes]) =>
    Object.entries(outcomes).flatMap(([name, outcome]) =>
      "absent" in outcome && outcome.absent.startsWith("failed: ") && /^(raw|scard)/.test(name)
        ? [`${id}, ${name}: ${outcome.absent}`]
        : [],
    ),
  );
}

await script(async () => {
  if (options.help) return void console.log(help);
  const wanted = chosenCases();
  const names = chosenContenders();
  if (options.list) {
    for (const { id, title } of wanted) console.log(`${id.padEnd(24)} ${title}`);
    console.log(`\ncontenders: ${names.join(", ")}`);
    return;
  }
  await ensure("dependencies", "addon", "library");
  await buildBench();
  if (!options.quick) await installPeers();
  /** @type {Run} */
  const run = { machine: machine(), results: {} };
  const suite = new Suite(names, effort(), progress(wanted.length));
  try {
    for (const one of wanted) run.results[one.id] = await suite.measure(one);
  } finally {
    await suite.stop();
  }
  run.machine["load at the end"] = load();
  const before = storedRun();
  const file = write(run, before);
  console.log(options.json ? JSON.stringify(run, undefined, 1) : summary(run, before));
  const failures = broken(run);
  for (const failure of failures) console.error(`[scard] failed: ${failure}`);
  if (!options.json) console.log(`\nWritten: ${file}`);
  return failures.length > 0 ? 1 : 0;
});
