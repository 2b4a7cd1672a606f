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

test("garbage collection releases what was never closed: contexts, cards, threads", async () => {
  if (running === undefined) throw new Error("pcscd is not running");
  await using context = await establishContext();
  const reader = await cardIn(running.world, context, 0);
  const child = new Child("gc", { nodeArgs: ["--expose-gc"], args: [reader] });
  const { code, stdout, stderr } = await child.ended;
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const seen = JSON.parse(stdout) as {
    after: Record<string, number>;
    threads: [number, number];
    handles: [number, number];
  };
  expect(seen.after).toMatchObject({ contexts: 0, cards: 0, waits: 0, pendingOperations: 0 });
  expect(seen.threads[1]).toBeLessThanOrEqual(seen.threads[0]);
  expect(seen.handles[1]).toBeLessThanOrEqual(seen.handles[0]);
});
