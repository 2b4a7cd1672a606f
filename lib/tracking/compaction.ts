// What is kept of events that a slow reader has not taken yet.
import type { ReaderEvent, TrackerEvent } from "./events.js";

/** What is left of a series. */
export interface Compacted {
  readonly events: TrackerEvent[];
  /** Left out after the last event that is kept. */
  readonly skipped: number;
}

/**
 * The shortest series that tells of every reader and of the service where they ended up, and of the
 * last card that came into each reader: at most nine events for each name of a reader. The events
 * that follow a left-out one carry how many were left out.
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

/** The way of one reader to its last card, and what became of both. */
function ofReader(events: readonly ReaderEvent[]): ReaderEvent[] {
  const inserted = lastIndex(events, ({ type }) => type === "card-inserted");
  if (inserted < 0) {
    return withoutInsertion(events);
  }
  const before = events.slice(0, inserted);
  return [
    ...leaving(before),
    ...comingsOf(before),
    ...events.slice(inserted, inserted + 1),
    ...withoutInsertion(events.slice(inserted + 1)),
  ];
}

/** The removal of the card that was in at first. */
function leaving(events: readonly ReaderEvent[]): ReaderEvent[] {
  const first = events.find(({ type }) => type.startsWith("card-"));
  const removed = events.find(({ type }) => type === "card-removed");
  return first?.type === "card-inserted" || removed === undefined ? [] : [removed];
}

/** What is left of a series in which no card comes. */
function withoutInsertion(events: readonly ReaderEvent[]): ReaderEvent[] {
  const last = (type: ReaderEvent["type"]): ReaderEvent[] =>
    events.filter((event) => event.type === type).slice(-1);
  const latest = events.at(-1)?.type === "state-changed" ? events.slice(-1) : [];
  return [...last("card-reset"), ...last("card-removed"), ...comingsOf(events), ...latest];
}

/** The reader's own going and coming; nothing of one that came and went. */
function comingsOf(events: readonly ReaderEvent[]): ReaderEvent[] {
  const comings = events.filter(
    ({ type }) => type === "reader-attached" || type === "reader-detached",
  );
  const [first, last] = [comings[0], comings.at(-1)];
  if (first?.type === "reader-detached") {
    return last?.type === "reader-attached" ? [first, last] : [first];
  }
  return last?.type === "reader-attached" ? [last] : [];
}

function lastIndex(
  events: readonly ReaderEvent[],
  matches: (event: ReaderEvent) => boolean,
): number {
  return events.reduce((found, event, index) => (matches(event) ? index : found), -1);
}
