// What must be reached, against one run. A target without its figures is told as such, not passed.
import { short } from "./statistics.mjs";

/** @typedef {import("./suite.mjs").Outcomes} Outcomes */
/** @typedef {Record<string, Outcomes>} Results by case */
/** @typedef {{ value: number, text: string } | undefined} Figure */

/**
 * @typedef {object} Target
 * @property {string} title
 * @property {string} limit
 * @property {(results: Results) => { reached: boolean, figures: string } | undefined} judge
 */

const peerNames = ["smartcard", "pcsc-mini", "pcsclite"];

/** @param {Results} results @param {string} id @param {string} name */
export function median(results, id, name) {
  const outcome = results[id]?.[name];
  return outcome && "median" in outcome ? outcome.median : undefined;
}

/** The least of all samples: what the machine gives when it does nothing else. @param {Results} results @param {string} id @param {string} name */
function least(results, id, name) {
  const outcome = results[id]?.[name];
  return outcome && "median" in outcome ? outcome.least : NaN;
}

/** The best of the peers' medians. @param {Results} results @param {string} id */
export function bestPeer(results, id, higher = false) {
  const found = peerNames
    .map((name) => ({ name, value: median(results, id, name) }))
    .filter((one) => one.value !== undefined)
    .sort((left, right) => (Number(left.value) - Number(right.value)) * (higher ? -1 : 1));
  const [best] = found;
  return best && { name: best.name, value: Number(best.value) };
}

/** @param {Results} results @param {string} id */
const leastOfPeers = (results, id) =>
  Math.min(
    ...peerNames.map((name) => least(results, id, name)).filter((value) => !Number.isNaN(value)),
  );

/** @param {string} id @param {string} title @param {number} parts @returns {Target} */
const partOfBestPeer = (id, title, parts) => ({
  title,
  limit: `1/${parts} of the best peer's`,
  judge(results) {
    const ours = median(results, id, "scard");
    const peer = bestPeer(results, id);
    if (ours === undefined || peer === undefined) return undefined;
    return {
      reached: ours <= peer.value / parts,
      figures:
        `${short(ours)} us against ${short(peer.value)} us (${peer.name}): 1/${short(peer.value / ours)} ` +
        `(by the least samples 1/${short(leastOfPeers(results, id) / least(results, id, "scard"))})`,
    };
  },
});

/** @param {string} id @param {string} title @param {number} more @returns {Target} */
const overRaw = (id, title, more) => ({
  title,
  limit: `raw C + ${more} us`,
  judge(results) {
    const ours = median(results, id, "scard");
    const raw = median(results, id, "raw");
    if (ours === undefined || raw === undefined) return undefined;
    const best = least(results, id, "scard") - least(results, id, "raw");
    const figures =
      `${short(ours)} us, raw C ${short(raw)} us: + ${short(ours - raw)} us ` +
      `(by the least samples + ${short(best)} us)`;
    return { reached: ours - raw <= more, figures };
  },
});

/** @param {string} id @param {string} title @param {number} factor @returns {Target} */
const timesRaw = (id, title, factor) => ({
  title,
  limit: `${factor.toFixed(2)} x raw C`,
  judge(results) {
    const ours = median(results, id, "scard");
    const raw = median(results, id, "raw");
    if (ours === undefined || raw === undefined) return undefined;
    const best = least(results, id, "scard") / least(results, id, "raw");
    const figures =
      `${short(ours)} us, raw C ${short(raw)} us: ${(ours / raw).toFixed(3)} x ` +
      `(by the least samples ${best.toFixed(3)} x)`;
    return { reached: ours / raw <= factor, figures };
  },
});

/** @param {number} readers @returns {Target} */
const ofIdeal = (readers) => ({
  title: `${readers} readers of 2 ms, stand-in`,
  limit: "95 % of the ideal: a thread each in C",
  judge(results) {
    const ours = median(results, `readers-${readers}`, "scard");
    const ideal = median(results, `readers-${readers}`, "raw");
    if (ours === undefined || ideal === undefined) return undefined;
    const share = ((100 * ours) / ideal).toFixed(1);
    const figures = `${short(ours)} APDU/s of ${short(ideal)}: ${share} %`;
    return { reached: ours >= 0.95 * ideal, figures };
  },
});

/** @param {string} id @param {string} name @param {string} key @param {Results} results */
function fact(results, id, name, key) {
  const outcome = results[id]?.[name];
  return outcome && "median" in outcome ? outcome.facts?.[key] : undefined;
}

/** @param {string} id @param {string} title @returns {Target} */
const loadedAsFast = (id, title) => ({
  title,
  limit: "no slower than the fastest peer's; no PC/SC library, no thread",
  judge(results) {
    const ours = median(results, id, "scard");
    const peer = bestPeer(results, id);
    if (ours === undefined || peer === undefined) return undefined;
    const threads = fact(results, id, "scard", "threads");
    const library = fact(results, id, "scard", "library");
    return {
      reached: ours <= peer.value && threads === 0 && library === 0,
      figures:
        `${short(ours)} ms against ${short(peer.value)} ms (${peer.name}); ` +
        `${String(threads)} threads, PC/SC library ${library === 0 ? "not " : ""}opened`,
    };
  },
});

/** @type {readonly Target[]} */
export const targets = [
  partOfBestPeer("awaited", "awaited, stand-in", 4),
  partOfBestPeer("flight-64", "64 in flight, stand-in", 3),
  overRaw("into", "into a caller's buffer", 0.15),
  overRaw("script-100", "script of 100, per APDU", 0.1),
  timesRaw("pcscd-awaited", "pcscd and vpcd: awaited", 1.1),
  timesRaw("pcscd-script-100", "pcscd and vpcd: script of 100", 1.02),
  ofIdeal(16),
  ofIdeal(64),
  {
    title: "event-loop delay p99, 16 readers of 2 ms",
    limit: "within 1 ms of idle",
    judge(results) {
      const ours = median(results, "delay-16", "scard");
      return ours === undefined
        ? undefined
        : { reached: ours <= 1, figures: `${short(ours)} ms over idle` };
    },
  },
  {
    title: "resident memory, 10 million APDUs after warm-up",
    limit: "less than 2 MB",
    judge(results) {
      const ours = median(results, "memory", "scard");
      return ours === undefined
        ? undefined
        : { reached: ours < 2, figures: `grew by ${short(ours)} MB` };
    },
  },
  {
    title: "heap allocations of the addon per awaited APDU",
    limit: "zero, or the number stated",
    judge(results) {
      const ours = median(results, "allocations", "scard");
      return ours === undefined
        ? undefined
        : { reached: ours < 0.01, figures: `${short(ours)} per APDU` };
    },
  },
  loadedAsFast("import", "require"),
  loadedAsFast("import-esm", "import from an ES module"),
  {
    title: "64 KiB response into a buffer",
    limit: "stated against raw C",
    judge(results) {
      const ours = median(results, "into-65536", "scard");
      const raw = median(results, "into-65536", "raw");
      if (ours === undefined || raw === undefined) return undefined;
      const rate = (/** @type {number} */ us) => short(65_536 / us);
      // One copy out of the library's buffer; the C loop has none.
      return { reached: true, figures: `${rate(ours)} MB/s, raw C ${rate(raw)} MB/s` };
    },
  },
];

/** @param {Results} results */
export function judgeAll(results) {
  return targets.map(({ title, limit, judge }) => ({ title, limit, ...judge(results) }));
}
