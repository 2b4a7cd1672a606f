// Faults on demand, checked and made what the native reader takes.
import { checkInteger, checkOneOf, checkOptions } from "../arguments.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import type { NativeFault } from "./native.js";

/** When a fault strikes. Exchanges are counted, never timed or drawn: a test sees the same always. */
export interface FaultTiming {
  /** The first exchange it strikes, from 1, the next one. Default: 1. */
  readonly exchange?: number | undefined;
  /** How many exchanges in a row it strikes; `Infinity`: all from then on. Default: 1. */
  readonly count?: number | undefined;
}

/** What goes wrong with an exchange of APDUs. */
export type VirtualFault = FaultTiming &
  (
    | {
        /** `"remove-before"`: the card is taken out before the command reaches it. */
        readonly kind: "remove-before";
      }
    | {
        /**
         * `"remove-during"`: the card executes the command and is taken out before its answer is
         * through. What the application sees is the profile's: pcsclite reports success with the
         * bytes that came, Windows `SCARD_W_REMOVED_CARD`.
         */
        readonly kind: "remove-during";
        /** Bytes of the answer that come through (pcsclite). Default: 0. */
        readonly bytes?: number | undefined;
      }
    | {
        /** `"unplug"`: the reader is unplugged while the card works. */
        readonly kind: "unplug";
      }
    | {
        /** `"stop-service"`: the resource manager stops while the card works; `start()` ends it. */
        readonly kind: "stop-service";
      }
    | {
        /** `"delay"`: the answer comes later. */
        readonly kind: "delay";
        /** How much later, in milliseconds. */
        readonly delayMs: number;
      }
    | {
        /** `"truncate"`: the answer breaks off. The card stays. */
        readonly kind: "truncate";
        /** Bytes that come through. */
        readonly bytes: number;
      }
    | {
        /** `"oversize"`: zeros are put before the status word. */
        readonly kind: "oversize";
        /** Bytes of the answer in all. */
        readonly bytes: number;
      }
    | {
        /** `"mute"`: the card does not see the command, and the exchange fails. */
        readonly kind: "mute";
      }
    | {
        /** `"more-data"`: the status word becomes 6110, more data to come. */
        readonly kind: "more-data";
      }
    | {
        /** `"wrong-length"`: the answer becomes 6CXX, each time with another XX. */
        readonly kind: "wrong-length";
      }
  );

const kinds = [
  "remove-before",
  "remove-during",
  "unplug",
  "stop-service",
  "delay",
  "truncate",
  "oversize",
  "mute",
  "more-data",
  "wrong-length",
] as const satisfies readonly VirtualFault["kind"][];

/** Kinds with `bytes`, and its default; null where it must be given. */
const bytesDefaults: Partial<Record<VirtualFault["kind"], number | null>> = {
  "remove-during": 0,
  truncate: null,
  oversize: null,
};

const mostExchanges = 0xffffffff;
const mostBytes = 0x20000;
/** An hour: longer is a card that never answers. */
const longestDelay = 3_600_000;

export function checkFault(value: unknown): NativeFault {
  const kind = checkOneOf(
    "fault.kind",
    (value as { kind?: unknown } | null | undefined)?.kind,
    kinds,
  );
  const bytesDefault = bytesDefaults[kind];
  const keys = ["kind", "exchange", "count"];
  if (bytesDefault !== undefined) keys.push("bytes");
  if (kind === "delay") keys.push("delayMs");
  const given = checkOptions("fault", value, keys) as Readonly<Record<string, unknown>>;
  const fault = {
    kind,
    exchange: checkInteger("fault.exchange", given["exchange"] ?? 1, 1, mostExchanges),
    count: checkCount(given["count"] ?? 1),
  };
  if (kind === "delay") {
    return { ...fault, delayUs: Math.round(checkDelay(given["delayMs"]) * 1000) };
  }
  return bytesDefault === undefined
    ? fault
    : {
        ...fault,
        bytes: checkInteger("fault.bytes", given["bytes"] ?? bytesDefault, 0, mostBytes),
      };
}

/** The native reader takes 0 for every exchange. */
function checkCount(value: unknown): number {
  if (value === Infinity) {
    return 0;
  }
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > mostExchanges) {
    throw new ScardArgumentError("fault.count", value, "a positive integer or Infinity");
  }
  return value;
}

function checkDelay(value: unknown): number {
  if (typeof value !== "number" || !(value >= 0 && value <= longestDelay)) {
    throw new ScardArgumentError(
      "fault.delayMs",
      value,
      `milliseconds from 0 to ${String(longestDelay)}`,
    );
  }
  return value;
}
