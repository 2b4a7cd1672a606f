// Whether threads may wait awake: the option, else the environment variable, else yes.
import { checkBoolean } from "./arguments.js";

/** Values of SCARD_LOW_LATENCY that switch it off. */
const off: ReadonlySet<string | undefined> = new Set(["0", "off", "false", "no"]);

export function checkLowLatency(value: unknown): boolean {
  return value === undefined
    ? !off.has(process.env["SCARD_LOW_LATENCY"]?.toLowerCase())
    : checkBoolean("lowLatency", value);
}
