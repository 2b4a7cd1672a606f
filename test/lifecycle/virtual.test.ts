import { expect, test } from "vitest";

import { Child } from "../harness/child.js";

test("virtual cards go with their worker, and with their last connection", async () => {
  const { code, signal, stdout, stderr } = await new Child("virtual-cards", {
    nodeArgs: ["--expose-gc"],
    args: ["40"],
  }).ended;
  expect(stderr).toBe("");
  expect(stdout).toBe("kept 9000\ndropped 3");
  expect({ code, signal }).toEqual({ code: 0, signal: null });
}, 90_000);
