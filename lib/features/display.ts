// Two fields that PIN_PROPERTIES_STRUCTURE and the TLV properties share.

/** Size of a reader's display. */
export interface LcdLayout {
  readonly lines: number;
  /** Characters in a line. */
  readonly columns: number;
}

/** What ends the entry of a PIN: the longest PIN was entered, the validation key, the time limit. */
export type PinValidation = "maxLength" | "key" | "timeout";

/** Bit of each condition in bEntryValidationCondition. */
export const validationBits: Readonly<Record<PinValidation, number>> = {
  maxLength: 1,
  key: 2,
  timeout: 4,
};

/** All conditions, in the order of their bits. */
export const validations = Object.keys(validationBits) as readonly PinValidation[];

/** wLcdLayout: lines in the high byte, columns in the low one; null when there is no display. */
export function decodeLcdLayout(value: number): LcdLayout | null {
  return value === 0 ? null : Object.freeze({ lines: value >> 8, columns: value & 0xff });
}

/** bEntryValidationCondition as words. */
export function decodeValidation(value: number): readonly PinValidation[] {
  return Object.freeze(validations.filter((word) => (value & validationBits[word]) !== 0));
}
