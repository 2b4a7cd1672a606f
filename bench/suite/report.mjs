// What a run found, as Markdown with charts, and against the run before.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cases, higherIsBetter } from "./cases.mjs";
import { contenderTitles } from "./contender.mjs";
import { short } from "./statistics.mjs";
import { dotChart, lineChart } from "./svg.mjs";
import { judgeAll, median } from "./targets.mjs";

/** @typedef {import("./cases.mjs").Case} Case */
/** @typedef {import("./suite.mjs").Outcomes} Outcomes */
/** @typedef {import("./suite.mjs").Outcome} Outcome */

/**
 * @typedef {object} Run
 * @property {Record<string, string | number | boolean>} machine
 * @property {Record<string, Outcomes>} results
 */

/** @type {Readonly<Record<string, string>>} */
const units = {
  us: "us",
  ms: "ms",
  "apdu/s": "APDU/s",
  MB: "MB",
  instructions: "",
  allocations: "",
};

/** @type {readonly { group: string, title: string, words: string }[]} */
const sections = [
  {
    group: "calls",
    title: "Calls over the stand-in library",
    words:
      "Microseconds per APDU of 16 bytes of answer. The library answers at once: what is left is what the package itself costs.",
  },
  { group: "sizes", title: "Sizes of the answer", words: "Microseconds per APDU, stand-in." },
  {
    group: "readers",
    title: "Many readers",
    words: "APDUs per second over readers whose cards take 2 ms each, stand-in. More is better.",
  },
  { group: "pcscd", title: "A real pcscd", words: "With vpcd and a native card." },
  { group: "process", title: "The process", words: "Stand-in. Less is better." },
  { group: "locate", title: "Locating cards", words: "Per call, stand-in." },
  {
    group: "instructions",
    title: "Counted, not timed",
    words:
      "The same on a busy machine: instructions by callgrind, allocations by a preloaded counter. Whole process, the stand-in's part included.",
  },
];

/** @param {Case} one @param {Outcome | undefined} outcome */
function cell(one, outcome) {
  if (outcome === undefined || "absent" in outcome) return "-";
  const { median: middle, low, high, count } = outcome;
  const spread = count > 1 ? ` (${short(low)} to ${short(high)})` : "";
  return `${short(middle)}${units[one.unit] ? ` ${units[one.unit]}` : ""}${spread}`;
}

/** How many times better than the best of the others we are. @param {Run} run @param {Case} one */
function ratio(run, one) {
  const ours = median(run.results, one.id, "scard");
  const others = ["smartcard", "pcsc-mini", "pcsclite"]
    .map((name) => median(run.results, one.id, name))
    .filter((value) => value !== undefined);
  if (ours === undefined || others.length === 0 || ours <= 0) return "-";
  const best = higherIsBetter(one) ? Math.max(...others) : Math.min(...others);
  if (best <= 0) return "-";
  return `${short(higherIsBetter(one) ? ours / best : best / ours)} x`;
}

/** @param {Run} run @param {Case} one @param {string} name */
const has = (run, one, name) => median(run.results, one.id, name) !== undefined;

/** @param {Run} run @param {string} group */
function tableOf(run, group) {
  const rows = cases.filter((one) => one.group === group && run.results[one.id] !== undefined);
  const names = Object.keys(contenderTitles).filter((name) =>
    rows.some((one) => has(run, one, name)),
  );
  const peers = names.some((name) => !name.startsWith("scard") && name !== "raw");
  const head = [
    "",
    ...names.map((name) => contenderTitles[name]),
    ...(peers ? ["best peer / scard"] : []),
  ];
  const lines = rows.map((one) => [
    one.title,
    ...names.map((name) => cell(one, run.results[one.id]?.[name])),
    ...(peers ? [ratio(run, one)] : []),
  ]);
  return [head, head.map((_, index) => (index === 0 ? "---" : "--:")), ...lines]
    .map((line) => `| ${line.join(" | ")} |`)
    .join("\n");
}

/** Reasons, once each. @param {Run} run */
function absences(run) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const one of cases) {
    for (const [name, outcome] of Object.entries(run.results[one.id] ?? {})) {
      if (!("absent" in outcome) || outcome.absent === "no such call") continue;
      const key = `${contenderTitles[name] ?? name}: ${outcome.absent}`;
      found.set(key, [...(found.get(key) ?? []), one.id]);
    }
  }
  return [...found].map(([key, ids]) => `- ${key} (${ids.join(", ")})`).join("\n");
}

/** @param {Run} run */
function targetTable(run) {
  const rows = judgeAll(run.results).map(({ title, limit, reached, figures }) => {
    const verdict =
      reached === undefined ? "not measured" : reached ? "reached" : "**not reached**";
    return `| ${title} | ${limit} | ${verdict} | ${figures ?? "-"} |`;
  });
  return ["| What | Limit | | Figures |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** @param {Run} run @param {Run} before */
function comparison(run, before) {
  const rows = cases.flatMap((one) => {
    // What is counted is counted without waiting awake.
    const name = ["scard", "scard-quiet"].find((other) => has(run, one, other));
    if (name === undefined) return [];
    const now = median(run.results, one.id, name);
    const then = median(before.results, one.id, name);
    if (now === undefined || then === undefined) return [];
    const raw = [before, run].map(({ results }) => median(results, one.id, "raw"));
    const rawText = raw.map((value) => (value === undefined ? "-" : short(value))).join(" / ");
    const change =
      then === 0 ? "-" : `${now >= then ? "+" : ""}${(((now - then) / then) * 100).toFixed(0)} %`;
    return [`| ${one.title} | ${short(then)} | ${short(now)} | ${change} | ${rawText} |`];
  });
  return [
    "| scard | before | now | change | raw C before / now |",
    "| --- | --: | --: | --: | --: |",
    ...rows,
  ].join("\n");
}

/** @param {Run} run @param {string} folder */
function charts(run, folder) {
  const series = Object.entries(contenderTitles).map(([name, title]) => ({ name, title }));
  const shown = (/** @type {readonly Case[]} */ rows) =>
    series.filter(({ name }) => rows.some((one) => has(run, one, name)));
  const marksOf = (/** @type {Case} */ one) =>
    Object.fromEntries(
      Object.entries(run.results[one.id] ?? {}).flatMap(([name, outcome]) =>
        "median" in outcome ? [[name, outcome]] : [],
      ),
    );
  /** @type {string[]} */
  const written = [];
  const dots = (
    /** @type {string} */ file,
    /** @type {string} */ title,
    /** @type {string} */ axis,
    /** @type {readonly Case[]} */ wanted,
  ) => {
    const rows = wanted.filter((one) => Object.keys(marksOf(one)).length > 0);
    if (rows.length === 0) return;
    const chart = {
      title,
      axis,
      series: shown(rows),
      rows: rows.map((one) => ({ title: one.title, marks: marksOf(one) })),
    };
    writeFileSync(join(folder, file), dotChart(chart));
    written.push(file);
  };
  mkdirSync(folder, { recursive: true });
  const of = (/** @type {string} */ group) => cases.filter((one) => one.group === group);
  const less = "less is better, logarithmic; dot: median, bar: middle half of the rounds";
  dots("calls.svg", "One APDU over the stand-in library", `us per APDU: ${less}`, of("calls"));
  dots("sizes.svg", "By size of the answer", `us per APDU: ${less}`, of("sizes"));
  dots(
    "pcscd.svg",
    "One APDU over pcscd and vpcd",
    `us per APDU: ${less}`,
    of("pcscd").filter((one) => one.unit === "us"),
  );
  dots(
    "start.svg",
    "Import and cold start",
    `ms: ${less}`,
    cases.filter((one) => ["import", "import-esm", "cold"].includes(one.id)),
  );
  const readers = of("readers").filter((one) => run.results[one.id] !== undefined);
  if (readers.length > 1) {
    const names = shown(readers);
    const lines = Object.fromEntries(
      names.map(({ name }) => [name, readers.map((one) => marksOf(one)[name])]),
    );
    const chart = {
      title: "Readers of 2 ms at once",
      axis: "readers",
      unit: "APDU/s: more is better",
      series: names,
      places: readers.map((one) => one.readers),
      lines,
    };
    writeFileSync(join(folder, "readers.svg"), lineChart(chart));
    written.push("readers.svg");
  }
  return written;
}

/** @type {Readonly<Record<string, string>>} */
const chartOf = {
  calls: "calls.svg",
  sizes: "sizes.svg",
  pcscd: "pcscd.svg",
  process: "start.svg",
  readers: "readers.svg",
};

/**
 * Writes the report and its charts.
 * @param {Run} run
 * @param {string} file of the report
 * @param {string} chartFolder beside it
 * @param {{ name: string, run: Run } | undefined} before
 */
export function writeReport(run, file, chartFolder, before) {
  const written = charts(run, join(file, "..", chartFolder));
  const machine = Object.entries(run.machine).map(([key, value]) => `| ${key} | ${value} |`);
  const parts = [
    "# Results",
    "",
    "Made by `npm run bench`; [README.md](README.md) says what each case measures and by which rules.",
    "Medians over the rounds of one run, in brackets the middle half of them.",
    "",
    ["| Machine | |", "| --- | --- |", ...machine].join("\n"),
    "",
    "## What must be reached",
    "",
    targetTable(run),
    "",
  ];
  for (const { group, title, words } of sections) {
    if (!cases.some((one) => one.group === group && run.results[one.id] !== undefined)) continue;
    parts.push(`## ${title}`, "", words, "");
    const chart = chartOf[group];
    if (chart !== undefined && written.includes(chart))
      parts.push(`![${title}](${chartFolder}/${chart})`, "");
    parts.push(tableOf(run, group), "");
  }
  const missing = absences(run);
  if (missing !== "") parts.push("## Not measured, and why", "", missing, "");
  if (before) parts.push(`## Against ${before.name}`, "", comparison(run, before.run), "");
  writeFileSync(file, parts.join("\n"));
}

/** The report in short, for a terminal. @param {Run} run @param {{ name: string, run: Run } | undefined} before */
export function summary(run, before) {
  const parts = [];
  for (const one of cases) {
    const outcomes = run.results[one.id];
    if (outcomes === undefined) continue;
    const figures = Object.entries(outcomes).map(
      ([name, outcome]) => `${name} ${cell(one, outcome)}`,
    );
    const factor = ratio(run, one);
    parts.push(
      `${one.id}: ${figures.join(", ")}${factor === "-" ? "" : `; best peer / scard ${factor}`}`,
    );
  }
  parts.push("", "Must reach:");
  for (const { title, reached, figures } of judgeAll(run.results)) {
    const verdict = reached === undefined ? "not measured" : reached ? "reached" : "NOT REACHED";
    parts.push(`  ${verdict}: ${title}${figures === undefined ? "" : ` (${figures})`}`);
  }
  if (before) {
    parts.push("", `Against ${before.name}:`);
    for (const one of cases) {
      const now = median(run.results, one.id, "scard");
      const then = median(before.run.results, one.id, "scard");
      if (now === undefined || then === undefined || then === 0) continue;
      parts.push(
        `  ${one.id}: ${short(then)} -> ${short(now)} (${(((now - then) / then) * 100).toFixed(0)} %)`,
      );
    }
  }
  return parts.join("\n");
}
