// @ts-check
// Lists the readers, the state of each, and what the ATR of a card says.
import { establishContext, parseAtr } from "scard";

const context = await establishContext();
try {
  const readers = await context.listReaders();
  if (readers.length === 0) {
    console.log("There is no reader. Connect one.");
  } else {
    // Names alone ask for the state as it is: answered at once, for all readers in one call.
    for (const { reader, present, inUse, atr } of await context.getStatusChange(readers)) {
      console.log(`${reader}: ${present ? "card" : "no card"}${inUse ? ", in use" : ""}`);
      if (atr !== null) {
        const { hex, protocols } = parseAtr(atr, { checkTck: false });
        console.log(`  ${hex} (${protocols.map((protocol) => `T=${protocol}`).join(", ")})`);
      }
    }
  }
} finally {
  await context.close();
}
