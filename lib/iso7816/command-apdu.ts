import { checkBoolean, checkInteger, checkOneOf, checkOptions } from "../arguments.js";
import { type BytesInput, copyBytes, hexByte, toHex } from "../bytes.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { encodeCommand, parseCommandBody } from "./command-encoding.js";

/** How the length fields are written; see {@link CommandApduFields.form}. */
export type LengthForm = "auto" | "short" | "extended";

/** The fields of a {@link CommandApdu}. */
export interface CommandApduFields {
  /** Class byte, 0 to 255. FF, the class of PC/SC's own commands to readers, is allowed. */
  readonly cla: number;
  /** Instruction byte, 0 to 255. */
  readonly ins: number;
  /** First parameter byte, 0 to 255. */
  readonly p1: number;
  /** Second parameter byte, 0 to 255. */
  readonly p2: number;
  /** Command data, at most 65 535 bytes (255 in the short form). Copied. Default: none. */
  readonly data?: BytesInput;
  /**
   * The most response data wanted, 1 to 65 536 bytes (256 in the short form). 0, the byte that
   * stands for it, means the most the form can ask for: 256, or 65 536 when extended. Default: no
   * Le field, so the card returns no data.
   */
  readonly le?: number | undefined;
  /**
   * `"auto"` (default) uses extended length fields only where short ones do not suffice. `"short"`
   * refuses what does not fit. `"extended"` uses extended fields always; the card must support
   * them (third byte of its card capabilities). Without data and Le the forms are the same.
   */
  readonly form?: LengthForm;
  /**
   * Keep the data out of `toString`, `JSON.stringify` and `console.log`. Default: true for
   * commands that carry a PIN or key (see {@link CommandApdu.secret}), which false cannot change.
   */
  readonly secret?: boolean;
}

const fieldNames = ["cla", "ins", "p1", "p2", "data", "le", "form", "secret"] as const;

/**
 * VERIFY, MANAGE/CHANGE REFERENCE DATA, ENABLE and DISABLE VERIFICATION REQUIREMENT, RESET RETRY
 * COUNTER, with their odd (BER-TLV) variants: ISO/IEC 7816-4, 7.5, "security handling".
 */
const secretInstructions: ReadonlySet<number> = new Set([
  0x20, 0x21, 0x24, 0x25, 0x26, 0x28, 0x2c, 0x2d,
]);

/** LOAD KEYS of PC/SC part 3, CLA FF. */
const loadKeys = 0x82;

/** A command APDU of ISO/IEC 7816-4, cases 1 to 4, short or extended. Immutable. */
export class CommandApdu {
  /** Class byte. */
  readonly cla: number;
  /** Instruction byte. */
  readonly ins: number;
  /** First parameter byte. */
  readonly p1: number;
  /** Second parameter byte. */
  readonly p2: number;
  /** Ne: the most response data wanted, 1 to 65 536 bytes; undefined without an Le field. */
  readonly le: number | undefined;
  /** Whether the length fields are extended. */
  readonly extended: boolean;
  /**
   * Whether the data is kept out of texts: asked for, or the command is VERIFY, CHANGE REFERENCE
   * DATA, ENABLE or DISABLE VERIFICATION REQUIREMENT, RESET RETRY COUNTER, or PC/SC's LOAD KEYS.
   */
  readonly secret: boolean;
  readonly #data: Uint8Array;

  /**
   * @throws {ScardArgumentError} for a field out of range, an unknown field, or data or `le` that
   * the short form cannot hold. The message never shows data.
   */
  constructor(fields: CommandApduFields) {
    const given = checkOptions("command", fields, fieldNames);
    this.cla = checkInteger("cla", given.cla, 0, 0xff);
    this.ins = checkInteger("ins", given.ins, 0, 0xff);
    this.p1 = checkInteger("p1", given.p1, 0, 0xff);
    this.p2 = checkInteger("p2", given.p2, 0, 0xff);
    this.#data = copyBytes("data", given.data ?? new Uint8Array(0), 0, 0xffff);
    const form = checkOneOf("form", given.form ?? "auto", ["auto", "short", "extended"]);
    const le = given.le === undefined ? undefined : checkInteger("le", given.le, 0, 65_536);
    this.extended = decideForm(form, this.#data, le);
    this.le = le === 0 ? (this.extended ? 65_536 : 256) : le;
    const asked = given.secret === undefined ? false : checkBoolean("secret", given.secret);
    this.secret = asked || carriesSecret(this.cla, this.ins);
    Object.freeze(this);
  }

  /**
   * Reads a command in any of the seven encodings of ISO/IEC 7816-3, 12.1. The bytes are copied;
   * {@link CommandApdu.toBytes} gives the same ones back.
   * @param bytes Header, then length fields and data; bytes or hexadecimal text.
   * @throws {ApduError} for anything else, with the offset and the field.
   * @throws {ScardArgumentError} for what is no bytes.
   */
  static from(bytes: BytesInput, options?: { readonly secret?: boolean }): CommandApdu {
    const { secret } = checkOptions("options", options, ["secret"]);
    const copy = copyBytes("bytes", bytes);
    const body = parseCommandBody(copy);
    const [cla = 0, ins = 0, p1 = 0, p2 = 0] = copy;
    return new CommandApdu({
      cla,
      ins,
      p1,
      p2,
      data: copy.subarray(body.dataStart, body.dataEnd),
      le: body.le,
      form: body.extended ? "extended" : "short",
      ...(secret === undefined ? {} : { secret: checkBoolean("secret", secret) }),
    });
  }

  /** A copy of the command data; empty when there is none. */
  get data(): Uint8Array {
    return this.#data.slice();
  }

  /** The case of ISO/IEC 7816-3: 1 neither data nor Le, 2 Le, 3 data, 4 both. */
  get case(): 1 | 2 | 3 | 4 {
    if (this.#data.length === 0) {
      return this.le === undefined ? 1 : 2;
    }
    return this.le === undefined ? 3 : 4;
  }

  /** The bytes to transmit; a new array each time. */
  toBytes(): Uint8Array {
    const header = [this.cla, this.ins, this.p1, this.p2] as const;
    return encodeCommand(header, this.#data, this.le, this.extended);
  }

  /** The bytes to transmit as upper-case hexadecimal text, data of a secret command included. */
  toHex(): string {
    return toHex(this.toBytes());
  }

  /** One line for people and logs; the data of a secret command only by its length. */
  toString(): string {
    const header = [this.cla, this.ins, this.p1, this.p2].map(hexByte).join(" ");
    const length = this.#data.length;
    const shown = this.secret ? `[${String(length)} secret bytes]` : toHex(this.#data, " ");
    const data = length === 0 ? "" : ` data ${shown}`;
    const le = this.le === undefined ? "" : ` Le ${String(this.le)}`;
    return header + data + le + (this.extended ? " (extended)" : "");
  }

  /** For `JSON.stringify`: the fields, with the data as hexadecimal text, or null when secret. */
  toJSON(): {
    cla: number;
    ins: number;
    p1: number;
    p2: number;
    data: string | null;
    le: number | null;
    extended: boolean;
  } {
    const { cla, ins, p1, p2, extended } = this;
    const data = this.secret && this.#data.length > 0 ? null : toHex(this.#data);
    return { cla, ins, p1, p2, data, le: this.le ?? null, extended };
  }

  /** For `console.log`. A registered symbol: nothing of Node needs importing for it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `CommandApdu { ${this.toString()} }`;
  }
}

/** Whether to use extended length fields. @throws {ScardArgumentError} where short ones must do. */
function decideForm(form: LengthForm, data: Uint8Array, le: number | undefined): boolean {
  if (form === "short") {
    if (data.length > 0xff) {
      throw new ScardArgumentError("data", data, "at most 255 bytes in the short form");
    }
    if (le !== undefined && le > 256) {
      throw new ScardArgumentError("le", le, "at most 256 in the short form");
    }
    return false;
  }
  if (form === "extended") {
    return data.length > 0 || le !== undefined;
  }
  return data.length > 0xff || (le !== undefined && le > 256);
}

/** Whether a command of this class and instruction carries a PIN or key. */
export function carriesSecret(cla: number, ins: number): boolean {
  return secretInstructions.has(ins) || (cla === 0xff && ins === loadKeys);
}
