// How a virtual reader is described.
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkReaderName,
  checkString,
} from "../arguments.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import type { NativeReaderOptions } from "./native.js";

/** A virtual reader to add. */
export interface VirtualReaderOptions {
  /** Name, as programs see it; up to 127 bytes of UTF-8. */
  readonly name: string;
  /** Attribute `vendorName`. Default: `"scard"`. */
  readonly vendor?: string | undefined;
  /** Attribute `vendorIfdType`. Default: `"Virtual Reader"`. */
  readonly type?: string | undefined;
  /** Attribute `vendorIfdSerialNumber`. Default: `"0001"`. */
  readonly serialNumber?: string | undefined;
  /** Whether the reader has a PIN pad: features `verifyPinDirect`, `modifyPinDirect`. Default: false. */
  readonly pinPad?: boolean | undefined;
  /** Whether disposition `"eject"` throws the card out. Default: false. */
  readonly ejectsCards?: boolean | undefined;
  /**
   * Longest command in bytes, as the reader tells it (attribute `maxInput`, property
   * `maxApduDataSize`); it is not enforced. 261 is a reader without extended APDUs.
   * Default: 65 544.
   */
  readonly maxInput?: number | undefined;
  /** Milliseconds that each exchange takes besides the card's own work. Default: 0. */
  readonly latencyMs?: number | undefined;
  /** Speed of the line, both ways. Default: no limit. A contact card at 9600 baud has about 800. */
  readonly bytesPerSecond?: number | undefined;
}

const keys = [
  "name",
  "vendor",
  "type",
  "serialNumber",
  "pinPad",
  "ejectsCards",
  "maxInput",
  "latencyMs",
  "bytesPerSecond",
] as const;

const longestText = 255;
const longestLatency = 60_000;

/** A name, or a description. */
export function checkReaderOptions(value: string | VirtualReaderOptions): NativeReaderOptions {
  const given = checkOptions("options", typeof value === "string" ? { name: value } : value, keys);
  return {
    name: checkReaderName("name", given.name),
    ...text("vendor", "vendor", given.vendor),
    ...text("type", "type", given.type),
    ...text("serial", "serialNumber", given.serialNumber),
    pinPad: checkBoolean("pinPad", given.pinPad ?? false),
    ejectsCards: checkBoolean("ejectsCards", given.ejectsCards ?? false),
    latencyUs: Math.round(checkLatency(given.latencyMs ?? 0) * 1000),
    bytesPerSecond:
      given.bytesPerSecond === undefined
        ? 0
        : checkInteger("bytesPerSecond", given.bytesPerSecond, 1, 0xffffffff),
    ...(given.maxInput === undefined
      ? {}
      : { maxInput: checkInteger("maxInput", given.maxInput, 5, 65_544) }),
  };
}

function text(key: string, name: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) {
    return {};
  }
  const given = checkString(name, value);
  if (given.includes("\0") || Buffer.byteLength(given) > longestText) {
    const limit = String(longestText);
    throw new ScardArgumentError(name, value, `text without NUL, at most ${limit} bytes of UTF-8`);
  }
  return { [key]: given };
}

function checkLatency(value: unknown): number {
  if (typeof value !== "number" || !(value >= 0 && value <= longestLatency)) {
    const limit = String(longestLatency);
    throw new ScardArgumentError("latencyMs", value, `milliseconds from 0 to ${limit}`);
  }
  return value;
}
