import { checkOptions, checkReaderName } from "./arguments.js";
import { toHex } from "./bytes.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import type { ReaderState } from "./reader-state.js";
import { goneState } from "./tracking/diff.js";
import type { EventDraft } from "./tracking/events.js";
import { type SeekHost, seek } from "./tracking/seek.js";
import type { ReaderSource } from "./tracking/source.js";

/** Options of `context.waitForRemoval()`. */
export interface WaitForRemovalOptions extends CallOptions {
  /** Name of the reader. */
  readonly reader: string;
}

/** Waits until the card that is in a reader has left it. */
export async function waitForRemoval(
  context: SeekHost,
  options: WaitForRemovalOptions,
): Promise<ReaderState> {
  const given = checkOptions("options", options, ["reader", ...callOptionKeys]);
  const reader = checkReaderName("reader", given.reader);
  const limits = Limits.from(given);
  const stay = new Stay(reader);
  const host: SeekHost = {
    closing: context.closing,
    cancelling: context.cancelling,
    sourceOf: (keepAlive, groups) => lookingAtOnce(context.sourceOf(keepAlive, groups), reader),
  };
  return seek(host, {
    wanted: (name) => name === reader,
    groups: undefined,
    limits,
    take: (events, picture) => stay.take(events, picture),
  });
}

/** The card that is in now is the one that counts: the first look is not after a list of readers. */
function lookingAtOnce(source: ReaderSource, reader: string): ReaderSource {
  let listed = false;
  return {
    ...source,
    listReaders: async (signal) => {
      if (listed) {
        return source.listReaders(signal);
      }
      listed = true;
      return Promise.resolve([reader]);
    },
  };
}

/** One card's time in a reader, through ends of the service. */
class Stay {
  readonly #reader: string;
  /** The card's ATR; undefined before anybody looked. */
  #atr: string | undefined;
  #serviceLost = false;

  constructor(reader: string) {
    this.#reader = reader;
  }

  /** The state that ended it, if one did. */
  take(events: readonly EventDraft[], picture: readonly ReaderState[]): readonly ReaderState[] {
    const now = picture.find(({ reader }) => reader === this.#reader) ?? goneState(this.#reader);
    if (!this.#isOver(events, now)) {
      return [];
    }
    return [now];
  }

  #isOver(events: readonly EventDraft[], now: ReaderState): boolean {
    const types = new Set(events.map(({ type }) => type));
    if (types.has("service-lost")) {
      this.#serviceLost = true;
    }
    const restored = types.has("service-restored");
    if (this.#serviceLost && !restored) {
      // What a service that has gone had to say is not the card's doing.
      return false;
    }
    this.#serviceLost = false;
    const left = types.has("card-removed") || types.has("reader-detached");
    const before = this.#atr;
    this.#atr = toHex(now.atr ?? new Uint8Array(0));
    // After a restart the same ATR counts as the same card: a new service counts anew.
    const another = restored && before !== undefined && before !== this.#atr;
    return !now.present || left || another;
  }
}
