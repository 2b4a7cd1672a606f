// The service dies and comes back under the feet of a program.
import { describe, expect, test } from "vitest";

import { PcscError, establishContext, statistics } from "../../lib/index.js";
import { bytes, cardIn, commands, count, dataOf, failure, pcscFailure } from "./support.js";
import type { World, WorldSource } from "./world.js";

/** What is said of a service that has gone, depending on when that is noticed. */
const gone = [
  "SCARD_E_NO_SERVICE",
  "SCARD_E_SERVICE_STOPPED",
  "SCARD_F_COMM_ERROR",
  "SCARD_E_INVALID_HANDLE",
  "SCARD_F_INTERNAL_ERROR",
];
/** libpcsclite's word for it where a wait has only begun (docs/tracking.md). */
const goneWhileBeginning = "SCARD_W_SECURITY_VIOLATION";

export function service(world: WorldSource): void {
  describe("a service that stops", () => {
    describeCrash(world);
    describeRestart(world);
  });
}

/** Brings the service back, and shows that a new context works. */
async function recovers(world: World): Promise<void> {
  await world.startService();
  await using context = await establishContext(world.options);
  await using card = await context.connect(await cardIn(world, context, 0));
  dataOf(await card.transmit(commands.select));
}

function describeCrash(world: WorldSource): void {
  test("ends pending waits with an error, and works when it is back", async () => {
    const old = await establishContext(world().options);
    const states = await old.getStatusChange([await cardIn(world(), old, 0)]);
    const waits = [1, 2].map(async () =>
      pcscFailure(old.getStatusChange(states), ...gone, goneWhileBeginning),
    );
    // Both under way, though how far is not known.
    await expect.poll(() => statistics().waits).toBe(2);
    await world().stopService("crash");
    for (const error of await Promise.all(waits)) expect(error.call).toBe("SCardGetStatusChange");
    await old[Symbol.asyncDispose]();
    await recovers(world());
  });

  test("ends a command that is never answered, and what is queued behind it", async () => {
    const old = await establishContext(world().options);
    const card = await old.connect(await cardIn(world(), old, 0));
    await world().card(0).mute();
    const seen = world().card(0).commandSeen("A4");
    const stuck = pcscFailure(card.transmit(commands.select), ...gone);
    const queued = pcscFailure(card.transmit(commands.select), ...gone);
    await seen;
    await world().stopService("crash");
    expect((await stuck).call).toBe("SCardTransmit");
    await queued;
    await old[Symbol.asyncDispose]();
    expect(card.closed).toBe(true);
    await recovers(world());
  });

  test("ends a transaction", async () => {
    const old = await establishContext(world().options);
    const card = await old.connect(await cardIn(world(), old, 0));
    const lost = card.transaction(async (tx) => {
      await count(tx);
      await world().stopService("crash");
      await count(tx);
    });
    expect(await failure(lost)).toBeInstanceOf(PcscError);
    await old[Symbol.asyncDispose]();
    await recovers(world());
  });
}

function describeRestart(world: WorldSource): void {
  test("is missed by a new context, and found once it is there", async () => {
    await world().stopService("shutdown");
    const missing = establishContext(world().options);
    const error = await pcscFailure(missing, "SCARD_E_NO_SERVICE");
    expect(error.call).toBe("SCardEstablishContext");
    await recovers(world());
  });

  test("is outlived by a context, but not by what was connected before", async () => {
    await using lasting = await establishContext(world().options);
    const reader = await cardIn(world(), lasting, 0);
    const before = await lasting.connect(reader);
    await world().stopService("shutdown");
    await pcscFailure(lasting.listReaders(), ...gone);
    await world().startService();
    expect(await lasting.listReaders()).toEqual(world().readers);
    await pcscFailure(before.transmit(bytes("80C00000")), ...gone);
    await before[Symbol.asyncDispose]();
    await cardIn(world(), lasting, 0);
    await using after = await lasting.connect(reader);
    dataOf(await after.transmit(commands.select));
  });
}
