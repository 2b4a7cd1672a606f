// A program may end at any time, with anything in flight: promptly, and with its own exit code.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { establishContext } from "../../lib/index.js";
import { cardIn, count, noCardIn, type Context } from "../contract/support.js";
import type { World } from "../contract/world.js";
import { Child } from "../harness/child.js";
import { pcscdWorld, type PcscdWorld } from "../harness/pcscd-world.js";
import { requirePcscd } from "../harness/require-pcscd.js";

let running: PcscdWorld | undefined;

beforeAll(async () => {
  running = await pcscdWorld({ readers: 2 });
});
beforeEach((context) => {
  requirePcscd(context);
});
afterAll(async () => {
  await running?.stop();
});

/** Far more than an exit takes, far less than what is in flight. */
const promptly = 5000;

async function ready(situation: string): Promise<{ child: Child; world: World; context: Context }> {
  const world = running?.world;
  if (world === undefined) throw new Error("pcscd is not running");
  const context = await establishContext(world.options);
  const reader = await cardIn(world, context, 0);
  if (situation === "transmit") await world.card(0).mute();
  const sent = world.card(0).commandSeen("A4");
  const child = new Child("exit", { args: [situation, reader] });
  await child.said("ready");
  if (situation === "transmit") await sent;
  return { child, world, context };
}

async function ends(child: Child, order: string): Promise<void> {
  const start = performance.now();
  child.tell(order);
  const { code, signal, stdout, stderr } = await child.ended;
  expect(performance.now() - start).toBeLessThan(promptly);
  expect(signal).toBeNull();
  expect(stdout).toMatch(/^(connected\n)?ready$/);
  if (order === "throw") {
    expect(code).toBe(1);
    expect(stderr).toContain("nobody catches this");
  } else {
    expect(stderr).toBe("");
    expect(code).toBe(0);
  }
}

test("ends by itself when nothing is pending, open context and card or not", async () => {
  const { child, context } = await ready("idle");
  await using _ = context;
  expect(await child.ended).toMatchObject({ code: 0, signal: null, stderr: "" });
});

for (const order of ["exit", "throw"]) {
  test(`${order} with waits pending`, async () => {
    const { child, context } = await ready("waits");
    await using _ = context;
    await ends(child, order);
  });

  test(`${order} with a command that is never answered`, async () => {
    const { child, world, context } = await ready("transmit");
    await using _ = context;
    await ends(child, order);
    await noCardIn(world, context, 0);
  });

  test(`${order} inside a transaction, which frees the card`, async () => {
    const { child, world, context } = await ready("transaction");
    await using _ = context;
    await ends(child, order);
    await using card = await context.connect(await cardIn(world, context, 0));
    await card.transaction(async (tx) => count(tx), { timeoutMs: promptly });
  });

  test(`${order} while it waits for another program's transaction`, async () => {
    const world = running?.world;
    if (world === undefined) throw new Error("pcscd is not running");
    await using context = await establishContext(world.options);
    await using card = await context.connect(await cardIn(world, context, 0));
    const child = new Child("exit", { args: ["blocked", card.reader] });
    await child.said("connected");
    await card.transaction(async (tx) => {
      child.tell("go on");
      await child.said("ready");
      await ends(child, order);
      await count(tx);
    });
    await card.transaction(async (tx) => count(tx), { timeoutMs: promptly });
  });
}
