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

test("bridges end with their worker, stay while open, and let the process go", async () => {
  const { code, signal, stdout, stderr } = await new Child("bridge", {
    nodeArgs: ["--expose-gc"],
    args: ["24"],
  }).ended;
  expect(stderr).toBe("");
  expect(stdout).toBe("stays open\ndropped 3\nover");
  expect({ code, signal }).toEqual({ code: 0, signal: null });
}, 90_000);

test("a bridge keeps the process alive until it is told not to", async () => {
  const child = new Child("bridge-alive");
  await child.said("connected");
  // Nothing else holds it now: what it says next comes from a process that lives.
  child.tell("unref");
  const { code, signal, stdout, stderr } = await child.ended;
  expect(stderr).toBe("");
  expect(stdout).toBe("connected\nserved\nunref");
  expect({ code, signal }).toEqual({ code: 0, signal: null });
}, 90_000);
