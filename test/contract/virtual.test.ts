// The contract over the embedded subsystem, with the same cards as pcscd's.
import { afterAll, describe, expect } from "vitest";

import { virtualWorld } from "../harness/virtual-world.js";
import { defineContract } from "./contract.js";

describe("virtual", () => {
  const { subsystem, world } = virtualWorld("pcsclite");

  afterAll(() => {
    // Every test let go of what it had.
    const { readers, ...rest } = subsystem.statistics();
    expect(readers).toBe(16);
    expect(rest).toEqual({ contexts: 0, connections: 0, waits: 0, calls: 0 });
  });

  defineContract(() => world);
});
