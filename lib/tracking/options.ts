import {
  checkGroups,
  checkInteger,
  checkOptions,
  checkReaderName,
  checkSignal,
} from "../arguments.js";
import { ScardArgumentError } from "../errors/argument-error.js";

/** Options of `context.track()`. */
export interface TrackOptions {
  /** Only these readers; they need not be attached yet. Default: all. */
  readonly readers?: readonly string[] | undefined;
  /**
   * Only readers of these groups, as `context.database` keeps them (docs/database.md). On Windows
   * nothing tells of a change of groups: it is noticed with the next change of readers. Default: all
   * readers.
   */
  readonly groups?: readonly string[] | undefined;
  /** Ends the tracking when it aborts, without an error. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Events that one `for await` loop may be behind before events are left out, by the rule of
   * docs/tracking.md. 16 to 1 000 000. Default: 1024.
   */
  readonly queueLimit?: number | undefined;
  /**
   * Time between two looks at the list of readers where the platform announces none (macOS), in
   * milliseconds, 50 to 3 600 000. Default: 1000.
   */
  readonly pollIntervalMs?: number | undefined;
}

/** {@link TrackOptions}, checked. */
export interface CheckedTrackOptions {
  readonly wanted: (reader: string) => boolean;
  readonly groups: readonly string[] | undefined;
  readonly signal: AbortSignal | undefined;
  readonly queueLimit: number;
  readonly pollInterval: number;
}

const keys = ["readers", "groups", "signal", "queueLimit", "pollIntervalMs"] as const;

export function checkTrackOptions(options: TrackOptions | undefined): CheckedTrackOptions {
  const given = checkOptions("options", options, keys);
  return {
    wanted: checkReaders(given.readers),
    groups: checkGroups(given.groups),
    signal: checkSignal("signal", given.signal),
    queueLimit: checkInteger("queueLimit", given.queueLimit ?? 1024, 16, 1_000_000),
    pollInterval: checkInteger("pollIntervalMs", given.pollIntervalMs ?? 1000, 50, 3_600_000),
  };
}

function checkReaders(value: unknown): (reader: string) => boolean {
  if (value === undefined) {
    return () => true;
  }
  if (!Array.isArray(value) || value.length === 0) {
    throw new ScardArgumentError("readers", value, "an array of at least one reader name");
  }
  const names = new Set(value.map((name: unknown) => checkReaderName("readers", name)));
  return (reader) => names.has(reader);
}
