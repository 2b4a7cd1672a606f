// One contender in a process of its own: `child.mjs CONTENDER READERS ROOM`. It connects to the
// cards, says `ready readers=N`, and then obeys one order a line, `NAME key=value…`, with one line
// each: `ok key=value…`, `absent REASON` where the package has no such thing, or `error REASON`.
import { createInterface } from "node:readline";
import * as operations from "./operations.mjs";

const [name = "", readers = "1", room = "258"] = process.argv.slice(2);

/** @param {string} line */
function parse(line) {
  const [order = "", ...fields] = line.split(" ");
  return { order, given: Object.fromEntries(fields.map((field) => field.split("="))) };
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line.replaceAll("\n", " ")}\n`);
}

try {
  const client = await (await import(`./${name}.mjs`)).open(Number(readers), Number(room));
  say(`ready readers=${client.cards.length}`);
  for await (const line of createInterface({ input: process.stdin })) {
    const { order, given } = parse(line);
    try {
      const operation = /** @type {Record<string, operations.Operation>} */ (operations)[order];
      const found = await operation?.(client, given);
      if (found === undefined) say("absent no such call");
      else if (typeof found === "string") say(`absent ${found}`);
      else say(["ok", ...Object.entries(found).map(([key, value]) => `${key}=${value}`)].join(" "));
    } catch (error) {
      say(`error ${error instanceof Error ? error.message : String(error)}`);
    }
  }
} catch (error) {
  say(`error ${error instanceof Error ? error.message : String(error)}`);
}
// Packages whose monitors hold the process end with it.
process.exit(0);
