import { checkBytes } from "../arguments.js";
import { MalformedDataError } from "../errors/malformed-data-error.js";
import { decodeLcdLayout, decodeValidation } from "./display.js";
import type { LcdLayout, PinValidation } from "./display.js";

/** How a reader takes PINs: PIN_PROPERTIES_STRUCTURE of PC/SC part 10. */
export interface PinProperties {
  /** The display; null when there is none. wLcdLayout */
  readonly lcdLayout: LcdLayout | null;
  /** What can end the entry of a PIN. bEntryValidationCondition */
  readonly validation: readonly PinValidation[];
  /** Whether the reader has a separate time limit after the first key. bTimeOut2 */
  readonly timeoutAfterFirstKey: boolean;
}

/**
 * Reads the answer to the feature `ifdPinProperties`: four bytes, numbers in little-endian order.
 * Bytes that a later edition of the standard may append are passed over.
 *
 * @throws {MalformedDataError} when there are less than four.
 */
export function parsePinProperties(bytes: Uint8Array): PinProperties {
  const properties = checkBytes("bytes", bytes);
  const [low, high, validation, timeout] = properties;
  if (
    low === undefined ||
    high === undefined ||
    validation === undefined ||
    timeout === undefined
  ) {
    throw new MalformedDataError(
      "PIN properties",
      properties,
      properties.length,
      "less than 4 bytes",
    );
  }
  return Object.freeze({
    lcdLayout: decodeLcdLayout((high << 8) | low),
    validation: decodeValidation(validation),
    timeoutAfterFirstKey: timeout !== 0,
  });
}
