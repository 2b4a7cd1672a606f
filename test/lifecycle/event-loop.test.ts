import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { establishContext } from "../../lib/index.js";
import { cardIn } from "../contract/support.js";
import { Child } from "../harness/child.js";
import { pcscdWorld, type PcscdWorld } from "../harness/pcscd-world.js";
import { requirePcscd } from "../harness/require-pcscd.js";

interface Times {
  readonly median: number;
  readonly longest: number;
}

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

test("pending waits do not delay fs.stat, even with one thread in libuv's pool", async () => {
  if (running === undefined) throw new Error("pcscd is not running");
  await using context = await establishContext();
  const reader = await cardIn(running.world, context, 0);
  const child = new Child("event-loop", { args: [reader], env: { UV_THREADPOOL_SIZE: "1" } });
  const { code, stdout, stderr } = await child.ended;
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const result = JSON.parse(stdout) as { idle: Times; waiting: Times; ended: string[] };
  expect(result.ended).toEqual(Array.from({ length: 8 }, () => "SCARD_E_CANCELLED"));
  // Queued behind a wait, each would take 20 s. The rest is what a busy machine does.
  expect(result.waiting.median).toBeLessThan(result.idle.median + 50);
  expect(result.waiting.longest).toBeLessThan(2000);
});
