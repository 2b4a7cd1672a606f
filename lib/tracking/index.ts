export type {
  CardInsertedEvent,
  CardRemovedEvent,
  CardResetEvent,
  ReaderAttachedEvent,
  ReaderDetachedEvent,
  ReaderEvent,
  ServiceLostEvent,
  ServiceRestoredEvent,
  SnapshotEvent,
  StateChangedEvent,
  TrackerEvent,
} from "./events.js";
export type { EventQueue } from "./event-queue.js";
export type { TrackOptions } from "./options.js";
export { ReaderTracker } from "./tracker.js";
export type { TrackerEventMap } from "./tracker.js";
