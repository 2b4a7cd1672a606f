import type { World } from "./follow-readers.js";
import type { CliReaderState } from "./io.js";
import { stateWord } from "./reader-state.js";

/** What happened between two states of the world. */
export type WatchEventName =
  | "service-lost"
  | "service-back"
  | "reader-added"
  | "reader-removed"
  | "card-inserted"
  | "card-removed"
  | "card-replaced"
  | "state-changed";

/** One event. `initial` marks what was there when the command started. */
export interface WatchEvent {
  readonly event: WatchEventName;
  readonly initial: boolean;
  /** Undefined for events of the service. */
  readonly state?: CliReaderState;
}

/** The events that lead from one state of the world to the next. */
export function eventsBetween(before: World | undefined, after: World): WatchEvent[] {
  const initial = before === undefined;
  if (!after.service) {
    return before?.service === true ? [{ event: "service-lost", initial }] : [];
  }
  const back = before?.service === false ? [{ event: "service-back", initial } as const] : [];
  const old = new Map(before?.states.map((state) => [state.reader, state]));
  const present = new Set(after.states.map(({ reader }) => reader));
  const removed = (before?.states ?? [])
    .filter(({ reader }) => !present.has(reader))
    .map((state): WatchEvent => ({ event: "reader-removed", initial, state }));
  const others = after.states.flatMap((state) =>
    eventsOfReader(old.get(state.reader), state).map((event): WatchEvent => ({
      event,
      initial,
      state,
    })),
  );
  return [...back, ...removed, ...others];
}

function eventsOfReader(
  before: CliReaderState | undefined,
  after: CliReaderState,
): WatchEventName[] {
  if (before === undefined) {
    return after.present ? ["reader-added", "card-inserted"] : ["reader-added"];
  }
  if (before.present !== after.present) {
    return [after.present ? "card-inserted" : "card-removed"];
  }
  if (after.present && cardWasChanged(before, after)) {
    return ["card-replaced"];
  }
  const same =
    stateWord(before) === stateWord(after) &&
    before.inUse === after.inUse &&
    before.exclusive === after.exclusive &&
    before.unpowered === after.unpowered;
  return same ? [] : ["state-changed"];
}

/** The count rises with each insertion and removal: by two when a change was too quick to see. */
function cardWasChanged(before: CliReaderState, after: CliReaderState): boolean {
  const elsewhere = before.atr !== null && after.atr !== null && !sameBytes(before.atr, after.atr);
  return elsewhere || after.eventCount >= before.eventCount + 2;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
