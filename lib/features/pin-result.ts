import { checkBytes } from "../arguments.js";
import { MalformedDataError } from "../errors/malformed-data-error.js";
import { describeStatusWord } from "../iso7816/status-word.js";

/**
 * How the entry of a PIN ended.
 *
 * - `accepted`: the card took it (9000).
 * - `wrong-pin`: the card refused the PIN (63XX).
 * - `blocked`: the PIN is blocked (6983).
 * - `timeout`: the user did not enter it in time (6400, from the reader).
 * - `cancelled`: the user pressed cancel (6401, from the reader).
 * - `mismatch`: the two entries of the new PIN differ (6402, from the reader).
 * - `length`: the PIN was too short or too long (6403, from the reader).
 * - `invalid-block`: the reader refused the PIN block's parameters (6B80, from the reader).
 * - `refused`: the card refused the command for another reason; see `meaning`.
 */
export type PinOutcome =
  | "accepted"
  | "wrong-pin"
  | "blocked"
  | "timeout"
  | "cancelled"
  | "mismatch"
  | "length"
  | "invalid-block"
  | "refused";

/** Result of a PIN entered on a reader's own keys. */
export interface PinResult {
  readonly outcome: PinOutcome;
  /** Whether the outcome is `accepted`. */
  readonly ok: boolean;
  /** Tries left where the card says so (63CX), else null. */
  readonly triesLeft: number | null;
  /** The two bytes that came, as one number: the card's status word or the reader's own code. */
  readonly sw: number;
  /** The same in words. */
  readonly meaning: string;
}

const ownOutcomes: ReadonlyMap<number, readonly [PinOutcome, meaning: string]> = new Map([
  [0x9000, ["accepted", "The card accepted the PIN"]],
  [0x6983, ["blocked", "The PIN is blocked"]],
  [0x6400, ["timeout", "The PIN was not entered in time"]],
  [0x6401, ["cancelled", "The user cancelled the entry"]],
  [0x6402, ["mismatch", "The two entries of the new PIN differ"]],
  [0x6403, ["length", "The PIN was too short or too long"]],
  [0x6b80, ["invalid-block", "The reader refused the PIN block's parameters"]],
]);

/**
 * Says how the entry of a PIN ended, from the answer to the feature `verifyPinDirect` or
 * `modifyPinDirect`. A card can also send 6400 and 6401 itself: nothing tells them from the
 * reader's.
 *
 * @throws {MalformedDataError} when there are less than two bytes.
 */
export function parsePinResult(response: Uint8Array): PinResult {
  const bytes = checkBytes("response", response);
  const sw1 = bytes[bytes.length - 2];
  const sw2 = bytes[bytes.length - 1];
  if (sw1 === undefined || sw2 === undefined) {
    throw new MalformedDataError("result of the PIN entry", bytes, 0, "no status word");
  }
  const sw = (sw1 << 8) | sw2;
  const triesLeft = sw1 === 0x63 && sw2 >= 0xc0 && sw2 <= 0xcf ? sw2 & 0x0f : null;
  const [outcome, meaning] = ownOutcomes.get(sw) ?? cardOutcome(sw, triesLeft);
  return Object.freeze({ outcome, ok: outcome === "accepted", triesLeft, sw, meaning });
}

function cardOutcome(sw: number, triesLeft: number | null): readonly [PinOutcome, string] {
  if (triesLeft !== null) {
    return ["wrong-pin", `The PIN is wrong; tries left: ${String(triesLeft)}`];
  }
  return sw === 0x6300
    ? ["wrong-pin", "The PIN is wrong"]
    : ["refused", describeStatusWord(sw).meaning];
}
