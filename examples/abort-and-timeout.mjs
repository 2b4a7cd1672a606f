// @ts-check
// Three ways a wait ends early. Needs a service, but neither reader nor card.
import { establishContext, PcscError, pnpNotification } from "scard";

const context = await establishContext();
try {
  // A wait that never ends: for a card in a reader that there is not.
  const reader = "No such reader";

  // 1. A time limit: an error with its own code.
  try {
    await context.waitForCard({ reader, timeoutMs: 200 });
  } catch (error) {
    if (!(error instanceof PcscError) || error.code !== "SCARD_E_TIMEOUT") throw error;
    console.log("time limit:", error.code, "from", error.call);
  }

  // 2. A signal: the signal's own reason, whatever it is.
  const controller = new AbortController();
  const wait = context.waitForCard({ reader, signal: controller.signal });
  controller.abort(new Error("the user has changed their mind"));
  await wait.catch((/** @type {Error} */ error) => console.log("signal:", error.message));

  // 3. cancel(): ends every wait for a change. This pseudo reader changes when readers come and go;
  // some platforms answer the first question about it at once.
  const waits = [1, 2].map(async () => context.getStatusChange([pnpNotification]));
  context.cancel();
  for (const result of await Promise.allSettled(waits)) {
    console.log("cancel:", result.status === "rejected" ? result.reason.code : result.status);
  }
} finally {
  await context.close();
}
