// @ts-check
// Two commands that no other program can come between: a selection and what depends on it.
import { establishContext } from "scard";

const context = await establishContext();
try {
  const { reader } = await context.waitForCard({ timeoutMs: 30_000 });
  const card = await context.connect(reader);
  try {
    const answer = await card.transaction(
      async (tx) => {
        const selected = await tx.transmitApdu({ cla: 0, ins: 0xa4, p1: 0x04, p2: 0, le: 256 });
        if (!selected.ok) return selected;
        return tx.transmitApdu({ cla: 0, ins: 0xca, p1: 0x00, p2: 0x6e, le: 256 });
      },
      // To get the lock, which another program may hold.
      { timeoutMs: 5000 },
    );
    console.log(answer.toString());
  } finally {
    await card.disconnect();
  }
} finally {
  await context.close();
}
