import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { establishContext } from "../../lib/index.js";
import { cardIn } from "../contract/support.js";
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

test("terminates a worker with waits pending, 100 times in a row", async () => {
  if (running === undefined) throw new Error("pcscd is not running");
  await using context = await establishContext();
  const reader = await cardIn(running.world, context, 0);
  const { code, signal, stdout, stderr } = await new Child("workers", { args: ["100", reader] })
    .ended;
  expect(stderr).toBe("");
  expect(stdout).toBe("done 9000");
  expect({ code, signal }).toEqual({ code: 0, signal: null });
}, 90_000);

test("terminates a worker with a tracker while the daemon is away", async () => {
  if (running === undefined) throw new Error("pcscd is not running");
  const { pcscd, world } = running;
  await using context = await establishContext();
  const reader = await cardIn(world, context, 0);
  const rounds = 3;
  const child = new Child("workers", { args: [String(rounds), reader, "down"] });
  for (let round = 0; round < rounds; ++round) {
    await child.said(`down ${String(round)}`);
    await pcscd.kill();
    child.tell("down");
    await child.said(`up ${String(round)}`);
    await pcscd.start();
    child.tell("up");
  }
  const { code, signal, stdout, stderr } = await child.ended;
  expect(stderr).toBe("");
  expect(stdout.split("\n").at(-1)).toBe("done 9000");
  expect({ code, signal }).toEqual({ code: 0, signal: null });
}, 90_000);

// A process loads the addon once in main: 20 of them, with 5 workers each, are 100 loads.
test("loads in main and in workers at once, 100 times", async () => {
  for (let round = 0; round < 20; ++round) {
    const { code, signal, stdout, stderr } = await new Child("load-together", { args: ["5"] })
      .ended;
    expect(stderr).toBe("");
    expect(stdout).toBe("readers 2 2 2 2 2 2");
    expect({ code, signal }).toEqual({ code: 0, signal: null });
  }
}, 90_000);
