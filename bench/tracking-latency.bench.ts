// From the insertion of a card to the event, against SCardGetStatusChange from C, side by side: both
// wait on the same reader of the same pcscd, and their clocks are one.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { establishContext } from "../lib/index.js";
import { pcscdWorld } from "../test/harness/pcscd-world.js";
import { summary } from "./summary.js";

const rounds = Number(process.env["ROUNDS"] ?? 50);

test("from insertion to event", async () => {
  const started = await pcscdWorld({ readers: 2 });
  if (started === undefined) throw new Error("pcscd cannot be started here");
  const { world } = started;
  const reader = world.readers[0] ?? "";
  const folder = mkdtempSync(join(tmpdir(), "scard-bench-"));
  const program = join(folder, "status-change");
  const source = fileURLToPath(new URL("status-change.c", import.meta.url));
  execFileSync("cc", ["-O2", "-o", program, source, "-l:libpcsclite.so.1"]);
  const raw = spawn(program, [reader], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: raw.stdout });
  try {
    await using context = await establishContext();
    await using tracker = context.track();
    const differences: number[] = [];
    for (let round = -5; round < rounds; ++round) {
      const fromC = new Promise<bigint>((resolve) => {
        lines.on("line", function heard(line) {
          const [time = "0", present] = line.split(" ");
          if (present !== "1") return;
          lines.off("line", heard);
          resolve(BigInt(time));
        });
      });
      const fromTracker = new Promise<bigint>((resolve) =>
        tracker.once("card-inserted", () => {
          resolve(process.hrtime.bigint());
        }),
      );
      await world.card(0).insert();
      const difference = Number((await fromTracker) - (await fromC)) / 1e6;
      // The first rounds warm up.
      if (round >= 0) differences.push(difference);
      const removed = new Promise((resolve) => tracker.once("card-removed", resolve));
      await world.card(0).remove();
      await removed;
    }
    const { median, text } = summary(differences);
    console.log(`tracker minus raw C, ms: ${text}`);
    expect(median).toBeLessThan(1);
  } finally {
    raw.kill();
    lines.close();
    await started.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
