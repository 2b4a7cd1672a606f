// What is kept of events that a slow reader has not taken yet.
import type { ReaderEvent, TrackerEvent } from "./events.js";

/** What is left of a series. */
export interface Compacted {
  readonly events: TrackerEvent[];
  /** Left out after the last event that is kept. */
  readonly skipped: number;
}

/**
 * The shortest series that tells of every reader and of the service where they ended up, of every
 * card that is still in, and of the last card that came and went. The events that follow a left-out
 * one carry how many were left out.
 */
export function compact(events: readonly TrackerEvent[]): Compacted {
  const kept = new Set<TrackerEvent>([...serviceEvents(events), ...readerEvents(events)]);
  const result: TrackerEvent[] = [];
  let skipped = 0;
  for (const event of events) {
    if (kept.has(event)) {
      result.push(withSkipped(event, skipped));
      skipped = 0;
    } else {
      skipped += 1 + event.skipped;
    }
  }
  return { events: result, skipped };
}

/** The same event, after `more` others that were left out. */
export function withSkipped(event: TrackerEvent, more: number): TrackerEvent {
  return more === 0 ? event : Object.freeze({ ...event, skipped: event.skipped + more });
}

function serviceEvents(events: readonly TrackerEvent[]): TrackerEvent[] {
  const ofService = events.filter(
    ({ type }) => type === "service-lost" || type === "service-restored",
  );
  return firstAndLast(ofService);
}

/** The first of a series matters only if it leads away from where the last one leads to. */
function firstAndLast<Event extends TrackerEvent>(events: readonly Event[]): Event[] {
  const first = events[0];
  const last = events.at(-1);
  if (first === undefined || last === undefined) {
    return [];
  }
  return first.type === last.type ? [last] : [first, last];
}

function readerEvents(events: readonly TrackerEvent[]): TrackerEvent[] {
  const byReader = new Map<string, ReaderEvent[]>();
  const others: TrackerEvent[] = [];
  for (const event of events) {
    if ("reader" in event) {
      const known = byReader.get(event.reader);
      if (known === undefined) {
        byReader.set(event.reader, [event]);
      } else {
        known.push(event);
      }
    } else if (event.type === "snapshot") {
      others.push(event);
    }
  }
  return [...others, ...[...byReader.values()].flatMap(ofReader)];
}

function ofReader(events: readonly ReaderEvent[]): ReaderEvent[] {
  const index = lastIndex(
    events,
    ({ type }) => type === "reader-attached" || type === "reader-detached",
  );
  if (index < 0) {
    return ofCard(events);
  }
  const before = events.slice(0, index + 1);
  const comings = before.filter(
    ({ type }) => type === "reader-attached" || type === "reader-detached",
  );
  const firstCard = before.find(({ type }) => type.startsWith("card-"));
  const detachedFirst = comings[0]?.type === "reader-detached";
  const leaving = firstCard?.type === "card-removed" && detachedFirst ? [firstCard] : [];
  const cameAndWent = !detachedFirst && comings.at(-1)?.type === "reader-detached";
  const [first] = comings;
  const reader = cameAndWent
    ? []
    : detachedFirst && first !== undefined && comings.at(-1)?.type === "reader-detached"
      ? [first]
      : firstAndLast(comings);
  return [...leaving, ...reader, ...ofCard(events.slice(index + 1))];
}

/** Of one slot: the way to the last card, and what happened to that. */
function ofCard(events: readonly ReaderEvent[]): ReaderEvent[] {
  const inserted = lastIndex(events, ({ type }) => type === "card-inserted");
  const first = events.find(({ type }) => type === "card-removed" || type === "card-inserted");
  const leaving = first?.type === "card-removed" && events.indexOf(first) < inserted ? [first] : [];
  const coming = inserted < 0 ? [] : events.slice(inserted, inserted + 1);
  const after = events.slice(inserted + 1);
  const last = (type: ReaderEvent["type"]): ReaderEvent[] => {
    return after.filter((event) => event.type === type).slice(-1);
  };
  return [
    ...leaving,
    ...coming,
    ...last("card-reset"),
    ...last("card-removed"),
    ...last("state-changed"),
  ];
}

function lastIndex(
  events: readonly ReaderEvent[],
  matches: (event: ReaderEvent) => boolean,
): number {
  return events.reduce((found, event, index) => (matches(event) ? index : found), -1);
}
