// What is measured. Every case gives one number for a contender and a round; its unit says which way
// is better. bench/README.md explains each group.

/**
 * @typedef {object} Case
 * @property {string} id
 * @property {string} title
 * @property {string} group
 * @property {"us" | "ms" | "apdu/s" | "MB" | "instructions" | "allocations"} unit
 * @property {"timed" | "throughput" | "delay" | "insertion" | "idle" | "memory" | "import" | "cold" | "instructions" | "allocations"} kind
 * @property {"standin" | "pcscd"} backend
 * @property {string} order what the contender is told; `n=` is added
 * @property {number} readers whose cards are connected to; the stand-in has one at least
 * @property {number} room bytes of the longest answer
 * @property {Record<string, string>} [env] for the stand-in
 * @property {number} [steps] the count is a multiple of it
 * @property {number} [bytes] of data in an answer, for MB/s
 * @property {readonly string[]} [nodeArgs] what else node is started with
 * @property {readonly string[]} [contenders] not tried with others. Default: all but scard-quiet
 */

/** @param {number} bytes of data in the answer */
function command(bytes) {
  if (bytes === 0) return { command: "801A0000", length: 2 };
  const le = bytes % 65_536;
  const text =
    bytes <= 256
      ? (bytes % 256).toString(16).padStart(2, "0")
      : `00${le.toString(16).padStart(4, "0")}`;
  return { command: `801A0000${text.toUpperCase()}`, length: bytes + 2 };
}

/** @param {number} bytes */
function given(bytes) {
  const { command: hex, length } = command(bytes);
  return `command=${hex} length=${length}`;
}

/** The command of most cases: 16 bytes of answer, the status word included. */
const usual = given(14);
/** On the stand-in and the card of pcscd alike. */
const twoMilliseconds = "command=80500002 length=2";

const base = /** @type {const} */ ({
  unit: "us",
  kind: "timed",
  backend: "standin",
  readers: 1,
  room: 258,
});

/** Waiting awake matters here. */
const everybody = ["raw", "scard", "scard-quiet", "smartcard", "pcsc-mini", "pcsclite"];

/** @param {number} depth @returns {Case} */
const inFlight = (depth) => ({
  ...base,
  contenders: everybody,
  id: `flight-${depth}`,
  title: `${depth} in flight`,
  group: "calls",
  order: `flight depth=${depth} ${usual}`,
});

/** @param {number} steps @returns {Case} */
const script = (steps) => ({
  ...base,
  id: `script-${steps}`,
  title: `script of ${steps}`,
  group: "calls",
  order: `script steps=${steps} ${usual}`,
  steps,
});

/** @param {number} data @param {"awaited" | "into"} how @returns {Case} */
const size = (data, how) => ({
  ...base,
  id: `${how}-${data === 0 ? 2 : data}`,
  title: `${how === "into" ? "into a buffer" : "awaited"}, ${data === 0 ? "status word alone" : `${data} bytes`}`,
  group: "sizes",
  order: `${how} ${given(data)}`,
  room: data > 256 ? data + 2 : 258,
  bytes: data,
});

/** @param {number} readers @param {"standin" | "pcscd"} backend @returns {Case} */
const throughput = (readers, backend) => ({
  ...base,
  id: `${backend === "pcscd" ? "pcscd-" : ""}readers-${readers}`,
  title: `${readers} readers of 2 ms`,
  group: backend === "pcscd" ? "pcscd" : "readers",
  unit: "apdu/s",
  kind: "throughput",
  backend,
  order: `readers count=${readers} ${twoMilliseconds}`,
  readers,
});

/** @param {string} id @param {string} title @param {string} order @returns {Case} */
const overPcscd = (id, title, order) => ({
  ...base,
  id: `pcscd-${id}`,
  title,
  group: "pcscd",
  backend: "pcscd",
  order,
  steps: /steps=(\d+)/.test(order) ? Number(/steps=(\d+)/.exec(order)?.[1]) : 1,
});

/** @param {number} types @returns {Case} */
const locate = (types) => ({
  ...base,
  id: `locate-${types}`,
  title: `locate among ${types} card types`,
  group: "locate",
  order: `locate types=${types}`,
  contenders: ["scard"],
});

/** @param {string} id @param {string} title @param {string} order @returns {Case} */
const instructions = (id, title, order) => ({
  ...base,
  id: `instructions-${id}`,
  title: `instructions per APDU, ${title}`,
  group: "instructions",
  unit: "instructions",
  kind: "instructions",
  order,
  steps: /steps=(\d+)/.test(order) ? Number(/steps=(\d+)/.exec(order)?.[1]) : 1,
  contenders: ["raw", "scard-quiet"],
});

/** @type {readonly Case[]} */
export const cases = [
  {
    ...base,
    contenders: everybody,
    id: "awaited",
    title: "awaited",
    group: "calls",
    order: `awaited ${usual}`,
  },
  inFlight(8),
  inFlight(64),
  { ...base, id: "sync", title: "synchronous", group: "calls", order: `sync ${usual}` },
  {
    ...base,
    id: "into",
    title: "synchronous, into a buffer",
    group: "calls",
    order: `into ${usual}`,
  },
  {
    ...base,
    id: "awaited-into",
    title: "awaited, into a buffer",
    group: "calls",
    order: `awaitedInto ${usual}`,
  },
  script(10),
  script(100),
  script(1000),
  size(0, "awaited"),
  size(256, "awaited"),
  size(4096, "awaited"),
  size(65_536, "awaited"),
  size(256, "into"),
  size(4096, "into"),
  size(65_536, "into"),
  throughput(1, "standin"),
  throughput(4, "standin"),
  throughput(16, "standin"),
  throughput(64, "standin"),
  {
    ...base,
    id: "delay-16",
    title: "event-loop delay, p99 over idle, 16 readers of 2 ms",
    group: "process",
    unit: "ms",
    kind: "delay",
    order: `delay count=16 ${twoMilliseconds}`,
    readers: 16,
  },
  {
    ...base,
    id: "delay-1",
    title: "event-loop delay, p99 over idle, one card at full speed",
    group: "process",
    unit: "ms",
    kind: "delay",
    order: `delay count=1 ${usual}`,
  },
  {
    ...base,
    id: "insertion",
    title: "insertion to event",
    group: "process",
    kind: "insertion",
    order: "insertions",
    env: { SCARD_STANDIN_TOGGLE_MS: "20" },
    readers: 0,
  },
  {
    ...base,
    id: "idle",
    title: "processor time while watching, per second",
    group: "process",
    kind: "idle",
    order: "idle",
  },
  {
    ...base,
    id: "import",
    title: "require",
    group: "process",
    unit: "ms",
    kind: "import",
    order: "",
  },
  {
    ...base,
    id: "import-esm",
    title: "import from an ES module",
    group: "process",
    unit: "ms",
    kind: "import",
    order: "esm",
  },
  {
    ...base,
    id: "cold",
    title: "start to first answer",
    group: "process",
    unit: "ms",
    kind: "cold",
    order: "",
  },
  {
    ...base,
    id: "memory",
    title: "growth of resident memory over many APDUs",
    group: "process",
    unit: "MB",
    kind: "memory",
    contenders: ["scard"],
    // V8 makes room for young objects as a program goes on, up to a limit: here from the beginning, or
    // that is all that is seen.
    nodeArgs: ["--min-semi-space-size=16", "--max-semi-space-size=16"],
    order: `memory ${usual}`,
  },
  overPcscd("awaited", "awaited", `awaited ${usual}`),
  overPcscd("flight-8", "8 in flight", `flight depth=8 ${usual}`),
  overPcscd("sync", "synchronous", `sync ${usual}`),
  overPcscd("script-100", "script of 100", `script steps=100 ${usual}`),
  throughput(16, "pcscd"),
  locate(10),
  locate(100),
  locate(1000),
  locate(10_000),
  instructions("awaited", "awaited", `awaited ${usual}`),
  instructions("sync", "synchronous", `sync ${usual}`),
  instructions("into", "synchronous, into a buffer", `into ${usual}`),
  instructions("script-100", "script of 100", `script steps=100 ${usual}`),
  {
    ...base,
    id: "allocations",
    title: "heap allocations per awaited APDU by the addon",
    group: "instructions",
    unit: "allocations",
    kind: "allocations",
    order: `awaited ${usual}`,
    contenders: ["scard"],
  },
];

/** Higher is better for these units. @param {Case} one */
export const higherIsBetter = (one) => one.unit === "apdu/s";
