// @ts-check
// Reads a transparent file by its short identifier (argument 1) and writes it to a file (argument 2).
import { open } from "node:fs/promises";

import { establishContext } from "scard";

const sfi = Number(process.argv[2] ?? "1");
const path = process.argv[3] ?? "card-file.bin";

const context = await establishContext();
try {
  const { reader } = await context.waitForCard({ timeoutMs: 30_000 });
  const card = await context.connect(reader);
  try {
    // No other program, and no other part of this one, selects another file meanwhile.
    await card.transaction(async (tx) => {
      const file = await open(path, "w");
      try {
        for await (const block of tx.readBinaryStream({ sfi })) {
          await file.write(block);
          console.log(`${block.length} bytes`);
        }
      } finally {
        await file.close();
      }
    });
  } finally {
    await card.disconnect();
  }
} finally {
  await context.close();
}
