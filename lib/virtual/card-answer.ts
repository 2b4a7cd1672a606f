// What a virtual card's handler may answer, made bytes.
import { checkInteger, checkOptions } from "../arguments.js";
import { type BytesInput, copyBytes } from "../bytes.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { ResponseApdu, longestResponse } from "../iso7816/response-apdu.js";

/**
 * A handler's answer: the whole response as bytes, hexadecimal text or a {@link ResponseApdu}; its
 * parts; a status word alone; or the text `"mute"`, no answer at all.
 */
export type CardAnswer = BytesInput | ResponseApdu | ResponseParts | number;

/** A response in parts. */
export interface ResponseParts {
  /** Response data. Default: none. */
  readonly data?: BytesInput | undefined;
  /** SW1-SW2 as one number. Default: 0x9000. */
  readonly sw?: number | undefined;
}

/** The bytes of a status word. */
export function statusWordBytes(sw: number): Uint8Array {
  return Uint8Array.of(sw >> 8, sw & 0xff);
}

/**
 * The bytes of an answer; undefined for none.
 *
 * @param fewest Bytes it has at least: 2 for an APDU's.
 * @throws {ScardArgumentError} naming "answer"; bytes are not shown.
 */
export function answerBytes(answer: unknown, fewest: number): Uint8Array | undefined {
  if (answer === "mute") {
    return undefined;
  }
  if (typeof answer === "number") {
    return statusWordBytes(checkInteger("answer", answer, 0, 0xffff));
  }
  if (answer instanceof ResponseApdu) {
    return answer.toBytes();
  }
  if (typeof answer === "string" || ArrayBuffer.isView(answer) || answer instanceof ArrayBuffer) {
    return copyBytes("answer", answer, fewest, longestResponse);
  }
  if (typeof answer !== "object" || answer === null) {
    throw new ScardArgumentError(
      "answer",
      answer,
      'bytes, hexadecimal text, a ResponseApdu, { data, sw }, a status word or "mute"',
    );
  }
  const { data, sw } = checkOptions("answer", answer, ["data", "sw"]);
  const status = checkInteger("answer.sw", sw ?? 0x9000, 0, 0xffff);
  const body =
    data === undefined ? new Uint8Array(0) : copyBytes("answer.data", data, 0, longestResponse - 2);
  const bytes = new Uint8Array(body.length + 2);
  bytes.set(body);
  bytes.set(statusWordBytes(status), body.length);
  return bytes;
}
