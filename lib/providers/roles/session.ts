// What the roles of one card share: the connection or the transaction that holds its lock, and what
// was selected last.
import type { Card } from "../../card.js";
import type { IsoCalls } from "../../iso7816/commands/calls.js";
import type { CommandTraits } from "../../iso7816/commands/build.js";
import { PcscError } from "../../errors/pcsc-error.js";
import type { CallOptions } from "../../limits.js";
import type { Transaction } from "../../transaction.js";
import { DirectoryError } from "./directory-error.js";

/** A directory as far as it is known: identifiers from the MF, or a name. */
export interface Directory {
  readonly path?: readonly number[];
  readonly name?: Uint8Array;
}

/** A directory that the card was in, as a thing: two are the same only if nothing came between. */
export interface Place {
  readonly directory: Directory;
}

export class RoleSession {
  readonly card: Card;
  readonly #traits: CommandTraits;
  /** Holds the card's lock. */
  transaction: Transaction | undefined;
  /** The file that was selected last, by whoever of the roles. */
  selected: object | undefined;
  /** Where the card is. */
  entered: Place = { directory: {} };
  /** Grows when the card forgets what was selected. */
  #resets = 0;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(card: Card, traits: CommandTraits) {
    this.card = card;
    this.#traits = traits;
  }

  get iso(): IsoCalls {
    return (this.transaction ?? this.card).iso.withDefaults(this.#traits);
  }

  get resets(): number {
    return this.#resets;
  }

  /** The card was reset: nothing is selected, nobody verified. */
  forget(): void {
    this.selected = undefined;
    this.entered = { directory: {} };
    this.#resets += 1;
  }

  /**
   * Takes the card to a directory, unless it is there.
   *
   * @throws {DirectoryError} when nobody knows the way.
   */
  async enter(place: Place, iso: IsoCalls, options: CallOptions | undefined): Promise<void> {
    if (this.entered === place) {
      return;
    }
    const { path, name } = place.directory;
    this.selected = undefined;
    if (name !== undefined) {
      await iso.selectFile({ by: "aid", name }, options);
    } else if (path === undefined) {
      throw new DirectoryError();
    } else {
      await iso.selectFile(path.length === 0 ? { by: "mf" } : { by: "path", path }, options);
    }
    this.entered = place;
  }

  /** Makes calls on the card; one that reports a reset forgets what was selected. */
  async use<Value>(calls: (iso: IsoCalls) => Promise<Value>): Promise<Value> {
    try {
      return await calls(this.iso);
    } catch (error) {
      if (error instanceof PcscError && error.code === "SCARD_W_RESET_CARD") {
        this.forget();
      }
      throw error;
    }
  }

  /**
   * As {@link RoleSession.use}, after all that was asked in this way before: selecting a file and
   * using it are two commands, and files move a position.
   */
  async inTurn<Value>(calls: (iso: IsoCalls) => Promise<Value>): Promise<Value> {
    const turn = this.#lastTurn.catch(() => undefined).then(async () => this.use(calls));
    this.#lastTurn = turn;
    return turn;
  }

  /** Settles when nothing is left of what was asked. */
  async idle(): Promise<void> {
    await this.#lastTurn.catch(() => undefined);
  }

  /** Makes calls that belong together: under the lock, which is taken unless it is held. */
  async locked<Value>(calls: (iso: IsoCalls) => Promise<Value>): Promise<Value> {
    if (this.transaction !== undefined) {
      return this.use(calls);
    }
    return this.use(async () =>
      this.card.transaction(async (tx) => calls(tx.iso.withDefaults(this.#traits))),
    );
  }
}
