// The contract over a real pcscd, with vpcd's readers and the same cards as the embedded subsystem's.
import { afterAll, beforeAll, beforeEach, describe } from "vitest";

import { pcscdWorld, type PcscdWorld } from "../harness/pcscd-world.js";
import { requirePcscd } from "../harness/require-pcscd.js";
import { defineContract } from "./contract.js";

describe("pcscd", () => {
  let running: PcscdWorld | undefined;

  beforeAll(async () => {
    running = await pcscdWorld({ readers: 16 });
  });

  beforeEach((context) => {
    requirePcscd(context);
  });

  afterAll(async () => {
    await running?.stop();
  });

  defineContract(() => {
    if (running === undefined) throw new Error("pcscd is not running");
    return running.world;
  });
});
