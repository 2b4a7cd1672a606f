// @ts-check
// The application under test. It knows nothing of virtual cards: it is given a context.

/** @typedef {import("scard").Context} Context */

/**
 * Name on the card in the first reader that has one.
 * @param {Context} context
 * @param {string} pin
 */
export async function readCardholder(context, pin) {
  const { reader } = await context.waitForCard({ timeoutMs: 10_000 });
  const card = await context.connect(reader);
  try {
    return await card.transaction(async (tx) => {
      const data = Buffer.from("F07363617264", "hex");
      const selected = await tx.transmitApdu({ cla: 0, ins: 0xa4, p1: 4, p2: 0x0c, data });
      if (!selected.ok) throw new Error("This is not one of our cards");
      const verify = { cla: 0, ins: 0x20, p1: 0, p2: 0x81, data: Buffer.from(pin) };
      const verified = await tx.transmitApdu(verify);
      if (!verified.ok) throw new Error(`PIN refused: ${verified.meaning}`);
      const name = await tx.transmitApdu({ cla: 0, ins: 0xb0, p1: 0x81, p2: 0, le: 256 });
      return Buffer.from(name.data).toString();
    });
  } finally {
    await card.disconnect().catch(() => undefined);
  }
}
