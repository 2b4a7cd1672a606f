// A card type as programs give it.
import { checkBoolean, checkOptions, checkString } from "../arguments.js";
import { type BytesInput, copyBytes } from "../bytes.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import type { PcscCode } from "../errors/codes.js";
import { type Guid, checkGuid } from "../guid.js";
import { type CallOptions, callOptionKeys } from "../limits.js";
import { longestAtr, parseAtr } from "../iso7816/atr.js";
import type { CardTypeRecord } from "./image.js";
import { checkName } from "./names.js";
import { primaryId, providerIdOf } from "./provider-kind.js";
import { bytes, wrongArgument } from "./wrong-argument.js";

/** What a setup program knows of a card type. */
export interface CardTypeOptions {
  /** What people see, and the key: unique, case apart. At most 255 characters, no backslash. */
  readonly name: string;
  /** ATR of such cards, 1 to 33 bytes. A type without one is never located. */
  readonly atr?: BytesInput | undefined;
  /** Which bits of the ATR count; as long as the ATR. Default: all. */
  readonly mask?: BytesInput | undefined;
  /** GUIDs of the interfaces that such cards support. Default: none. */
  readonly interfaces?: readonly string[] | undefined;
  /** GUID of the primary service provider. Default: none. */
  readonly primaryProvider?: string | undefined;
  /**
   * Names of other providers: `csp`, `ksp`, `card-module`, or a number of one's own such as
   * `0x80000010`. Default: none.
   */
  readonly providers?: Readonly<Record<string, string>> | undefined;
}

/** Options of `database.introduceCardType()`. */
export interface IntroduceCardTypeOptions extends CallOptions {
  /** Put it in the place of a type of the same name. Default: false, which rejects. */
  readonly replace?: boolean | undefined;
  /**
   * Refuse an ATR that sets bits which the mask leaves out (Windows accepts it, and no card ever
   * matches) and, without a mask, one that is no well-formed ATR. Default: false, which drops the
   * bits and says so with a process warning.
   */
  readonly strict?: boolean | undefined;
}

/** A card type of the database. Frozen. */
export interface CardType {
  readonly name: string;
  /** null where there is none, and on Windows, which does not tell. */
  readonly atr: Uint8Array | null;
  /** null: all bits; and on Windows, which does not tell. */
  readonly mask: Uint8Array | null;
  readonly interfaces: readonly Guid[];
  readonly primaryProvider: Guid | null;
  /** Names of the other providers that are set, by kind. */
  readonly providers: Readonly<Record<string, string>>;
}

const call = "SCardIntroduceCardType";

/** @throws {PcscError} SCARD_E_INVALID_VALUE, SCARD_E_INVALID_ATR, SCARD_E_INVALID_PARAMETER. */
export function checkCardType(value: unknown, strict: boolean): CardTypeRecord {
  const given = checkOptions("type", value, [
    "name",
    "atr",
    "mask",
    "interfaces",
    "primaryProvider",
    "providers",
  ]);
  const name = checkName("type.name", given.name, call);
  const providers = checkProviders(given.providers);
  if (given.primaryProvider !== undefined) {
    providers.set(primaryId, checkGuid("type.primaryProvider", given.primaryProvider));
  }
  return {
    name,
    ...checkPattern(name, given, strict),
    interfaces: checkInterfaces("type.interfaces", given.interfaces) ?? [],
    providers,
  };
}

export function checkIntroduceOptions(value: unknown): {
  readonly replace: boolean;
  readonly strict: boolean;
  readonly signal?: unknown;
  readonly timeoutMs?: unknown;
} {
  const given = checkOptions("options", value, ["replace", "strict", ...callOptionKeys]);
  return {
    ...given,
    replace: checkBoolean("replace", given.replace ?? false),
    strict: checkBoolean("strict", given.strict ?? false),
  };
}

/** GUIDs of interfaces, each once, or undefined. */
export function checkInterfaces(name: string, value: unknown): readonly Guid[] | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (!Array.isArray(value)) {
    throw new ScardArgumentError(name, value, "an array of GUIDs");
  }
  return [...new Set(value.map((guid: unknown) => checkGuid(name, guid)))];
}

/** The bytes of an ATR. @throws {PcscError} SCARD_E_INVALID_ATR for none or more than 33. */
export function checkAtrBytes(name: string, value: unknown, of: string): Uint8Array {
  const atr = copyBytes(name, value, 0);
  if (atr.length === 0 || atr.length > longestAtr) {
    const expected = `1 to ${String(longestAtr)} bytes`;
    throw wrongArgument("SCARD_E_INVALID_ATR", of, name, atr, expected);
  }
  return atr;
}

function checkPattern(
  name: string,
  given: { readonly atr?: unknown; readonly mask?: unknown },
  strict: boolean,
): Pick<CardTypeRecord, "atr" | "mask"> {
  const refuse = (code: PcscCode, argument: string, value: Uint8Array, expected: string): never => {
    throw wrongArgument(code, call, argument, value, expected);
  };
  const mask = given.mask === undefined ? undefined : copyBytes("type.mask", given.mask, 0);
  if (given.atr === undefined) {
    return mask === undefined
      ? { atr: undefined, mask }
      : refuse("SCARD_E_INVALID_PARAMETER", "type.mask", mask, "left out where there is no ATR");
  }
  const atr = checkAtrBytes("type.atr", given.atr, call);
  if (mask === undefined) {
    return strict && !isWellFormed(atr)
      ? refuse("SCARD_E_INVALID_ATR", "type.atr", atr, "an ATR of ISO/IEC 7816-3")
      : { atr, mask };
  }
  if (mask.length !== atr.length) {
    const expected = `as long as the ATR, ${bytes(atr.length)}`;
    return refuse("SCARD_E_INVALID_PARAMETER", "type.mask", mask, expected);
  }
  const masked = atr.map((byte, index) => byte & (mask[index] ?? 0));
  if (masked.some((byte, index) => byte !== atr[index])) {
    if (strict) {
      const expected = "without bits that the mask leaves out";
      return refuse("SCARD_E_INVALID_PARAMETER", "type.atr", atr, expected);
    }
    process.emitWarning(
      `The ATR of the card type ${JSON.stringify(name)} sets bits that its mask leaves out; they ` +
        "are dropped. On Windows such a type matches no card.",
      { code: "SCARD_ATR_OUTSIDE_MASK" },
    );
  }
  return { atr: masked, mask: mask.every((byte) => byte === 0xff) ? undefined : mask };
}

function isWellFormed(atr: Uint8Array): boolean {
  try {
    parseAtr(atr);
    return true;
  } catch {
    return false;
  }
}

function checkProviders(value: unknown): Map<number, string> {
  if (typeof value !== "object" && value !== undefined) {
    throw new ScardArgumentError("type.providers", value, "an object");
  }
  const providers = new Map<number, string>();
  for (const [key, text] of Object.entries((value ?? {}) as Record<string, unknown>)) {
    const id = providerIdOf(key);
    if (id === undefined || id === primaryId) {
      const expected = 'keys "csp", "ksp", "card-module", or "0x80000000" to "0xFFFFFFFF"';
      throw new ScardArgumentError("type.providers", key, expected);
    }
    providers.set(id, checkProviderName(`type.providers.${key}`, text, call));
  }
  return providers;
}

/** The name of a provider. @throws {PcscError} SCARD_E_INVALID_VALUE when empty or with NUL. */
export function checkProviderName(name: string, value: unknown, of: string): string {
  const text = checkString(name, value);
  if (text === "" || text.includes("\0") || /\p{Cs}/u.test(text)) {
    const expected = "a text that is not empty, without NUL and halves of surrogate pairs";
    throw wrongArgument("SCARD_E_INVALID_VALUE", of, name, text, expected);
  }
  return text;
}
