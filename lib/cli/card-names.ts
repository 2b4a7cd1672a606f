// What a card is called: by the types in the database first, then by an installed list.
import type { CliContext, CliIo } from "./io.js";

/** Names for the card with this ATR; empty when nobody knows it. A help: it never fails. */
export async function cardNames(
  io: CliIo,
  context: CliContext,
  atr: Uint8Array,
): Promise<readonly string[]> {
  const types = await context.database
    .listCardTypes({ atr, signal: io.signal })
    .catch((): readonly string[] => []);
  return types.length > 0 ? types : io.knownCards(atr);
}
