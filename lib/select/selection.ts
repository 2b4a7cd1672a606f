// What a chooser sees of a selection, and what it can do: a state machine that readers feed.
import { EventEmitter } from "node:events";

import { ScardArgumentError } from "../errors/argument-error.js";
import { illegalConstructor, inspectable } from "../inspect.js";
import type { ReaderState } from "../reader-state.js";

/** One reader of a {@link CardSelection}. Frozen. */
export interface SelectionEntry {
  /** Name of the reader. */
  readonly reader: string;
  readonly state: ReaderState;
  /** The card's answer to reset; null without one. */
  readonly atr: Uint8Array | null;
  /** Names of the card types that the card is of; empty for a card nobody introduced. */
  readonly cardTypes: readonly string[];
  /** Whether the card is one of those looked for: only such a card can be chosen. */
  readonly matches: boolean;
  /** Whether it is still being looked at: `matches` may become true. */
  readonly pending: boolean;
}

/** `waiting` for a fitting card, `choosing` among those there are, `done` once it is over. */
export type SelectionState = "waiting" | "choosing" | "done";

/** What a selection's owner is told. */
export type SelectionOutcome = { readonly reader: string } | { readonly cancelled: true };

const key = Symbol("CardSelection");

/**
 * A selection of a card under way, as `context.selectCard()` gives it to its chooser. It emits
 * `change` whenever something of it changes; `signal` aborts when it is over.
 */
export class CardSelection extends EventEmitter<{ change: [] }> {
  readonly title: string;
  readonly prompt: string;
  readonly #controller = new AbortController();
  #entries: readonly SelectionEntry[] = [];
  #problem: Error | undefined;
  #decide: ((outcome: SelectionOutcome) => void) | undefined;

  /** @internal Use `context.selectCard()`. */
  constructor(symbol: symbol, title: string, prompt: string) {
    if (symbol !== key) {
      throw illegalConstructor("CardSelection", "context.selectCard()");
    }
    super();
    this.title = title;
    this.prompt = prompt;
  }

  get state(): SelectionState {
    if (this.signal.aborted) {
      return "done";
    }
    return this.#entries.some(({ matches }) => matches) ? "choosing" : "waiting";
  }

  /** The readers, in the order in which the resource manager lists them. */
  get entries(): readonly SelectionEntry[] {
    return this.#entries;
  }

  /** The reader to suggest: the first whose card fits. */
  get suggested(): string | undefined {
    return this.#entries.find(({ matches }) => matches)?.reader;
  }

  /** Why the card chosen last could not be taken; undefined once something changed. */
  get problem(): Error | undefined {
    return this.#problem;
  }

  /** Aborts when the selection is over, in whatever way: a chooser puts its things away. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Takes the card in this reader. Nothing happens while one that was chosen before is being taken,
   * or when the selection is over.
   *
   * @throws {ScardArgumentError} when no fitting card is in a reader of this name.
   */
  choose(reader: string): void {
    if (!this.#entries.some((entry) => entry.reader === reader && entry.matches)) {
      const fitting = this.#entries.filter(({ matches }) => matches).map((entry) => entry.reader);
      const known = fitting.length === 0 ? "there is none" : JSON.stringify(fitting);
      throw new ScardArgumentError("reader", reader, `a reader with a fitting card: ${known}`);
    }
    this.#settle({ reader });
  }

  /** Gives the selection up: it rejects with `SCARD_W_CANCELLED_BY_USER`. */
  cancel(): void {
    this.#settle({ cancelled: true });
  }

  #settle(outcome: SelectionOutcome): void {
    const decide = this.#decide;
    this.#decide = undefined;
    decide?.(outcome);
  }

  /** @internal Whether the last decision asked for has been made. */
  get decided(): boolean {
    return this.#decide === undefined;
  }

  /** @internal The next decision. */
  async decision(): Promise<SelectionOutcome> {
    return new Promise((resolve) => {
      this.#decide = resolve;
    });
  }

  /** @internal Shows other entries. */
  update(entries: readonly SelectionEntry[], problem?: Error): void {
    this.#entries = Object.freeze([...entries]);
    this.#problem = problem;
    this.emit("change");
  }

  /** @internal Ends it. */
  end(): void {
    this.#decide = undefined;
    if (!this.signal.aborted) {
      this.#controller.abort();
      this.emit("change");
    }
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const readers = this.#entries.map(({ reader }) => reader);
    return inspectable("CardSelection", { state: this.state, readers });
  }
}

/** A selection without entries. */
export function createSelection(title: string, prompt: string): CardSelection {
  return new CardSelection(key, title, prompt);
}
