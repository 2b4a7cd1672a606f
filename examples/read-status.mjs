// @ts-check
// The state of the connection, and what the reader tells of itself.
import { establishContext, PcscError } from "scard";

const context = await establishContext();
try {
  const { reader } = await context.waitForCard({ timeoutMs: 30_000 });
  const card = await context.connect(reader);
  try {
    const { state, protocol, atr } = await card.status();
    console.log({ reader, state, protocol, atr: Buffer.from(atr).toString("hex") });
    for (const name of /** @type {const} */ (["vendorName", "vendorIfdSerialNumber", "maxIfsd"])) {
      try {
        console.log(`${name}: ${await card.getAttribute(name)}`);
      } catch (error) {
        // A driver answers those attributes it knows.
        if (!(error instanceof PcscError)) throw error;
        console.log(`${name}: ${error.code}`);
      }
    }
    console.log("features:", await card.features());
  } finally {
    await card.disconnect();
  }
} finally {
  await context.close();
}
