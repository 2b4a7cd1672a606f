import { once } from "node:events";

import type { Card } from "../card.js";
import type { Context } from "../context.js";
import { PcscError } from "../errors/pcsc-error.js";
import type { CallOptions } from "../limits.js";
import { leftMeanwhile, limitOptions, refusedCard } from "../locate/meanwhile.js";
import type { ReaderState } from "../reader-state.js";
import { Candidates, type CandidateSource } from "./candidates.js";
import type { CardCandidate, CheckedSelectOptions, Chooser } from "./options.js";
import { type CardSelection, type SelectionEntry, createSelection } from "./selection.js";

/** What `context.selectCard()` gives. */
export interface SelectedCard {
  /** Name of the reader. */
  readonly reader: string;
  readonly atr: Uint8Array;
  /** Names of the wanted card types that the card is of. */
  readonly cardTypes: readonly string[];
  /** The connected card, which is the caller's to disconnect; null with `connect: false`. */
  readonly card: Card | null;
  /** Whether the chooser was shown. */
  readonly shown: boolean;
}

/** What a selection needs of a context. */
export interface SelectHost extends Pick<
  Context,
  "listReaders" | "getStatusChange" | "connect" | "track"
> {
  /** Names of the wanted card types that a card with this ATR is of; undefined: not wanted. */
  namesOf(atr: Uint8Array): Promise<readonly string[] | undefined>;
  /** Calls back when the card types may have changed, until the result is called. */
  onCardTypes(listener: () => void): () => void;
}

const call = "SCardUIDlgSelectCard";

/** The name winscard's dialog has, as the call of errors. */
export const selectCall = call;

/**
 * Selects a card: those that fit are looked for, and the mode says whether the user has a say.
 */
export async function selectCard(
  host: SelectHost,
  options: CheckedSelectOptions,
  usualChooser: () => Chooser,
): Promise<SelectedCard> {
  return new Selecting(host, options).run(usualChooser);
}

class Selecting implements CandidateSource {
  readonly #host: SelectHost;
  readonly #options: CheckedSelectOptions;
  readonly #candidates: Candidates;

  constructor(host: SelectHost, options: CheckedSelectOptions) {
    this.#host = host;
    this.#options = options;
    this.#candidates = new Candidates(this, options);
  }

  async namesOf(atr: Uint8Array): Promise<readonly string[] | undefined> {
    return this.#host.namesOf(atr);
  }

  async connect(candidate: CardCandidate): Promise<Card> {
    const { connect, limits } = this.#options;
    if (typeof connect === "function") {
      return connect(candidate);
    }
    const card = await this.#host.connect(candidate.reader, {
      ...(connect === false ? {} : connect),
      ...limitOptions(limits),
    });
    return this.#ifSame(card, candidate);
  }

  async run(usualChooser: () => Chooser): Promise<SelectedCard> {
    const { mode, limits } = this.#options;
    limits?.throwIfOver(call, undefined);
    const entries = await this.#lookAround();
    const fitting = entries.filter(({ matches }) => matches);
    const silent = mode === "none" || (mode === "minimal" && fitting.length === 1);
    if (silent) {
      const taken = await this.#takeFirst(fitting);
      if (taken !== undefined) {
        return taken;
      }
    }
    if (mode === "none") {
      throw PcscError.of("SCARD_E_NO_SMARTCARD", call);
    }
    return this.#withChooser(this.#options.chooser ?? usualChooser(), entries);
  }

  /** The readers' cards as they are now, in the order of the list or as they were named. */
  async #lookAround(): Promise<readonly SelectionEntry[]> {
    const { groups, limits } = this.#options;
    const traits = limitOptions(limits);
    const readers = this.#options.readers ?? (await this.#host.listReaders({ groups, ...traits }));
    const entries: SelectionEntry[] = [];
    for (const reader of readers) {
      const state = await this.#stateOf(reader, traits);
      if (state !== undefined) {
        entries.push(await this.#candidates.look(state));
      }
    }
    return entries;
  }

  /** Asked one by one: a reader that goes meanwhile must not take the others with it. */
  async #stateOf(reader: string, traits: CallOptions): Promise<ReaderState | undefined> {
    try {
      const [state] = await this.#host.getStatusChange([reader], traits);
      return state === undefined || state.unknown ? undefined : state;
    } catch (error) {
      if (error instanceof PcscError && error.code === "SCARD_E_UNKNOWN_READER") {
        return undefined;
      }
      throw error;
    }
  }

  /** The first that can be taken: one may leave between the look and the connection. */
  async #takeFirst(fitting: readonly SelectionEntry[]): Promise<SelectedCard | undefined> {
    let refused: PcscError | undefined;
    for (const entry of fitting) {
      try {
        return await this.#take(entry, false);
      } catch (error) {
        if (refusedCard(error)) {
          refused ??= error;
        } else if (!leftMeanwhile(error)) {
          throw error;
        }
      }
    }
    if (refused !== undefined) {
      throw refused;
    }
    return undefined;
  }

  async #take(entry: SelectionEntry, shown: boolean): Promise<SelectedCard> {
    const { reader, cardTypes } = entry;
    const atr = entry.atr ?? new Uint8Array(0);
    const card =
      this.#options.connect === false ? null : await this.connect({ reader, atr, cardTypes });
    return Object.freeze({ reader, atr, cardTypes, card, shown });
  }

  /** The card, unless another was put in its place between the look and the connection. */
  async #ifSame(card: Card, { reader, atr }: CardCandidate): Promise<Card> {
    if (card.shareMode === "direct") {
      return card;
    }
    const { atr: now } = await card.status().catch(async (error: unknown) => {
      await card[Symbol.asyncDispose]();
      throw error;
    });
    if (Buffer.from(now).equals(atr)) {
      return card;
    }
    await card[Symbol.asyncDispose]();
    throw PcscError.of("SCARD_W_REMOVED_CARD", call, reader);
  }

  async #withChooser(chooser: Chooser, entries: readonly SelectionEntry[]): Promise<SelectedCard> {
    const { title, prompt, groups, readers, limits } = this.#options;
    const selection = createSelection(title, prompt);
    selection.update(entries);
    const tracker = this.#host.track({ groups, readers, signal: selection.signal });
    const feed = new Feed(selection, this.#candidates, () => tracker.readers);
    tracker.on("event", () => {
      feed.refresh();
    });
    const stopCardTypes = this.#host.onCardTypes(() => {
      this.#candidates.forgetAll();
      feed.refresh();
    });
    const failed = Promise.race([
      feed.failure,
      new Promise<never>((_, reject) => tracker.once("error", reject)),
    ]);
    const chosen = this.#decided(selection, chooser, feed);
    let delivered = false;
    // Taken when nobody waited for it any more.
    chosen.then(
      ({ card }) => {
        if (!delivered) {
          void card?.[Symbol.asyncDispose]();
        }
      },
      () => undefined,
    );
    try {
      const result = Promise.race([chosen, failed]);
      result.catch(() => undefined);
      // The chooser, which has begun, may have ended it at once.
      limits?.signal?.throwIfAborted();
      const selected = await (limits?.within(result, call) ?? result);
      delivered = true;
      return selected;
    } finally {
      selection.end();
      stopCardTypes();
      await tracker.stop();
    }
  }

  /** Decisions, until one leads to a card or to the end. */
  async #decided(selection: CardSelection, chooser: Chooser, feed: Feed): Promise<SelectedCard> {
    const first = selection.decision();
    const left = chooserLeaves(chooser, selection);
    for (let decision = first; ; decision = selection.decision()) {
      const outcome = await Promise.race([decision, left]);
      if ("cancelled" in outcome) {
        throw PcscError.of("SCARD_W_CANCELLED_BY_USER", call);
      }
      const entry = selection.entries.find(({ reader }) => reader === outcome.reader);
      try {
        if (entry?.matches === true) {
          return await this.#take(entry, true);
        }
      } catch (error) {
        if (!(error instanceof PcscError) || selection.signal.aborted) {
          throw error;
        }
        // The user may try again, or choose another.
        this.#candidates.forget(outcome.reader);
        feed.refresh(error);
      }
    }
  }
}

/**
 * Rejects with what the chooser throws, or with what stood in the way of its choice; it has cancelled
 * when it returns without one. Pending for as long as a choice of its may still succeed.
 */
async function chooserLeaves(
  chooser: Chooser,
  selection: CardSelection,
): Promise<{ readonly cancelled: true }> {
  await chooser(selection);
  while (selection.decided && !selection.signal.aborted) {
    await once(selection, "change");
  }
  if (selection.problem !== undefined) {
    throw selection.problem;
  }
  return { cancelled: true };
}

/** Brings what the tracker sees into the selection, a look at a time. */
class Feed {
  readonly failure: Promise<never>;
  readonly #selection: CardSelection;
  readonly #candidates: Candidates;
  readonly #readers: () => readonly ReaderState[];
  #fail: (error: unknown) => void = () => undefined;
  #running = false;
  #again = false;

  constructor(
    selection: CardSelection,
    candidates: Candidates,
    readers: () => readonly ReaderState[],
  ) {
    this.#selection = selection;
    this.#candidates = candidates;
    this.#readers = readers;
    this.failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
  }

  /** Shows the readers as they are, then what a look at their cards told. */
  refresh(problem?: Error): void {
    this.#show(problem);
    this.#again = true;
    if (!this.#running) {
      this.#running = true;
      this.#lookAtAll().then(
        () => {
          this.#running = false;
        },
        (error: unknown) => {
          this.#fail(error);
        },
      );
    }
  }

  async #lookAtAll(): Promise<void> {
    while (this.#again && !this.#selection.signal.aborted) {
      this.#again = false;
      for (const state of this.#readers()) {
        if (this.#candidates.isDue(state)) {
          await this.#candidates.look(state);
          this.#show(this.#selection.problem);
        }
      }
    }
  }

  #show(problem: Error | undefined): void {
    if (!this.#selection.signal.aborted) {
      const entries = this.#readers().map((state) => this.#candidates.peek(state));
      this.#selection.update(entries, problem);
    }
  }
}
