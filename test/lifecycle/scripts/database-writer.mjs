// Introduces and forgets card types in a database in files, and says after each what was done.
// Arguments: folder, number of the process, how many types, how many of them at once.
import { join } from "node:path";

import { establishContext } from "../../../dist/index.js";
import { createVirtualSubsystem } from "../../../dist/virtual/index.js";

const [folder = "", number = "", count = "", atOnce = ""] = process.argv.slice(2);
const database = { user: join(folder, "user.json"), system: join(folder, "system.json") };
const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
const context = await establishContext({ subsystem, database });

/** @param {string} word @param {string} name */
function say(word, name) {
  process.stdout.write(`${word} ${name}\n`);
}

/** @param {readonly string[]} names */
async function lane(names) {
  for (const name of names) {
    say("introducing", name);
    await context.database.introduceCardType({ name, atr: "3B0411000000", mask: "FFFFFF000000" });
    say("introduced", name);
    if (Number(name.split("-")[1]) % 2 === 0) {
      say("forgetting", name);
      await context.database.forgetCardType(name);
      say("forgot", name);
    }
  }
}

const names = Array.from({ length: Number(count) }, (_, index) => `${number}-${String(index)}`);
const width = Number(atOnce);
const lanes = Array.from({ length: width }, (_, one) =>
  names.filter((_, at) => at % width === one),
);
await Promise.all(lanes.map(lane));
say("done", number);
await context.close();
