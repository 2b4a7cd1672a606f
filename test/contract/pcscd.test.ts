// The contract over a real pcscd, with vpcd's readers and the cards of test/harness/vcard.
import { afterAll, beforeAll, beforeEach, describe } from "vitest";

import { startPcscd, type Pcscd } from "../harness/pcscd.js";
import { requirePcscd } from "../harness/require-pcscd.js";
import { pcscdAvailable } from "../harness/sandbox.js";
import { defineContract } from "./contract.js";
import type { World } from "./world.js";

describe("pcscd", () => {
  let pcscd: Pcscd | undefined;

  beforeAll(async () => {
    if ("reason" in pcscdAvailable()) return;
    pcscd = await startPcscd({ readers: 16 });
    // libpcsclite reads it at the first call of this process, which only runs this file.
    Object.assign(process.env, pcscd.env);
  });

  beforeEach((context) => {
    requirePcscd(context);
  });

  afterAll(async () => {
    await pcscd?.stop();
  });

  defineContract((): World => {
    const daemon = pcscd;
    if (daemon === undefined) throw new Error("pcscd is not running");
    return {
      options: {},
      readers: daemon.readers,
      // vpcd announces a message's length in two bytes.
      longestMessage: 65_535,
      card: (index) => daemon.card(index),
    };
  });
});
