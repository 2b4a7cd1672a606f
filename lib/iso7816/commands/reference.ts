// References to PINs, passwords and keys: P2 of ISO/IEC 7816-4:2005, 7.5, table 65.
import { checkInteger, checkOneOf, checkOptions } from "../../arguments.js";

/**
 * Which PIN, password or key: the byte P2, or its parts. `"global"` ones belong to the MF,
 * `"specific"` ones to the current DF (bit 8). Default everywhere: 0x00, no information.
 */
export type SecretReference =
  | number
  | {
      /** Default: `"global"`. */
      readonly scope?: "global" | "specific" | undefined;
      /** 0 to 31. */
      readonly number: number;
    };

/** P2. */
export function checkReference(value: unknown): number {
  if (typeof value !== "object" || value === null) {
    return checkInteger("reference", value ?? 0, 0, 0xff);
  }
  const { scope, number } = checkOptions("reference", value, ["scope", "number"]);
  const specific =
    checkOneOf("reference.scope", scope ?? "global", ["global", "specific"]) === "specific";
  return (specific ? 0x80 : 0) | checkInteger("reference.number", number, 0, 31);
}
