// Audit events: whether the card holder was recognised. Never a PIN, an APDU or card data.
import { EventEmitter } from "node:events";

import { checkOneOf, checkOptions, checkReaderName } from "./arguments.js";
import { type CallOptions, callOptionKeys } from "./limits.js";

/** What `context.audit()` reports: the card holder's verification failed, or succeeded. */
export type AuditResult = "verification-failed" | "verification-succeeded";

/** One audited event. Frozen. */
export interface AuditEvent {
  readonly time: Date;
  readonly result: AuditResult;
  /** Name of the reader, where the program gave one. */
  readonly reader: string | undefined;
}

/** Options of `context.audit()`. */
export interface AuditOptions extends CallOptions {
  /** The reader that the card is in. winscard's own log has no place for it. */
  readonly reader?: string | undefined;
}

/**
 * Every `context.audit()` of this JavaScript environment, on every platform:
 * `auditEvents.on("audit", ({ time, result, reader }) => …)`. On Windows the system's own log,
 * Microsoft-Windows-SmartCard-Audit/Authentication, has them too.
 */
export const auditEvents: EventEmitter<{ audit: [event: AuditEvent] }> = new EventEmitter();

const results: readonly AuditResult[] = ["verification-failed", "verification-succeeded"];
const keys = ["reader", ...callOptionKeys] as const;

/** An audit call, checked. */
export interface CheckedAudit {
  readonly result: AuditResult;
  /** The event's number in SCardAudit. */
  readonly number: number;
  readonly reader: string | undefined;
}

export function checkAudit(result: unknown, options: AuditOptions | undefined): CheckedAudit {
  const word = checkOneOf("result", result, results);
  const { reader } = checkOptions("options", options, keys);
  return {
    result: word,
    number: results.indexOf(word),
    reader: reader === undefined ? undefined : checkReaderName("reader", reader),
  };
}

/** Tells the listeners. One that throws is the program's own affair, as with every emitter. */
export function tellAudit({ result, reader }: CheckedAudit): void {
  auditEvents.emit("audit", Object.freeze({ time: new Date(), result, reader }));
}
