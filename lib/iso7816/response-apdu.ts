import { checkBoolean, checkOptions } from "../arguments.js";
import { type BytesInput, copyBytes, hexWord, toHex } from "../bytes.js";
import { ApduError } from "./format-error.js";
import { describeStatusWord, type StatusWord } from "./status-word.js";

/** Options of {@link ResponseApdu.from}. */
export interface ResponseApduOptions {
  /** Keep the data out of `toString`, `JSON.stringify` and `console.log`. Default: false. */
  readonly secret?: boolean;
}

/** Longest response of ISO/IEC 7816-4 in bytes: 65 536 bytes of data and SW1-SW2. */
export const longestResponse = 65_538;

let adopt: (bytes: Uint8Array, secret: boolean) => ResponseApdu;

/** A response APDU of ISO/IEC 7816-4: response data and a status word. Immutable. */
export class ResponseApdu {
  /** SW1-SW2 as one number, such as `0x9000`. */
  readonly sw: number;
  readonly #bytes: Uint8Array;
  readonly #secret: boolean;

  static {
    adopt = (bytes, secret) => new ResponseApdu(bytes, secret);
  }

  private constructor(bytes: Uint8Array, secret: boolean) {
    this.#bytes = bytes;
    this.#secret = secret;
    this.sw = ((bytes.at(-2) ?? 0) << 8) | (bytes.at(-1) ?? 0);
    Object.freeze(this);
  }

  /**
   * Reads a response. The bytes are copied.
   * @param bytes Response data, then SW1 and SW2; bytes or hexadecimal text.
   * @throws {ApduError} for fewer than 2 or more than 65 538 bytes.
   * @throws {ScardArgumentError} for anything that is no bytes.
   */
  static from(bytes: BytesInput, options?: ResponseApduOptions): ResponseApdu {
    const checked = checkOptions("options", options, ["secret"]);
    const secret = checkBoolean("secret", checked.secret ?? false);
    const copy = copyBytes("bytes", bytes);
    if (copy.length < 2 || copy.length > longestResponse) {
      const offset = Math.min(copy.length, longestResponse);
      const expected = `2 to ${String(longestResponse)} bytes, the last two SW1-SW2`;
      const found = `${String(copy.length)} bytes`;
      throw new ApduError("response APDU", { offset, field: "SW1-SW2", expected, found });
    }
    return new ResponseApdu(copy, secret);
  }

  /** SW1, the first status byte. */
  get sw1(): number {
    return this.sw >> 8;
  }

  /** SW2, the second status byte. */
  get sw2(): number {
    return this.sw & 0xff;
  }

  /** A copy of the response data; empty when there is none. */
  get data(): Uint8Array {
    return this.#bytes.slice(0, -2);
  }

  /**
   * Whether the card reports normal processing: 9000, or 61XX (more data waits for GET RESPONSE).
   * Warnings (62XX, 63XX) are not ok.
   */
  get ok(): boolean {
    return this.sw === 0x9000 || this.sw1 === 0x61;
  }

  /** The status word as a phrase; {@link ResponseApdu.status} has it in parts. */
  get meaning(): string {
    return describeStatusWord(this.sw).meaning;
  }

  /** The status word described: category, retries left, bytes available, clause. */
  get status(): StatusWord {
    return describeStatusWord(this.sw);
  }

  /** A copy of the whole response. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** The whole response as upper-case hexadecimal text, data of a secret one included. */
  toHex(): string {
    return toHex(this.#bytes);
  }

  /** One line for people and logs; the data of a secret response only by its length. */
  toString(): string {
    const length = this.#bytes.length - 2;
    const sw = `${hexWord(this.sw)} (${this.meaning})`;
    if (length === 0) {
      return sw;
    }
    const data = this.#secret ? `[${String(length)} secret bytes]` : toHex(this.data);
    return `${data} ${sw}`;
  }

  /** For `JSON.stringify`: the data as hexadecimal text, or null when secret. */
  toJSON(): { data: string | null; sw: string; ok: boolean; meaning: string } {
    const data = this.#secret ? null : toHex(this.data);
    return { data, sw: hexWord(this.sw), ok: this.ok, meaning: this.meaning };
  }

  /** For `console.log`. A registered symbol: nothing of Node needs importing for it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `ResponseApdu { ${this.toString()} }`;
  }
}

/**
 * A response of at least 2 bytes that nobody else holds, not copied. It may be longer than one APDU:
 * put together from several.
 */
export function adoptResponse(bytes: Uint8Array, secret: boolean): ResponseApdu {
  return adopt(bytes, secret);
}
