// The guided tour of `npm run demo`, as it runs on a fresh machine.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { root } from "./installed.js";

it("the demo ends well and comes past its stations", { timeout: 60_000 }, async () => {
  // Rejects for any other exit code than 0.
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(root, "examples/demo.mjs")],
    { cwd: root, env: { ...process.env, NO_COLOR: "1" } },
  );
  const stations = [
    "A reader is plugged in",
    "A card is inserted",
    "3B 85 80 01 73 63 61 72 64 63",
    "it offers T=0 and T=1",
    "another process finds the card locked",
    "the file is read",
    "PIN",
    "63C2",
    "SCARD_W_REMOVED_CARD",
    "nothing but the reader is left",
  ];
  const places = stations.map((station) => stdout.indexOf(station));
  expect(stations.filter((_, index) => places[index] === -1)).toEqual([]);
  expect(places).toEqual([...places].sort((one, other) => one - other));
  expect(stderr).toBe("");
});
