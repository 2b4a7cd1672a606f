// Imports the package, and says what it did to this process and what the first call answers.
import { readFileSync } from "node:fs";
import * as scard from "scard";

/** Whether the process has mapped a PC/SC library; only Linux tells. */
const mapped = process.platform === "linux" && /pcsc/.test(readFileSync("/proc/self/maps", "utf8"));
console.log(`imported ${mapped}`);
try {
  await scard.establishContext();
  console.log("established");
} catch (error) {
  if (!(error instanceof scard.LibraryNotFoundError)) throw error;
  const { name, code, message, tried, install } = error;
  console.log(JSON.stringify({ name, code, message, tried, install }));
}
