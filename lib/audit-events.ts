// Who listens to audit events, apart from who reports them.
import { EventEmitter } from "node:events";

/** What `context.audit()` reports: the card holder's verification failed, or succeeded. */
export type AuditResult = "verification-failed" | "verification-succeeded";

/** One audited event. Frozen. */
export interface AuditEvent {
  readonly time: Date;
  readonly result: AuditResult;
  /** Name of the reader, where the program gave one. */
  readonly reader: string | undefined;
}

/**
 * Every `context.audit()` of this JavaScript environment, on every platform:
 * `auditEvents.on("audit", ({ time, result, reader }) => …)`. On Windows the system's own log,
 * Microsoft-Windows-SmartCard-Audit/Authentication, has them too.
 */
export const auditEvents: EventEmitter<{ audit: [event: AuditEvent] }> = new EventEmitter();
