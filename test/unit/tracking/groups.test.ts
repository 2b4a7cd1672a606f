// A tracker of a group while the database's file cannot be read.
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { establishContext } from "../../../lib/index.js";
import { createVirtualSubsystem } from "../../../lib/virtual/index.js";
import { Replay, numberedCard } from "./world.js";

const folder = mkdtempSync(join(tmpdir(), "scard-groups-"));

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("goes on with the groups last known, and with those of a file that is mended", async () => {
  const user = join(folder, "user.json");
  const database = { user, system: join(folder, "system.json") };
  const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
  const [left] = ["Left", "Right"].map((name) => subsystem.addReader(name));
  await using context = await establishContext({ subsystem, database });
  await context.database.addReaderToGroup("Left", "Desk");
  await using tracker = context.track({ groups: ["Desk"] });
  const replay = new Replay(tracker);
  await replay.until(() => replay.picture.has("Left"));
  await writeFile(user, "{ damaged");
  await expect(context.listReaders({ groups: ["Desk"] })).rejects.toMatchObject({
    code: "ERR_SCARD_DATABASE_CORRUPT",
  });
  // The list is read anew for this one.
  subsystem.addReader("Third");
  left?.insert(numberedCard(1));
  await replay.until(() => replay.picture.get("Left") === 1);
  const groups = [{ name: "Desk", readers: ["Right"] }];
  await writeFile(user, JSON.stringify({ version: 1, groups }));
  await replay.until(() => replay.picture.has("Right"));
  expect(replay.log).toEqual([
    "snapshot",
    "card-inserted Left 1",
    "card-removed Left",
    "reader-detached Left",
    "reader-attached Right",
  ]);
  expect(tracker.ended).toBe(false);
});
