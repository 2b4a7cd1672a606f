// @ts-check
// Runs the commands given as arguments (hexadecimal) as one script, in a transaction, and shows every
// answer; ends early after a status word other than 9000 and 61XX.
import { ScriptError, establishContext } from "scard";

const commands = process.argv.length > 2 ? process.argv.slice(2) : ["00A4040000", "0084000008"];

const context = await establishContext();
try {
  const { reader } = await context.waitForCard({ timeoutMs: 30_000 });
  const card = await context.connect(reader);
  try {
    const options = { expect: ["9000", "61XX"], transaction: true };
    const results = await card.runScript(commands, options).catch((error) => {
      if (!(error instanceof ScriptError)) throw error;
      console.error(error.message);
      return error.results;
    });
    for (let step = 0; step < results.length; step += 1) {
      console.log(`> ${commands[step]}`);
      console.log(`< ${results.response(step).toString()}`);
    }
  } finally {
    await card.disconnect();
  }
} finally {
  await context.close();
}
