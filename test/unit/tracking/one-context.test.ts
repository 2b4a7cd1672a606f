// What a tracker shares with others: the context that is replaced under it, or closed.
import { describe, expect, test } from "vitest";

import { ClosedError, pnpNotification } from "../../../lib/index.js";
import { internalsOf } from "../../../lib/context-internals.js";
import { fakeContext } from "../facade/fake-binding.js";
import { Replay, numberedCard, worldsOfTests } from "./world.js";

const world = worldsOfTests();

async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; ++turn) await new Promise((resolve) => setImmediate(resolve));
}

describe.each(["pcsclite", "windows"] as const)("on %s", (profile) => {
  test("a renewal by one does not end another", async () => {
    const { subsystem, context } = await world(profile);
    const reader = subsystem.addReader("One");
    reader.insert(numberedCard(1));
    reader.remove();
    await using tracker = context.track();
    const replay = new Replay(tracker);
    await replay.until(() => replay.picture.has("One"));
    await turns();
    const { link } = internalsOf(context).calls;
    link.markLost(link.native);
    await link.renew();
    // Whether the tracker was in a wait just then, and lost it, or not: it goes on.
    reader.insert(numberedCard(2));
    await replay.until(() => !replay.serviceLost && replay.picture.get("One") === 2);
    expect(tracker.ended).toBe(false);
  });

  test("two tell the same, through restarts, and one goes on without the other", async () => {
    const { subsystem, context } = await world(profile);
    const reader = subsystem.addReader("One");
    const [left, right] = [context.track(), context.track()];
    const replays = [new Replay(left), new Replay(right)] as const;
    const all = async (wanted: (replay: Replay) => boolean): Promise<unknown> =>
      Promise.all(replays.map(async (replay) => replay.until(() => wanted(replay))));
    await all(({ picture }) => picture.has("One"));
    for (let round = 1; round <= 3; ++round) {
      reader.insert(numberedCard(round));
      await all(({ picture }) => picture.get("One") === round);
      subsystem.stop();
      await all(({ serviceLost }) => serviceLost);
      subsystem.start();
      await all(({ serviceLost }) => !serviceLost);
      reader.remove();
      await all(({ picture }) => picture.get("One") === 0);
    }
    expect(replays[1].log).toEqual(replays[0].log);
    await left.stop();
    reader.insert(numberedCard(9));
    await replays[1].until(() => replays[1].picture.get("One") === 9);
    await right.stop();
  });

  test("a wait that is pending hears of the service's end, not of a closed context", async () => {
    const { subsystem, context } = await world(profile);
    const reader = subsystem.addReader("One");
    const [card, change] = [
      context.waitForCard({ reader: "One" }),
      context.getStatusChange(await context.getStatusChange(["One"])),
    ];
    const refused = expect(change).rejects.toMatchObject({ code: "SCARD_E_SERVICE_STOPPED" });
    await turns();
    const { link } = internalsOf(context).calls;
    link.markLost(link.native);
    await link.renew();
    await refused;
    reader.insert(numberedCard(1));
    expect(await card).toMatchObject({ reader: "One", present: true });
  });
});

describe("closing the context", () => {
  test("ends a tracker at once while the service is away", async () => {
    const { subsystem, context } = await world("pcsclite");
    const tracker = context.track();
    const replay = new Replay(tracker);
    await replay.until(() => replay.events.length > 0);
    subsystem.stop();
    // By now the attempts are 640 ms apart.
    await new Promise((resolve) => setTimeout(resolve, 700));
    const ended = new Promise<void>((resolve) => tracker.once("end", resolve));
    const before = performance.now();
    await context.close();
    await ended;
    expect(performance.now() - before).toBeLessThan(200);
  });

  test("ends a wait for a card at once while the service is away", async () => {
    const { subsystem, context } = await world("pcsclite");
    subsystem.stop();
    const wait = context.waitForCard().catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 700));
    const before = performance.now();
    await context.close();
    expect(await wait).toBeInstanceOf(ClosedError);
    expect(performance.now() - before).toBeLessThan(200);
  });

  test("ends a tracker at once that polls without a reader", async () => {
    const { binding, context } = await fakeContext();
    const unannounced = { reader: pnpNotification, eventState: 0x6, atr: new Uint8Array(0) };
    const none = (): unknown[] => [];
    binding.answer("SCardListReaders", none, none, none);
    binding.answer("SCardGetStatusChange", () => [unannounced]);
    const tracker = context.track({ pollIntervalMs: 3_600_000 });
    const ended = new Promise<void>((resolve) => tracker.once("end", resolve));
    await new Promise((resolve) => tracker.once("snapshot", resolve));
    await turns(50);
    await context.close();
    await ended;
    expect(tracker.ended).toBe(true);
  });
});
