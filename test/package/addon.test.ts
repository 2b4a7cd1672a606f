// What the built addon calls: Electron's memory cage has no room for array buffers over memory that is
// not JavaScript's own, and the calls that make them fail there.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./installed.js";

it("makes no array buffer over memory of its own", async () => {
  const addon = await readFile(join(root, "build", "Release", "scard.node"), "latin1");
  // Windows' table names every function of Node-API, called or not.
  const called = (name: string): boolean => addon.includes(`\0${name}\0`);
  expect(called(process.platform === "darwin" ? "_napi_create_error" : "napi_create_error")).toBe(
    true,
  );
  if (process.platform === "win32") return;
  for (const name of ["napi_create_external_arraybuffer", "napi_create_external_buffer"]) {
    expect(called(name) || called(`_${name}`), name).toBe(false);
  }
});

it("is compiled so that such a call does not compile", async () => {
  const recipe = await readFile(join(root, "native", "binding", "CMakeLists.txt"), "utf8");
  expect(recipe).toContain("NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED");
});
