// Which cards a selection is about: their names, and whether they pass the program's check.
import type { Card } from "../card.js";
import { toHex } from "../bytes.js";
import { PcscError } from "../errors/pcsc-error.js";
import { refusedCard } from "../locate/meanwhile.js";
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

/** What was found out of a card. */
interface Known {
  readonly card: string;
  readonly entry: SelectionEntry;
  /** It could not be taken while its reader was in this state: another state may change that. */
  readonly refusedIn: number | undefined;
}

/** Remembers of each card whether it fits, for as long as it stays in its reader. */
export class Candidates {
  readonly #source: CandidateSource;
  readonly #options: Pick<CheckedSelectOptions, "check" | "disconnect">;
  readonly #known = new Map<string, Known>();
  /** Counts what may change every verdict. */
  #generation = 0;

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

  /** Whether a reader's card was not looked at yet, or was refused in another state. */
  isDue(state: ReaderState): boolean {
    const known = this.#known.get(state.reader);
    if (known === undefined || known.card !== cardKey(state)) {
      return hasCard(state);
    }
    return known.refusedIn !== undefined && known.refusedIn !== state.raw;
  }

  /** Looks at a reader's card, once for each card. */
  async look(state: ReaderState): Promise<SelectionEntry> {
    if (!this.isDue(state)) {
      return this.peek(state);
    }
    const generation = this.#generation;
    const { entry, refused } = await this.#judge(state);
    if (generation === this.#generation) {
      const refusedIn = refused ? state.raw : undefined;
      this.#known.set(state.reader, { card: cardKey(state), entry, refusedIn });
    }
    return entry;
  }

  /** Every card is looked at anew, as when the card types have changed. */
  forgetAll(): void {
    this.#generation += 1;
    this.#known.clear();
  }

  /** A card that could not be taken is looked at anew. */
  forget(reader: string): void {
    this.#known.delete(reader);
  }

  async #judge(state: ReaderState): Promise<{ entry: SelectionEntry; refused: boolean }> {
    const atr = state.atr ?? new Uint8Array(0);
    const cardTypes = await this.#source.namesOf(atr);
    const { check } = this.#options;
    if (cardTypes === undefined) {
      return { entry: entryOf(state, [], { matches: false, pending: false }), refused: false };
    }
    const candidate = { reader: state.reader, atr, cardTypes };
    const verdict = check === undefined ? true : await this.#passes(check, candidate);
    const entry = entryOf(state, cardTypes, { matches: verdict === true, pending: false });
    return { entry, refused: verdict === "refused" };
  }

  /** Whether the program takes the card; one that cannot be connected is passed over. */
  async #passes(
    check: NonNullable<CheckedSelectOptions["check"]>,
    candidate: CardCandidate,
  ): Promise<boolean | "refused"> {
    let card: Card;
    try {
      card = await this.#source.connect(candidate);
    } catch (error) {
      if (error instanceof PcscError) {
        return refusedCard(error) ? "refused" : false;
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
