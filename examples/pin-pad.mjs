// @ts-check
// Has the reader ask for the PIN on its own keys. The PIN never comes near the program.
// Argument 1 is the PIN's reference, hexadecimal (P2 of VERIFY). Default: 81.
import { establishContext } from "scard";

const reference = process.argv[2] ?? "81";

const context = await establishContext();
try {
  const { reader } = await context.waitForCard({ timeoutMs: 30_000 });
  const card = await context.connect(reader);
  try {
    const features = await card.features();
    if (features.verifyPinDirect === undefined) {
      console.log(`${reader} has no PIN pad.`);
    } else {
      console.log("Enter the PIN on the reader.");
      const result = await card.verifyPin({
        command: `002000${reference} 08 FFFFFFFFFFFFFFFF`,
        minLength: 4,
        maxLength: 8,
      });
      console.log(result.meaning, result.triesLeft === null ? "" : `(left: ${result.triesLeft})`);
    }
  } finally {
    await card.disconnect();
  }
} finally {
  await context.close();
}
