// @ts-check
// Waits for a card in any reader, then for its removal. Ctrl-C ends either wait.
import { establishContext } from "scard";

const controller = new AbortController();
process.once("SIGINT", () => controller.abort());
const { signal } = controller;

const context = await establishContext({ signal });
try {
  console.log("Waiting for a card…");
  let state = await context.waitForCard({ signal });
  console.log(`${state.reader} has a card.`);
  while (state.present) {
    // Giving a state back waits until it differs.
    const [next] = await context.getStatusChange([state], { signal });
    if (next === undefined) break;
    state = next;
  }
  console.log("It is gone.");
} catch (error) {
  if (!signal.aborted) throw error;
  console.log("Stopped.");
} finally {
  await context.close();
}
