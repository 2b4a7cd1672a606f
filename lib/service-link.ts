// The native context under a Context: replaced when the PC/SC service has gone and come back, so
// that the program's own object stays of use.
import type { NativeContext } from "./binding.js";
import type { CardConnection } from "./connection.js";
import { ClosedError } from "./errors/closed-error.js";
import { KeepAlive } from "./keep-alive.js";
import type { Limits } from "./limits.js";
import { SharedKeepAlive } from "./shared-keep-alive.js";
import { orAbort } from "./tracking/pause.js";

/** Makes and releases native contexts. */
export interface NativeContexts {
  establish(keepAlive: KeepAlive): Promise<NativeContext>;
  /** Releases; never rejects, because nobody is left to hear of a failure. */
  release(native: NativeContext, keepAlive: KeepAlive): Promise<void>;
}

/** One service epoch, as cards connected in it see it. */
export interface ServiceEpoch {
  /** Whether the service has gone since. */
  readonly over: boolean;
  /** A card of it was disconnected. */
  cardClosed(): void;
}

/** How long somebody waits for a new native context, and whether that keeps the process alive. */
export interface RenewTraits {
  readonly limits?: Limits | undefined;
  readonly keepAlive?: KeepAlive | undefined;
}

/** A native context on its way, for all who wait for it. */
interface Renewal {
  readonly done: Promise<void>;
  readonly shared: SharedKeepAlive;
}

class Epoch implements ServiceEpoch {
  readonly native: NativeContext;
  cards: WeakRef<CardConnection>[] = [];
  over = false;
  readonly #onCardClosed: () => void;

  constructor(native: NativeContext, onCardClosed: () => void) {
    this.native = native;
    this.#onCardClosed = onCardClosed;
  }

  cardClosed(): void {
    this.#onCardClosed();
  }
}

export class ServiceLink {
  readonly #contexts: NativeContexts;
  #epoch: Epoch;
  /** Those of before a restart whose cards are not all closed. */
  #retired: Epoch[] = [];
  /** What releases keep the process alive by: not when they may never end. */
  readonly releasing = new KeepAlive();
  readonly #releases = new Set<Promise<void>>();
  #renewal: Renewal | undefined;
  readonly #closing = new AbortController();

  constructor(native: NativeContext, contexts: NativeContexts) {
    this.#contexts = contexts;
    this.#epoch = this.#begin(native);
  }

  #begin(native: NativeContext): Epoch {
    return new Epoch(native, () => {
      this.#dropRetired();
    });
  }

  /** The native context for the next call. */
  get native(): NativeContext {
    return this.#epoch.native;
  }

  get epoch(): ServiceEpoch {
    return this.#epoch;
  }

  /** Whether the service has gone and {@link ServiceLink.renew} is due. */
  get lost(): boolean {
    return this.#epoch.over;
  }

  /** Whether {@link ServiceLink.close} was called: every native context is closed from then on. */
  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Whether a new native context is on its way, which a service that hangs may hold up for ever. */
  get renewing(): boolean {
    return this.#renewal !== undefined;
  }

  /** Notes a failure of `native` that says the service has gone. Old news change nothing. */
  markLost(native: NativeContext): void {
    if (native === this.#epoch.native) {
      this.#epoch.over = true;
    }
  }

  /** Remembers a new card: its native context is kept for as long as the card is open. */
  addCard(epoch: ServiceEpoch, card: CardConnection): void {
    if (epoch === this.#epoch) {
      const cards = this.#epoch.cards.filter(isOpen);
      this.#epoch.cards = [...cards, new WeakRef(card)];
    }
  }

  /**
   * Establishes a new native context in place of a lost one; one attempt serves all who ask, and goes
   * on for the others when one gives up.
   */
  async renew({ limits, keepAlive }: RenewTraits = {}): Promise<void> {
    if (!this.lost) {
      return;
    }
    const { done, shared } = (this.#renewal ??= this.#beginRenewal());
    const leave = shared.join(keepAlive);
    try {
      await orAbort(limits?.within(done, "SCardEstablishContext") ?? done, this.#closing.signal);
    } finally {
      leave();
    }
  }

  #beginRenewal(): Renewal {
    const shared = new SharedKeepAlive();
    const done = this.#replace(shared.keepAlive).finally(() => {
      this.#renewal = undefined;
    });
    // Whoever waits hears of a failure; all may have given up by then.
    done.catch(() => undefined);
    return { done, shared };
  }

  async #replace(keepAlive: KeepAlive): Promise<void> {
    const native = await this.#contexts.establish(keepAlive);
    if (this.closed) {
      this.#release(native);
      return;
    }
    this.#retired.push(this.#epoch);
    this.#epoch = this.#begin(native);
    this.#dropRetired();
  }

  /** A retired context is released once its cards are, so that their errors stay their own. */
  #dropRetired(): void {
    const [kept, done]: [Epoch[], Epoch[]] = [[], []];
    for (const retired of this.#retired) {
      (retired.cards.some(isOpen) ? kept : done).push(retired);
    }
    this.#retired = kept;
    for (const { native } of done) {
      this.#release(native);
    }
  }

  /** Every native context that may have something pending. */
  natives(): readonly NativeContext[] {
    return [...this.#retired.map(({ native }) => native), this.#epoch.native];
  }

  /**
   * Releases what is left of the time before; the current context is the caller's to close. What is
   * held up by a renewal does not keep the process alive.
   */
  async close(): Promise<void> {
    this.releasing.want(!this.renewing);
    this.#closing.abort(new ClosedError("context"));
    const retired = this.#retired;
    this.#retired = [];
    for (const { native } of retired) {
      this.#release(native);
    }
    await Promise.all(this.#releases);
  }

  #release(native: NativeContext): void {
    const released = this.#contexts.release(native, this.releasing).finally(() => {
      this.#releases.delete(released);
    });
    this.#releases.add(released);
  }
}

function isOpen(card: WeakRef<CardConnection>): boolean {
  return card.deref()?.closed === false;
}
