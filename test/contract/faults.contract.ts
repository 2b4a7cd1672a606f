import { describe, expect, test } from "vitest";

import { IncompleteResponseError, PcscError, establishContext } from "../../lib/index.js";
import {
  bytes,
  cardIn,
  commands,
  connectAlone,
  dataOf,
  duration,
  expectOnTime,
  failure,
  hex,
  noCardIn,
  pcscFailure,
  readerName,
} from "./support.js";
import type { WorldSource } from "./world.js";

export function faults(world: WorldSource): void {
  describe("cards that fail", () => {
    describeIncomplete(world);
    describeMute(world);
    describeMuteReader(world);
  });
}

function describeIncomplete(world: WorldSource): void {
  test("reports a card that died in the middle of a command", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    await using card = await context.connect(reader);
    await world().card(0).die();
    const error = await failure(card.transmit(commands.select));
    expect(error).toBeInstanceOf(IncompleteResponseError);
    expect(error).toMatchObject({ code: "ERR_SCARD_INCOMPLETE_RESPONSE", reader });
    expect((error as IncompleteResponseError).response).toHaveLength(0);
    expect(await failure(card.transmit(commands.select))).toBeInstanceOf(PcscError);
    // Nothing is left behind: the next card works.
    await cardIn(world(), context, 0);
    await using next = await context.connect(reader);
    dataOf(await next.transmit(commands.select));
  });

  test("reports an answer that broke off, with what arrived", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    await using card = await context.connect(reader);
    await world().card(0).truncate(50);
    const error = await failure(card.transmit(commands.pattern(100)));
    expect(error).toBeInstanceOf(IncompleteResponseError);
    expect((error as IncompleteResponseError).response).toHaveLength(50);
    dataOf(await card.transmit(commands.select));
  });

  test("does not take one byte for an answer", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    await world().card(0).truncate(1);
    const error = await failure(card.transmit(commands.select));
    expect(error).toBeInstanceOf(IncompleteResponseError);
    expect((error as IncompleteResponseError).response).toHaveLength(1);
    dataOf(await card.transmit(commands.select));
  });

  test("passes on what has no status word where the caller says so", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    await world().card(0).truncate(3);
    const response = await card.transmit(commands.pattern(10), { statusWord: "any" });
    expect(hex(response)).toBe("000102");
  });

  test("never reports success for an answer that the card's death cut off", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    await using card = await context.connect(reader);
    await world().card(0).dieWithin(50);
    const error = await failure(card.transmit(commands.pattern(100)));
    expect(error instanceof IncompleteResponseError || error instanceof PcscError).toBe(true);
    expect(await failure(card.transmit(commands.select))).toBeInstanceOf(PcscError);
  });
}

function describeMute(world: WorldSource): void {
  test("rejects on time when the card never answers", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    const card = await context.connect(reader);
    await world().card(0).mute();
    const took = await duration(async () => {
      const answer = card.transmit(commands.select, { timeoutMs: 200 });
      const error = await pcscFailure(answer, "SCARD_E_TIMEOUT");
      expect(error).toMatchObject({ call: "SCardTransmit", reader });
    });
    expectOnTime(took, 200);
    await using other = await context.connect(await cardIn(world(), context, 1));
    dataOf(await other.transmit(commands.select));

    await world().card(0).remove();
    await card.disconnect().catch(() => undefined);
    await cardIn(world(), context, 0);
    await using next = await context.connect(reader);
    dataOf(await next.transmit(commands.select));
  });

  test("rejects with the signal's reason when the card never answers", async () => {
    await using context = await establishContext(world().options);
    const card = await context.connect(await cardIn(world(), context, 0));
    await world().card(0).mute();
    const controller = new AbortController();
    const reason = new Error("gave up");
    const seen = world().card(0).commandSeen("A4");
    const answer = failure(card.transmit(commands.select, { signal: controller.signal }));
    await seen;
    controller.abort(reason);
    expect(await answer).toBe(reason);
    await noCardIn(world(), context, 0);
  });

  test("drops a late answer and goes on with the next command", async () => {
    await using context = await establishContext(world().options);
    await using card = await context.connect(await cardIn(world(), context, 0));
    await world().card(0).mute();
    const late = card.transmit(bytes("80EC000001AA"), { timeoutMs: 100 });
    await pcscFailure(late, "SCARD_E_TIMEOUT");
    const next = card.transmit(bytes("80EC000001BB"));
    await world().card(0).resume();
    expect(hex(await next)).toBe("BB9000");
  });

  test("rejects on time what is queued behind a card that never answers", async () => {
    await using context = await establishContext(world().options);
    const card = await context.connect(await cardIn(world(), context, 0));
    await world().card(0).mute();
    const stuck = failure(card.transmit(commands.select));
    const took = await duration(async () => {
      await Promise.all([
        pcscFailure(card.transmit(commands.select, { timeoutMs: 150 }), "SCARD_E_TIMEOUT"),
        pcscFailure(card.status({ timeoutMs: 150 }), "SCARD_E_TIMEOUT"),
        pcscFailure(card.beginTransaction({ timeoutMs: 150 }), "SCARD_E_TIMEOUT"),
      ]);
    });
    expectOnTime(took, 150);
    // Without a time limit, the card's removal ends it.
    await world().card(0).remove();
    const error = await stuck;
    expect(error instanceof IncompleteResponseError || error instanceof PcscError).toBe(true);
  });
}

function describeMuteReader(world: WorldSource): void {
  test("rejects a connect on time when it blocks behind a card that never answers", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    const card = await context.connect(reader);
    await world().card(0).mute();
    const seen = world().card(0).commandSeen("A4");
    const stuck = failure(card.transmit(commands.select));
    await seen;
    // A manager may also let it through; then the first command is what blocks.
    const took = await duration(async () => {
      const connecting = context.connect(reader, { timeoutMs: 300 });
      await pcscFailure(
        connecting.then(async (other) => other.transmit(commands.select, { timeoutMs: 300 })),
        "SCARD_E_TIMEOUT",
      );
    });
    expectOnTime(took, 300);
    await world().card(0).remove();
    await stuck;
    await card.disconnect();
    // Nothing is left of the connect that was given up: the reader can be had alone.
    await cardIn(world(), context, 0);
    await using next = await connectAlone(context, reader);
    dataOf(await next.transmit(commands.select));
  });

  test("leaves an await using scope while a card never answers", async () => {
    const stuck: Promise<unknown>[] = [];
    const took = await duration(async () => {
      await using context = await establishContext(world().options);
      await using card = await context.connect(await cardIn(world(), context, 0));
      await world().card(0).mute();
      const seen = world().card(0).commandSeen("A4");
      stuck.push(failure(card.transmit(commands.select)));
      await seen;
    });
    // A second for the card and one for the context, and the time the card took to be seen.
    expect(took).toBeLessThan(10_000);
    await world().card(0).remove();
    await Promise.all(stuck);
  });

  test("closes while a card never answers, once the card has gone", async () => {
    const context = await establishContext(world().options);
    await cardIn(world(), context, 0);
    const card = await context.connect(readerName(world(), 0));
    await world().card(0).mute();
    const seen = world().card(0).commandSeen("A4");
    const stuck = failure(card.transmit(commands.select));
    await seen;
    await pcscFailure(context.close({ timeoutMs: 200 }), "SCARD_E_TIMEOUT");
    await world().card(0).remove();
    await context.close();
    expect(await stuck).toBeInstanceOf(Error);
    expect(card.closed).toBe(true);
  });
}
