import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it } from "vitest";

import { load } from "../../../lib/binding.js";
import { ScardError, controlCode } from "../../../lib/index.js";

it("says what was tried when there is no addon", () => {
  const directory = mkdtempSync(join(tmpdir(), "scard-binding-"));
  try {
    load(directory);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ScardError);
    expect(error).toMatchObject({
      code: "ERR_SCARD_ADDON_NOT_FOUND",
      message: expect.stringContaining(directory) as string,
      cause: expect.any(Error) as Error,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it.each([-1, 0x10000, 1.5, "1", NaN])("has no control code for %j", (fn) => {
  expect(() => controlCode(fn as number)).toThrow(
    expect.objectContaining({ code: "ERR_SCARD_ARGUMENT", argument: "fn" }) as Error,
  );
});
