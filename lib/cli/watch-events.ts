import type { PcscError } from "../errors/index.js";
import type { TrackerEvent } from "../tracking/events.js";
import type { CliReaderState } from "./io.js";

/** What happened: the tracker's words. */
export type WatchEventName = Exclude<TrackerEvent["type"], "snapshot">;

/** One event. `initial` marks what was there when the command started. */
export interface WatchEvent {
  readonly event: WatchEventName;
  readonly initial: boolean;
  /** Undefined for events of the service. */
  readonly state?: CliReaderState;
  /** What said that the service has gone. */
  readonly error?: PcscError;
}

/** An event of a tracker as the command tells it: a snapshot as comings of its readers and cards. */
export function watchEvents(event: TrackerEvent): WatchEvent[] {
  if (event.type === "snapshot") {
    return event.readers.flatMap((state): WatchEvent[] => {
      const attached: WatchEvent = { event: "reader-attached", initial: true, state };
      return state.present
        ? [attached, { event: "card-inserted", initial: true, state }]
        : [attached];
    });
  }
  const state = "state" in event ? { state: event.state } : {};
  const error = event.type === "service-lost" ? { error: event.error } : {};
  return [{ event: event.type, initial: false, ...state, ...error }];
}
