// Waits for a card in any reader until told to end; the wait keeps it alive.
import { createInterface } from "node:readline";
import { establishContext } from "scard";

const context = await establishContext();
const end = new AbortController();
createInterface({ input: process.stdin }).on("line", () => {
  end.abort();
});
if ("unref" in process.stdin) /** @type {import("node:net").Socket} */ (process.stdin).unref();
const wait = context.waitForCard({ signal: end.signal });
console.log("ready");
try {
  const { reader } = await wait;
  console.log(reader);
} catch (error) {
  console.log(/** @type {Error} */ (error).name);
}
