import type { BytesInput } from "../bytes.js";
import type { PinValidation } from "./display.js";

/** Where and how the reader writes the PIN's length into the command. */
export interface PinLengthField {
  /** Size of the length, bits, 1 to 15. */
  readonly bits: number;
  /** Place of the length, counted from the data field's start, 0 to 15. */
  readonly position: number;
  /** What `position` counts. Default: `"bits"`. */
  readonly unit?: "bytes" | "bits";
}

/**
 * How a PIN is entered on a reader's keys and written into the command. The C names of PC/SC part
 * 10 follow each description. The PIN itself never comes near the program.
 */
export interface PinEntryOptions {
  /**
   * The command as the card shall get it, with filler where the reader writes the PIN: 4 bytes, or
   * 5 bytes and as many data bytes as the fifth (Lc) says; no Le. Bytes or hexadecimal text, such as
   * `"00200081 08 FFFFFFFFFFFFFFFF"`. abData
   */
  readonly command: BytesInput;
  /** How digits are written: one per byte as ASCII or number, or two per byte. Default: `"ascii"`. */
  readonly encoding?: "ascii" | "bcd" | "binary";
  /** On which side of its block the PIN stands. Default: `"left"`. */
  readonly justify?: "left" | "right";
  /** Place of the PIN block, counted from the data field's start, 0 to 15. Default: 0. */
  readonly position?: number;
  /** What `position` counts. Default: `"bytes"`. */
  readonly positionUnit?: "bytes" | "bits";
  /**
   * Bytes of the block that holds the PIN and its padding, 0 to 15; 0 lets the command grow by the
   * PIN's length. Default: the room that the command's data field has for it. bmPINBlockString
   */
  readonly blockSize?: number;
  /** Has the reader write the PIN's length. Default: it writes none. bmPINLengthFormat */
  readonly lengthField?: PinLengthField;
  /** Least digits, 0 to 255. Default: 4, or `maxLength` if that is less. wPINMaxExtraDigit */
  readonly minLength?: number;
  /** Most digits, 1 to 255. Default: 8, or what the block holds if that is less. */
  readonly maxLength?: number;
  /** What ends the entry, at least one word. Default: `["key"]`. bEntryValidationCondition */
  readonly validation?: readonly PinValidation[];
  /** Seconds for the whole entry, 0 to 255; 0 is the reader's own limit. Default: 0. bTimerOut */
  readonly timeoutSeconds?: number;
  /** Seconds after the first key, 0 to 255; 0 is the reader's own limit. Default: 0. bTimerOut2 */
  readonly timeoutAfterFirstKeySeconds?: number;
  /** Windows language identifier of the messages. Default: 0x0409, English. wLangId */
  readonly languageId?: number;
  /** T=1 prologue (NAD, PCB, LEN), 3 bytes. Default: zeros, which readers expect. bTeoPrologue */
  readonly prologue?: BytesInput;
}

/** Options of {@link buildPinVerifyBlock}: PIN_VERIFY_STRUCTURE. */
export interface PinVerifyOptions extends PinEntryOptions {
  /**
   * What the display shows: the reader's usual text, nothing, or the message of this number, 0 to
   * 255. Default: `"default"`. bNumberMessage, bMsgIndex
   */
  readonly message?: "default" | "none" | number;
}

/** Options of {@link buildPinModifyBlock}: PIN_MODIFY_STRUCTURE. */
export interface PinModifyOptions extends PinEntryOptions {
  /** Byte of the data field where the old PIN's part begins, 0 to 255. Default: 0. */
  readonly oldOffset?: number;
  /** Byte of the data field where the new PIN's part begins, 0 to 255. bInsertionOffsetNew */
  readonly newOffset: number;
  /** Whether the user enters the new PIN twice. Default: true. bConfirmPIN, bit 0 */
  readonly confirm?: boolean;
  /** Whether the user enters the old PIN. Default: true. bConfirmPIN, bit 1 */
  readonly askOld?: boolean;
  /**
   * What the display shows: the reader's usual texts, nothing, or one to three messages by number,
   * 0 to 255 each. Default: `"default"`. bNumberMessage, bMsgIndex1 to 3
   */
  readonly messages?: "default" | "none" | readonly number[];
}

/** Names of the options that both structures have. */
export const pinEntryKeys = [
  "command",
  "encoding",
  "justify",
  "position",
  "positionUnit",
  "blockSize",
  "lengthField",
  "minLength",
  "maxLength",
  "validation",
  "timeoutSeconds",
  "timeoutAfterFirstKeySeconds",
  "languageId",
  "prologue",
] as const satisfies readonly (keyof PinEntryOptions)[];
