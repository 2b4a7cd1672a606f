// What a card is called: by the types in the database first, then by an installed list.
import type { CliContext, CliIo, CliReaderState } from "./io.js";
import { atrOf } from "./reader-state.js";

/** What the cards in readers are called; nothing for a reader without a card. */
export type CardNames = ReadonlyMap<CliReaderState, readonly string[]>;

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

/** Names for the card in each reader. */
export async function namesOfCards(
  io: CliIo,
  context: CliContext,
  states: readonly CliReaderState[],
): Promise<CardNames> {
  const names = new Map<CliReaderState, readonly string[]>();
  for (const state of states) {
    const atr = atrOf(state);
    if (atr !== undefined) {
      names.set(state, await cardNames(io, context, atr));
    }
  }
  return names;
}
