// The daemon dies and comes back under the feet of a program.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { PcscError, establishContext, statistics } from "../../lib/index.js";
import {
  bytes,
  cardIn,
  commands,
  count,
  dataOf,
  failure,
  pcscFailure,
  type Context,
} from "../contract/support.js";
import { pcscdWorld, type PcscdWorld } from "../harness/pcscd-world.js";
import { requirePcscd } from "../harness/require-pcscd.js";

let started: PcscdWorld | undefined;

beforeAll(async () => {
  started = await pcscdWorld({ readers: 2 });
});
beforeEach((context) => {
  requirePcscd(context);
});
afterAll(async () => {
  await started?.stop();
});

function running(): PcscdWorld {
  if (started === undefined) throw new Error("pcscd is not running");
  return started;
}

/** What libpcsclite says of a daemon that has gone, depending on when it notices. */
const gone = [
  "SCARD_E_NO_SERVICE",
  "SCARD_E_SERVICE_STOPPED",
  "SCARD_F_COMM_ERROR",
  "SCARD_E_INVALID_HANDLE",
  "SCARD_F_INTERNAL_ERROR",
];

/** Brings the daemon back, and shows that a new context works. */
async function recovers(): Promise<void> {
  const { pcscd, world } = running();
  await pcscd.start();
  await using context = await establishContext();
  await using card = await context.connect(await cardIn(world, context, 0));
  dataOf(await card.transmit(commands.select));
}

async function context(): Promise<Context> {
  return await establishContext();
}

test("ends pending waits with an error when the daemon dies, and works with the next", async () => {
  const { pcscd, world } = running();
  const old = await context();
  const states = await old.getStatusChange([await cardIn(world, old, 0)]);
  const waits = [1, 2].map(async () => pcscFailure(old.getStatusChange(states), ...gone));
  // Both under way: a wait that only begins is told of a dying daemon in other words.
  await expect.poll(() => statistics().waits).toBe(2);
  await pcscd.kill();
  for (const error of await Promise.all(waits)) expect(error.call).toBe("SCardGetStatusChange");
  await old[Symbol.asyncDispose]();
  await recovers();
});

test("ends a command that is never answered when the daemon dies", async () => {
  const { pcscd, world } = running();
  const old = await context();
  const card = await old.connect(await cardIn(world, old, 0));
  await world.card(0).mute();
  const seen = world.card(0).commandSeen("A4");
  const stuck = pcscFailure(card.transmit(commands.select), ...gone);
  const queued = pcscFailure(card.transmit(commands.select), ...gone);
  await seen;
  await pcscd.kill();
  expect((await stuck).call).toBe("SCardTransmit");
  await queued;
  await old[Symbol.asyncDispose]();
  expect(card.closed).toBe(true);
  await recovers();
});

test("ends a transaction when the daemon dies", async () => {
  const { pcscd, world } = running();
  const old = await context();
  const card = await old.connect(await cardIn(world, old, 0));
  const lost = card.transaction(async (tx) => {
    await count(tx);
    await pcscd.kill();
    await count(tx);
  });
  expect(await failure(lost)).toBeInstanceOf(PcscError);
  await old[Symbol.asyncDispose]();
  await recovers();
});

test("says that there is no daemon, and finds it once it is there", async () => {
  const { pcscd } = running();
  await pcscd.terminate();
  const error = await pcscFailure(establishContext(), "SCARD_E_NO_SERVICE");
  expect(error.call).toBe("SCardEstablishContext");
  await recovers();
});

test("a context outlives a restart of the daemon; what was connected before does not", async () => {
  const { pcscd, world } = running();
  await using lasting = await context();
  const reader = await cardIn(world, lasting, 0);
  const before = await lasting.connect(reader);
  await pcscd.terminate();
  await pcscFailure(lasting.listReaders(), ...gone);
  await pcscd.start();
  expect(await lasting.listReaders()).toEqual(world.readers);
  await pcscFailure(before.transmit(bytes("80C00000")), ...gone);
  await before[Symbol.asyncDispose]();
  await cardIn(world, lasting, 0);
  await using after = await lasting.connect(reader);
  dataOf(await after.transmit(commands.select));
});
