// What every builder of a command has in common.
import { checkInteger, checkOptions } from "../../arguments.js";
import { type BytesInput } from "../../bytes.js";
import { CommandApdu, type LengthForm } from "../command-apdu.js";
import { checkChannel, checkClassId, classByte } from "./class-byte.js";

/** Options that every command has. */
export interface CommandTraits {
  /** Class id (CLA). Default: 0x00, interindustry, in the clear. */
  readonly classId?: number | undefined;
  /** Logical channel, 0 to 19, written into the class byte. Default: what the class id says. */
  readonly channel?: number | undefined;
  /** How the length fields are written; see `CommandApduFields.form`. Default: `"auto"`. */
  readonly form?: LengthForm | undefined;
  /**
   * Keep the command's data, and the response, out of texts. Default: true for commands that carry
   * a PIN, which false cannot change.
   */
  readonly secret?: boolean | undefined;
}

/** Names of {@link CommandTraits}. */
export const traitKeys = ["classId", "channel", "form", "secret"] as const;

/** Options as {@link checkOptions} gives them. */
export type Unchecked<Key extends string> = {
  readonly [K in Key | (typeof traitKeys)[number]]?: unknown;
};

/** The options of one command: its own names and {@link CommandTraits}. */
export function checkCommandOptions<Key extends string>(
  options: unknown,
  keys: readonly Key[],
): Unchecked<Key> {
  return checkOptions<Key | (typeof traitKeys)[number]>("options", options, [
    ...keys,
    ...traitKeys,
  ]);
}

/** The part of a command that its builder decides. */
export interface CommandParts {
  readonly ins: number;
  readonly p1?: number;
  readonly p2?: number;
  readonly data?: BytesInput;
  /** Undefined: no Le field. {@link everything}: as much as the form can ask for. */
  readonly le?: number | undefined;
  readonly secret?: boolean;
}

/** The Le that asks for all there is: 256 bytes, or 65 536 in the extended form. */
export const everything = 0;

/** Puts class byte, length form and the command's own parts together. */
export function buildCommand(traits: Unchecked<never>, parts: CommandParts): CommandApdu {
  const { classId, channel, form, secret } = traits;
  const cla = classByte(
    checkClassId(classId ?? 0x00),
    channel === undefined ? undefined : checkChannel("channel", channel),
  );
  const asked = secret ?? parts.secret;
  return new CommandApdu({
    cla,
    ins: parts.ins,
    p1: parts.p1 ?? 0,
    p2: parts.p2 ?? 0,
    ...(parts.data === undefined ? {} : { data: parts.data }),
    le: parts.le,
    ...(form === undefined ? {} : { form: form as LengthForm }),
    ...(asked === undefined ? {} : { secret: asked as boolean }),
  });
}

/** The bytes wanted at most: 1 to 65 536. Default: as many as the form can ask for. */
export function checkLength(value: unknown): number {
  return value === undefined ? everything : checkInteger("length", value, 1, 65_536);
}

/** As {@link checkLength} of the value in a data object of one tag byte, whose header comes too. */
export function checkWrappedLength(value: unknown): number {
  const length = checkLength(value);
  if (length === everything) {
    return everything;
  }
  const header = length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x10000 ? 4 : 5;
  return Math.min(length + header, 65_536);
}

/** P1-P2 from a 16-bit number. */
export function parameters(word: number): { readonly p1: number; readonly p2: number } {
  return { p1: word >> 8, p2: word & 0xff };
}
