// Audit events: whether the card holder was recognised. Never a PIN, an APDU or card data.
import { checkOneOf, checkOptions, checkReaderName } from "./arguments.js";
import { type AuditResult, auditEvents } from "./audit-events.js";
import { type CallOptions, callOptionKeys } from "./limits.js";

/** Options of `context.audit()`. */
export interface AuditOptions extends CallOptions {
  /** The reader that the card is in. winscard's own log has no place for it. */
  readonly reader?: string | undefined;
}

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
