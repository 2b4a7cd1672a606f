// The events that lead from one known state of a reader to the next.
import { type ReaderState, readerState } from "../reader-state.js";
import type { ReaderEventDraft } from "./events.js";

/** SCARD_STATE_EMPTY */
const stateEmpty = 0x10;

/** How two states are to be compared. */
export interface DiffOptions {
  /** The service restarted in between: its counters began anew, and it powered every card. */
  readonly restarted?: boolean;
}

/** Undefined stands for a reader that is not there. */
export function changesOf(
  before: ReaderState | undefined,
  after: ReaderState | undefined,
  { restarted = false }: DiffOptions = {},
): ReaderEventDraft[] {
  if (after === undefined) {
    return before === undefined ? [] : detached(before);
  }
  if (before === undefined) {
    const attached = ofReader("reader-attached", after);
    return after.present ? [attached, inserted(after)] : [attached];
  }
  return restarted ? afterRestart(before, after) : changesInPlace(before, after);
}

function detached(before: ReaderState): ReaderEventDraft[] {
  const gone = goneState(before.reader);
  const left = ofReader("reader-detached", gone);
  return before.present ? [ofReader("card-removed", gone), left] : [left];
}

function changesInPlace(before: ReaderState, after: ReaderState): ReaderEventDraft[] {
  const counted = (after.eventCount - before.eventCount) & 0xffff;
  const swapped = before.present && after.present && counted !== 0;
  const leaving = before.present && (swapped || !after.present);
  const coming = after.present && (swapped || !before.present);
  const changes = [
    ...(leaving ? [ofReader("card-removed", after)] : []),
    ...(counted >= ofOwn(leaving, coming) + 2 && counted < 0x8000 ? cameAndWent(after) : []),
    ...(coming ? [inserted(after)] : []),
  ];
  if (changes.length > 0) {
    return changes;
  }
  if (after.present && !sameAtr(before, after)) {
    return [ofCard("card-reset", after)];
  }
  return sameUse(before, after) ? [] : [ofReader("state-changed", after)];
}

/** What the counter shows for the card that was there, and the one that is. */
function ofOwn(leaving: boolean, coming: boolean): number {
  return Number(leaving) + Number(coming);
}

/**
 * A card that was in between two looks, or several, told as one. A counter that went down is another
 * reader's of the same name, not 65 000 insertions.
 */
function cameAndWent(after: ReaderState): ReaderEventDraft[] {
  const eventState = (after.eventCount << 16) | stateEmpty;
  const empty = readerState({ reader: after.reader, eventState, atr: new Uint8Array(0) });
  return [inserted(empty), ofReader("card-removed", empty)];
}

function afterRestart(before: ReaderState, after: ReaderState): ReaderEventDraft[] {
  if (before.present && after.present) {
    return sameAtr(before, after)
      ? [ofCard("card-reset", after)]
      : [ofReader("card-removed", after), inserted(after)];
  }
  if (before.present !== after.present) {
    return [after.present ? inserted(after) : ofReader("card-removed", after)];
  }
  return sameUse(before, after) ? [] : [ofReader("state-changed", after)];
}

function sameUse(before: ReaderState, after: ReaderState): boolean {
  return (
    before.unavailable === after.unavailable &&
    before.exclusive === after.exclusive &&
    before.inUse === after.inUse &&
    before.mute === after.mute &&
    before.unpowered === after.unpowered
  );
}

function sameAtr(before: ReaderState, after: ReaderState): boolean {
  const [left, right] = [before.atr, after.atr];
  if (left === null || right === null) {
    return left === right;
  }
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** Whether nothing at all differs that an event or the next wait would be about. */
export function sameState(before: ReaderState, after: ReaderState): boolean {
  return changesInPlace(before, after).length === 0 && before.eventCount === after.eventCount;
}

/** The state of a reader that is not there. */
export function goneState(reader: string): ReaderState {
  return readerState({ reader, eventState: 0x4, atr: new Uint8Array(0) });
}

function ofReader<Type extends Exclude<ReaderEventDraft["type"], "card-inserted" | "card-reset">>(
  type: Type,
  state: ReaderState,
): { type: Type; reader: string; state: ReaderState; eventCount: number } {
  return { type, reader: state.reader, state, eventCount: state.eventCount };
}

function ofCard<Type extends "card-inserted" | "card-reset">(
  type: Type,
  state: ReaderState,
): {
  type: Type;
  reader: string;
  state: ReaderState;
  eventCount: number;
  atr: Uint8Array | null;
} {
  return { type, reader: state.reader, state, eventCount: state.eventCount, atr: state.atr };
}

function inserted(state: ReaderState): ReaderEventDraft {
  return ofCard("card-inserted", state);
}
