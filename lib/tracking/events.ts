import type { PcscError } from "../errors/pcsc-error.js";
import type { ReaderState } from "../reader-state.js";

/** What every event of a tracker has. Events are frozen. */
interface Numbered {
  /** Counts a tracker's events from 1 on, without a gap at their birth. */
  readonly sequence: number;
  /**
   * Events that this iterator left out directly before this one because its reader was too slow; 0
   * for listeners, and nearly always.
   */
  readonly skipped: number;
}

interface OfReader<Type extends string> extends Numbered {
  readonly type: Type;
  /** Name of the reader. */
  readonly reader: string;
  /** The reader's state when the event was noticed; `unknown` for a reader that has gone. */
  readonly state: ReaderState;
  /** As `state.eventCount`: insertions and removals counted by the resource manager. */
  readonly eventCount: number;
}

interface OfCard<Type extends string> extends OfReader<Type> {
  /**
   * The card's answer to reset; null for a card that does not answer, or that came and went before
   * anybody could look.
   */
  readonly atr: Uint8Array | null;
}

/** What there is when tracking begins: the first event of every tracker and iterator. */
export interface SnapshotEvent extends Numbered {
  readonly type: "snapshot";
  readonly readers: readonly ReaderState[];
}
/** A reader was attached. A card in it follows as `card-inserted`. */
export type ReaderAttachedEvent = OfReader<"reader-attached">;
/** A reader was detached. A card in it went before, as `card-removed`. */
export type ReaderDetachedEvent = OfReader<"reader-detached">;
/** A card was inserted. When `state.present` is false it has left again already. */
export type CardInsertedEvent = OfCard<"card-inserted">;
/** A card was removed; for a card swapped for another `card-inserted` follows. */
export type CardRemovedEvent = OfReader<"card-removed">;
/** The same card with another ATR, or found again after a restart of the service. */
export type CardResetEvent = OfCard<"card-reset">;
/** Something else changed: in use, exclusive, mute, unpowered, unavailable. */
export type StateChangedEvent = OfReader<"state-changed">;
/** The PC/SC service has gone. Tracking goes on when it is back. */
export interface ServiceLostEvent extends Numbered {
  readonly type: "service-lost";
  /** What said so. */
  readonly error: PcscError;
}
/** The service is back; what changed meanwhile was reported before. */
export interface ServiceRestoredEvent extends Numbered {
  readonly type: "service-restored";
}

/** An event of one reader. */
export type ReaderEvent =
  | ReaderAttachedEvent
  | ReaderDetachedEvent
  | CardInsertedEvent
  | CardRemovedEvent
  | CardResetEvent
  | StateChangedEvent;

/** What a {@link ReaderTracker} reports; told apart by `type`. */
export type TrackerEvent = SnapshotEvent | ReaderEvent | ServiceLostEvent | ServiceRestoredEvent;

type Draft<Event> = Event extends unknown ? Omit<Event, keyof Numbered> : never;

/** An event without its number. */
export type EventDraft = Draft<TrackerEvent>;
/** An event of a reader without its number. */
export type ReaderEventDraft = Draft<ReaderEvent>;
