// @ts-check
// Selects an application by its identifier (argument 1, hexadecimal) and shows the answer.
import { CommandApdu, establishContext } from "scard";

const aid = process.argv[2] ?? "A000000308";

const context = await establishContext();
try {
  const { reader } = await context.waitForCard({ timeoutMs: 30_000 });
  const card = await context.connect(reader);
  try {
    const select = new CommandApdu({
      cla: 0x00,
      ins: 0xa4,
      p1: 0x04,
      p2: 0x00,
      data: aid,
      le: 256,
    });
    const response = await card.send(select);
    console.log(`${card.reader} (${card.protocol})`);
    console.log(`> ${select.toString()}`);
    console.log(`< ${response.toString()}`);
  } finally {
    await card.disconnect();
  }
} finally {
  await context.close();
}
