// Names in the database: what they may look like and when two are the same.
import { checkString } from "../arguments.js";
import { wrongArgument } from "./wrong-argument.js";

/** Longest name of a card type, group or introduced reader, in UTF-16 units. */
export const longestName = 255;

/** Groups that PC/SC itself defines. */
export const allReaders = "SCard$AllReaders";
export const defaultReaders = "SCard$DefaultReaders";
const legacyGroups = ["SCard$LocalReaders", "SCard$SystemReaders"];

/** Printable ASCII, which is composed already. */
function isPlain(name: string): boolean {
  return /^[\x20-\x7e]*$/.test(name);
}

/** What two names share that are the same: composed letters (NFC), case apart. */
export function nameKey(name: string): string {
  return isPlain(name) ? name.toLowerCase() : name.normalize("NFC").toLowerCase().normalize("NFC");
}

const allReadersKey = nameKey(allReaders);
export const defaultReadersKey = nameKey(defaultReaders);
const reservedKeys = new Set([allReadersKey, defaultReadersKey, ...legacyGroups.map(nameKey)]);

export function isAllReaders(group: string): boolean {
  return nameKey(group) === allReadersKey;
}

/** Whether PC/SC itself defines the group. */
export function isReservedGroup(group: string): boolean {
  return reservedKeys.has(nameKey(group));
}

/** Whether a name may stand in the database. */
export function isName(name: string): boolean {
  return name !== "" && name.length <= longestName && !/[\p{Cc}\p{Cs}\\]/u.test(name);
}

/**
 * A name for the database, its letters composed (NFC).
 *
 * @throws {ScardArgumentError} when it is no string.
 * @throws {PcscError} `SCARD_E_INVALID_VALUE` when it is empty, longer than {@link longestName}, or
 *   has a control character, a backslash or half a surrogate pair.
 */
export function checkName(argument: string, value: unknown, call: string): string {
  const name = checkString(argument, value).normalize("NFC");
  if (!isName(name)) {
    const expected = `1 to ${String(longestName)} characters without control characters, backslashes and halves of surrogate pairs`;
    throw wrongArgument("SCARD_E_INVALID_VALUE", call, argument, name, expected);
  }
  return name;
}
