// Whether the resource manager tells of new readers, by the pseudo reader of pnpNotification.
import { PcscError } from "../errors/pcsc-error.js";
import { type ReaderState, type ReaderStateQuery, pnpNotification } from "../reader-state.js";

/** Refusals in a row that may be a reader's that went: a list read after it no longer has that. */
const mostRefusals = 3;

/** Time between two looks at the list where nothing announces a reader, ms; trackers have an option. */
export const usualPollInterval = 1000;

export class Announcements {
  #given = true;
  #refusals = 0;

  /** Whether the pseudo reader is to be waited for: as far as is known it is. */
  get given(): boolean {
    return this.#given;
  }

  /** Takes what a wait answered. */
  answered(states: readonly ReaderState[]): void {
    this.#refusals = 0;
    if (states.some(({ reader, unknown }) => reader === pnpNotification && unknown)) {
      this.#given = false;
    }
  }

  /**
   * A wait was refused with SCARD_E_UNKNOWN_READER. It does not say for which entry: after a few the
   * pseudo reader is asked about alone.
   *
   * @param ask Asks without waiting.
   */
  async refused(ask: (query: ReaderStateQuery) => Promise<readonly ReaderState[]>): Promise<void> {
    this.#refusals += 1;
    if (!this.#given || this.#refusals < mostRefusals) {
      return;
    }
    try {
      this.answered(await ask({ reader: pnpNotification, current: 0 }));
    } catch (error) {
      this.#refusals = 0;
      // Whatever else it is, such as nothing to tell, is no word against it.
      if (error instanceof PcscError && error.code === "SCARD_E_UNKNOWN_READER") {
        this.#given = false;
      }
    }
  }

  /** Another service may do otherwise. */
  restart(): void {
    this.#given = true;
    this.#refusals = 0;
  }
}
