// Introduces a card type in a database in files, and ends or waits where a new file is complete and
// not yet in the old one's place. Arguments: folder, name of the card type, "die", "hold" or "write".
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder = "", name = "", what = ""] = process.argv.slice(2);
// The package's own view of the module: what it calls is looked up when it is called.
const files = createRequire(import.meta.url)("node:fs/promises");
if (what === "die") {
  files.rename = async () => process.kill(process.pid, "SIGKILL");
} else if (what === "hold") {
  files.rename = async () => {
    console.log("holding");
    setInterval(() => undefined, 1000);
    await new Promise(() => undefined);
  };
}

const { establishContext } = await import("../../../dist/index.js");
const { createVirtualSubsystem } = await import("../../../dist/virtual/index.js");
const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
const database = { user: join(folder, "user.json"), system: join(folder, "system.json") };
const context = await establishContext({ subsystem, database });
await context.database.introduceCardType({ name, atr: "3B00" });
console.log("introduced");
await context.close();
