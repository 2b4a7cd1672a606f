// Which cards a selection is about: their names, and whether they pass the program's check.
import type { Card } from "../card.js";
import { toHex } from "../bytes.js";
import { PcscError } from "../errors/pcsc-error.js";
import type { ReaderState } from "../reader-state.js";
import type { CardCandidate, CheckedSelectOptions } from "./options.js";
import type { SelectionEntry } from "./selection.js";

/** What looking at cards needs of a context. */
export interface CandidateSource {
  /** Names of the wanted card types that a card with this ATR is of; undefined: not wanted. */
  namesOf(atr: Uint8Array): Promise<readonly string[] | undefined>;
  /** Connects as the options say. */
  connect(candidate: CardCandidate): Promise<Card>;
}

/** Remembers of each card whether it fits, for as long as it stays in its reader. */
export class Candidates {
  readonly #source: CandidateSource;
  readonly #options: Pick<CheckedSelectOptions, "check" | "disconnect">;
  readonly #known = new Map<string, { readonly card: string; readonly entry: SelectionEntry }>();

  constructor(
    source: CandidateSource,
    options: Pick<CheckedSelectOptions, "check" | "disconnect">,
  ) {
    this.#source = source;
    this.#options = options;
  }

  /** What is known of a reader's card without looking at it; undefined for one never seen. */
  peek(state: ReaderState): SelectionEntry {
    const known = this.#known.get(state.reader);
    if (known !== undefined && known.card === cardKey(state)) {
      return Object.freeze({ ...known.entry, state });
    }
    return entryOf(state, [], { matches: false, pending: hasCard(state) });
  }

  /** Looks at a reader's card, once for each card. */
  async look(state: ReaderState): Promise<SelectionEntry> {
    const seen = this.peek(state);
    if (!seen.pending) {
      return seen;
    }
    const entry = await this.#judge(state);
    this.#known.set(state.reader, { card: cardKey(state), entry });
    return entry;
  }

  /** A card that could not be taken is looked at anew. */
  forget(reader: string): void {
    this.#known.delete(reader);
  }

  async #judge(state: ReaderState): Promise<SelectionEntry> {
    const atr = state.atr ?? new Uint8Array(0);
    const cardTypes = await this.#source.namesOf(atr);
    const { check } = this.#options;
    if (cardTypes === undefined) {
      return entryOf(state, [], { matches: false, pending: false });
    }
    const candidate = { reader: state.reader, atr, cardTypes };
    const matches = check === undefined || (await this.#passes(check, candidate));
    return entryOf(state, cardTypes, { matches, pending: false });
  }

  /** Whether the program takes the card; one that cannot be connected is passed over. */
  async #passes(
    check: NonNullable<CheckedSelectOptions["check"]>,
    candidate: CardCandidate,
  ): Promise<boolean> {
    let card: Card;
    try {
      card = await this.#source.connect(candidate);
    } catch (error) {
      if (error instanceof PcscError) {
        return false;
      }
      throw error;
    }
    try {
      return await check(card, candidate);
    } catch (error) {
      if (error instanceof PcscError) {
        return false;
      }
      throw error;
    } finally {
      await this.#options.disconnect(card);
    }
  }
}

/** The same as long as the same card is in, and was not reset in between. */
function cardKey(state: ReaderState): string {
  return `${String(state.eventCount)} ${toHex(state.atr ?? new Uint8Array(0))}`;
}

function hasCard(state: ReaderState): boolean {
  return state.present && !state.mute && state.atr !== null;
}

function entryOf(
  state: ReaderState,
  cardTypes: readonly string[],
  verdict: { readonly matches: boolean; readonly pending: boolean },
): SelectionEntry {
  const { reader, atr } = state;
  return Object.freeze({
    reader,
    state,
    atr,
    cardTypes: Object.freeze([...cardTypes]),
    ...verdict,
  });
}
