// What a contender is told to do, over the calls that its adapter (NAME.mjs) offers. Each gives its
// figures, a reason why the package cannot do it, or nothing when it has no such call. The loops are
// the same for all; what is timed makes no check but the first answer's, which is made before.
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";

/**
 * @typedef {object} Card
 * @property {boolean} flight whether a second command may be given before the first is answered
 * @property {(command: any) => Promise<Uint8Array>} transmit
 * @property {(command: any) => Uint8Array} [sync]
 * @property {(command: any) => number} [into] blocking, into a buffer of the caller
 * @property {(command: any) => Promise<Uint8Array | number>} [awaitedInto]
 * @property {(commands: any[]) => (() => Promise<{ length: number }>)} [script]
 *   takes the commands in, and gives a call that runs them all
 *
 * @typedef {object} Client
 * @property {Card[]} cards
 * @property {(listener: (inserted: boolean) => void) => unknown} [watch]
 * @property {(types: number) => Promise<(() => Promise<unknown>) | undefined>} [locate]
 *
 * @typedef {Record<string, string>} Given
 * @typedef {(client: Client, given: Given) => Promise<Record<string, number | string> | string | undefined>} Operation
 */

const now = () => process.hrtime.bigint();

/** @param {bigint} start */
const since = (start) => ({ ns: Number(now() - start) });

/** @param {Given} given */
const commandOf = (given) => Buffer.from(given["command"] ?? "", "hex");

/** @param {Given} given */
const countOf = (given) => Number(given["n"] ?? 1);

/** @param {Uint8Array | number} answer @param {Given} given */
function verify(answer, given) {
  const length = typeof answer === "number" ? answer : answer.length;
  if (length !== Number(given["length"] ?? 2)) throw new Error(`${length} bytes answered`);
  if (typeof answer !== "number" && answer[length - 2] !== 0x90) throw new Error("not 9000");
}

/** @param {Client} client */
function firstCard(client) {
  const [card] = client.cards;
  if (card === undefined) throw new Error("no card");
  return card;
}

/** @type {Operation} */
export async function awaited(client, given) {
  const card = firstCard(client);
  const command = commandOf(given);
  verify(await card.transmit(command), given);
  const count = countOf(given);
  const start = now();
  for (let i = 0; i < count; ++i) await card.transmit(command);
  return since(start);
}

/** @param {Card} card @param {Buffer} command @param {number} count @param {number} depth */
async function keepInFlight(card, command, count, depth) {
  let left = count;
  const one = async () => {
    while (left-- > 0) await card.transmit(command);
  };
  await Promise.all(Array.from({ length: depth }, one));
}

/** @type {Operation} */
export async function flight(client, given) {
  const card = firstCard(client);
  if (!card.flight) return "one command at a time";
  const command = commandOf(given);
  verify(await card.transmit(command), given);
  const start = now();
  await keepInFlight(card, command, countOf(given), Number(given["depth"] ?? 8));
  return since(start);
}

/** @type {Operation} */
export async function sync(client, given) {
  const card = firstCard(client);
  if (card.sync === undefined) return undefined;
  const command = commandOf(given);
  verify(card.sync(command), given);
  const count = countOf(given);
  const start = now();
  for (let i = 0; i < count; ++i) card.sync(command);
  return since(start);
}

/** @type {Operation} */
export async function into(client, given) {
  const card = firstCard(client);
  const { into: call } = card;
  if (call === undefined) return undefined;
  const command = commandOf(given);
  verify(call(command), given);
  const count = countOf(given);
  const start = now();
  for (let i = 0; i < count; ++i) call(command);
  return since(start);
}

/** @type {Operation} */
export async function awaitedInto(client, given) {
  const card = firstCard(client);
  const { awaitedInto: call } = card;
  if (call === undefined) return undefined;
  const command = commandOf(given);
  verify(await call(command), given);
  const count = countOf(given);
  const start = now();
  for (let i = 0; i < count; ++i) await call(command);
  return since(start);
}

/** @type {Operation} */
export async function script(client, given) {
  const card = firstCard(client);
  if (card.script === undefined) return undefined;
  const command = commandOf(given);
  const steps = Number(given["steps"] ?? 10);
  const runAll = card.script(Array.from({ length: steps }, () => command));
  if ((await runAll()).length !== steps) throw new Error("not every step ran");
  const rounds = Math.ceil(countOf(given) / steps);
  const start = now();
  for (let i = 0; i < rounds; ++i) await runAll();
  return { ...since(start), n: rounds * steps };
}

/** @type {Operation} */
export async function readers(client, given) {
  const wanted = Number(given["count"] ?? 1);
  if (client.cards.length < wanted) return `accepts ${client.cards.length} readers`;
  const command = commandOf(given);
  const count = countOf(given);
  const start = now();
  await Promise.all(
    client.cards.slice(0, wanted).map(async (card) => {
      for (let i = 0; i < count; ++i) await card.transmit(command);
    }),
  );
  return since(start);
}

/** @type {Operation} */
export async function delay(client, given) {
  const wanted = Number(given["count"] ?? 1);
  if (client.cards.length < wanted) return `accepts ${client.cards.length} readers`;
  const command = commandOf(given);
  const period = Number(given["ms"] ?? 500);
  const idle = monitorEventLoopDelay({ resolution: 1 });
  idle.enable();
  await setTimeout(period);
  idle.disable();
  let running = true;
  let exchanged = 0;
  const work = client.cards.slice(0, wanted).map(async (card) => {
    for (; running; ++exchanged) await card.transmit(command);
  });
  const loaded = monitorEventLoopDelay({ resolution: 1 });
  loaded.enable();
  await setTimeout(period);
  loaded.disable();
  running = false;
  await Promise.all(work);
  return { idle: idle.percentile(99), loaded: loaded.percentile(99), exchanged };
}

/** @type {Operation} */
export async function insertions(client, given) {
  const { watch } = client;
  if (watch === undefined) return undefined;
  const file = process.env["SCARD_STANDIN_TOGGLE_FILE"] ?? "";
  const count = countOf(given);
  /** @type {bigint[]} */
  const values = [];
  // What is in already, and what comes meanwhile, is not an insertion that was waited for.
  let settled = false;
  const stop = await new Promise((resolve) => {
    const end = watch((inserted) => {
      const seen = now();
      if (!settled || !inserted) return;
      values.push(seen - readFileSync(file).readBigInt64LE());
      if (values.length === count) resolve(end);
    });
    void setTimeout(100).then(() => (settled = true));
  });
  await stop();
  return { values: values.join(",") };
}

/** @type {Operation} */
export async function memory(client, given) {
  const card = firstCard(client);
  const command = commandOf(given);
  const depth = card.flight ? 64 : 1;
  const count = countOf(given);
  await keepInFlight(card, command, Math.ceil(count / 10), depth);
  const before = resident();
  await keepInFlight(card, command, count, depth);
  return { grown: resident() - before };
}

function resident() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** Processor time of the whole process while it only watches its readers. @type {Operation} */
export async function idle(client, given) {
  const stop = client.watch?.(() => undefined);
  await setTimeout(300);
  const before = process.cpuUsage();
  await setTimeout(Number(given["ms"] ?? 1000));
  const used = process.cpuUsage(before);
  await /** @type {any} */ (stop)?.();
  return { us: used.user + used.system };
}

/** @type {Operation} */
export async function locate(client, given) {
  const call = await client.locate?.(Number(given["types"] ?? 10));
  if (call === undefined) return undefined;
  await call();
  const count = countOf(given);
  const start = now();
  for (let i = 0; i < count; ++i) await call();
  return since(start);
}
