import { describe, expect, test } from "vitest";

import { establishContext } from "../../lib/index.js";
import { atrs } from "../harness/card-program.js";
import {
  bytes,
  cardIn,
  commands,
  dataOf,
  freshCardIn,
  noCardIn,
  pcscFailure,
  powerCounts,
} from "./support.js";
import type { WorldSource } from "./world.js";

export function connecting(world: WorldSource): void {
  describe("connecting", () => {
    describeSharing(world);
    describeProtocols(world);
    describeReconnecting(world);
  });
}

function describeSharing(world: WorldSource): void {
  test("shares a card with other connections", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    await using one = await context.connect(reader);
    await using two = await context.reader(reader).connect({ shareMode: "shared" });
    expect(one).toMatchObject({ reader, shareMode: "shared", closed: false });
    dataOf(await one.transmit(commands.select));
    dataOf(await two.transmit(commands.select));
  });

  test("keeps others out while it is exclusive", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    const owner = await context.connect(reader, { shareMode: "exclusive" });
    expect(owner.shareMode).toBe("exclusive");
    const error = await pcscFailure(context.connect(reader), "SCARD_E_SHARING_VIOLATION");
    expect(error).toMatchObject({ call: "SCardConnect", reader, retryable: true });
    await owner.disconnect();
    await using card = await context.connect(reader);
    expect(card.closed).toBe(false);
  });

  test("is not exclusive while others are connected", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    await using other = await context.connect(reader);
    await pcscFailure(
      context.connect(reader, { shareMode: "exclusive" }),
      "SCARD_E_SHARING_VIOLATION",
    );
    dataOf(await other.transmit(commands.select));
  });

  test("talks to a reader without a card only in direct mode", async () => {
    await using context = await establishContext(world().options);
    const reader = await noCardIn(world(), context, 0);
    await pcscFailure(context.connect(reader), "SCARD_E_NO_SMARTCARD", "SCARD_W_REMOVED_CARD");
    await using direct = await context.connect(reader, { shareMode: "direct" });
    expect(direct).toMatchObject({ shareMode: "direct", protocol: null });
    expect(await direct.status()).toMatchObject({ reader, state: "absent", protocol: null });
  });

  test("reports a card's state in the same words everywhere", async () => {
    await using context = await establishContext(world().options);
    const reader = await cardIn(world(), context, 0);
    await using card = await context.connect(reader);
    const status = await card.status();
    expect(status).toMatchObject({ reader, state: "specific", protocol: card.protocol });
    expect(status.readers).toContain(reader);
    expect(status.atr).toEqual(bytes(atrs.both));
  });
}

function describeProtocols(world: WorldSource): void {
  test.each([
    ["t0", atrs.t0],
    ["t1", atrs.t1],
  ] as const)("takes %s from a card that has nothing else", async (protocol, atr) => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0, atr);
    await using card = await context.connect(reader, { protocols: ["t0", "t1"] });
    expect(card.protocol).toBe(protocol);
    dataOf(await card.transmit(commands.select));
  });

  test.each(["t0", "t1"] as const)("takes %s when only that is asked for", async (protocol) => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    await using card = await context.connect(reader, { protocols: [protocol] });
    expect(card.protocol).toBe(protocol);
    expect((await card.status()).protocol).toBe(protocol);
    dataOf(await card.transmit(commands.select));
  });

  test("refuses a protocol that the card does not have", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0, atrs.t0);
    await pcscFailure(context.connect(reader, { protocols: ["t1"] }), "SCARD_E_PROTO_MISMATCH");
    await using card = await context.connect(reader);
    expect(card.protocol).toBe("t0");
  });

  test("keeps a card's protocol until it is reset", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    const first = await context.connect(reader, { protocols: ["t0"] });
    await first.disconnect("leave");
    await pcscFailure(context.connect(reader, { protocols: ["t1"] }), "SCARD_E_PROTO_MISMATCH");
    const again = await context.connect(reader, { protocols: ["t0", "t1"] });
    expect(again.protocol).toBe("t0");
    await again.disconnect("reset");
    await using other = await context.connect(reader, { protocols: ["t1"] });
    expect(other.protocol).toBe("t1");
  });
}

function describeReconnecting(world: WorldSource): void {
  test.each([
    ["leave", 0, 0],
    ["reset", 0, 1],
    ["unpower", 1, 0],
  ] as const)("disconnects with %s", async (disposition, powerUps, resets) => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    const first = await context.connect(reader);
    const before = await powerCounts(first);
    await first.disconnect(disposition);
    expect(first.closed).toBe(true);
    await using second = await context.connect(reader);
    const after = await powerCounts(second);
    expect(after.powerUps - before.powerUps).toBe(powerUps);
    expect(after.resets - before.resets).toBe(resets);
  });

  test("disconnects with what was asked at connect when it is disposed", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    let before: number;
    {
      await using card = await context.connect(reader, { disposition: "reset" });
      before = (await powerCounts(card)).resets;
    }
    await using card = await context.connect(reader);
    expect((await powerCounts(card)).resets).toBe(before + 1);
  });

  test.each([
    ["leave", 0, 0],
    ["reset", 0, 1],
    ["unpower", 1, 0],
  ] as const)("reconnects with %s", async (initialization, powerUps, resets) => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    await using card = await context.connect(reader);
    const before = await powerCounts(card);
    expect(await card.reconnect({ initialization })).toBe(card.protocol);
    const after = await powerCounts(card);
    expect(after.powerUps - before.powerUps).toBe(powerUps);
    expect(after.resets - before.resets).toBe(resets);
  });

  test("changes share mode and protocol by reconnecting", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    await using card = await context.connect(reader, { protocols: ["t0"] });
    const protocol = await card.reconnect({
      shareMode: "exclusive",
      protocols: ["t1"],
      initialization: "reset",
    });
    expect(protocol).toBe("t1");
    expect(card).toMatchObject({ protocol: "t1", shareMode: "exclusive" });
    await pcscFailure(context.connect(reader), "SCARD_E_SHARING_VIOLATION");
  });

  test("tells other connections of a reset, once, and lets them go on", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    await using one = await context.connect(reader);
    await using two = await context.connect(reader);
    await one.reconnect({ initialization: "reset" });
    const error = await pcscFailure(two.transmit(commands.select), "SCARD_W_RESET_CARD");
    expect(error).toMatchObject({ call: "SCardTransmit", reader, reconnect: true });
    await two.reconnect();
    dataOf(await two.transmit(commands.select));
    dataOf(await one.transmit(commands.select));
  });

  test("tells a connection that its card has gone", async () => {
    await using context = await establishContext(world().options);
    const reader = await freshCardIn(world(), context, 0);
    await using card = await context.connect(reader);
    await noCardIn(world(), context, 0);
    const error = await pcscFailure(
      card.transmit(commands.select),
      "SCARD_W_REMOVED_CARD",
      "SCARD_E_NO_SMARTCARD",
    );
    expect(error.reader).toBe(reader);
    await cardIn(world(), context, 0);
    await card.reconnect();
    dataOf(await card.transmit(commands.select));
  });
}
