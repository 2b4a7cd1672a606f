// The watch for pcscd's socket, and what becomes of it when there is nothing left to watch.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { watchPcscdSocket } from "../../../lib/tracking/service-watch.js";
import type { ServiceWatch } from "../../../lib/tracking/source.js";

let above: string;
let watch: ServiceWatch | undefined;
let news = 0;
let heard: (() => void) | undefined;

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), "scard-watch-"));
  news = 0;
});
afterEach(() => {
  watch?.close();
  rmSync(above, { recursive: true, force: true });
});

function begin(): ServiceWatch {
  const socket = join(above, "pcscd", "pcscd.comm");
  watch = watchPcscdSocket(
    () => {
      news += 1;
      heard?.();
    },
    { PCSCLITE_CSOCK_NAME: socket },
  );
  if (watch === undefined) throw new Error("nothing to watch");
  return watch;
}

/** Does something, and settles with the next news. */
async function newsOf(action: () => void): Promise<void> {
  const next = new Promise<void>((resolve) => (heard = resolve));
  action();
  await next;
}

describe.runIf(process.platform === "linux")("the watch for the socket", () => {
  test("follows the folder as it comes and goes, and tells of the socket", async () => {
    const made = begin();
    const folder = join(above, "pcscd");
    for (let round = 0; round < 3; ++round) {
      await newsOf(() => {
        mkdirSync(folder);
      });
      await newsOf(() => {
        writeFileSync(join(folder, "pcscd.comm"), "");
      });
      await newsOf(() => {
        rmSync(folder, { recursive: true });
      });
      expect(made.broken).toBe(false);
    }
  });

  test("says that it is broken when both folders have gone, once, with news", async () => {
    const made = begin();
    await newsOf(() => {
      mkdirSync(join(above, "pcscd"));
    });
    expect(made.broken).toBe(false);
    rmSync(above, { recursive: true });
    while (made.broken !== true) await newsOf(() => undefined);
    expect(news).toBeGreaterThan(1);
  });

  test("is none where neither folder is there", () => {
    const nowhere = { PCSCLITE_CSOCK_NAME: join(above, "a", "b", "pcscd.comm") };
    expect(watchPcscdSocket(() => undefined, nowhere)).toBeUndefined();
  });
});
