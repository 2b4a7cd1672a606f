// Reader attributes by name: what `card.getAttribute` and `card.setAttribute` speak.
import { checkBoolean, checkInteger } from "./arguments.js";
import { encodeNumber } from "./attributes/codec.js";
import { attributeTable } from "./attributes/table.js";
import type {
  AttributeName,
  AttributeValues,
  SettableAttributeName,
  SettableAttributeValues,
} from "./attributes/values.js";
import { ScardArgumentError } from "./errors/argument-error.js";
import { nearestName } from "./nearest-name.js";

export type {
  AttributeProtocol,
  ChannelId,
  ChannelType,
  Characteristics,
  IccPresence,
  IccType,
} from "./attributes/codec.js";
export type {
  AttributeName,
  AttributeValues,
  SettableAttributeName,
  SettableAttributeValues,
} from "./attributes/values.js";

/** Every attribute's name. */
export const attributeNames: readonly AttributeName[] = Object.freeze(
  Object.keys(attributeTable) as AttributeName[],
);

/** Whether `name` is the name of a known attribute. */
export function isAttributeName(name: unknown): name is AttributeName {
  return typeof name === "string" && Object.hasOwn(attributeTable, name);
}

/**
 * Number of an attribute (dwAttrId) on this platform.
 *
 * @param attribute Name, or a number from 0 to 0xFFFFFFFF, which is returned as it is.
 * @throws {ScardArgumentError} for an unknown name, with the nearest known one.
 */
export function attributeId(attribute: AttributeName | number): number {
  if (typeof attribute === "number") {
    return checkInteger("attribute", attribute, 0, 0xffffffff);
  }
  if (isAttributeName(attribute)) {
    return attributeTable[attribute].id;
  }
  const nearest =
    typeof attribute === "string" ? nearestName(attribute, attributeNames) : undefined;
  const meant = nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
  throw new ScardArgumentError(
    "attribute",
    attribute,
    `the name of a known attribute${meant} or an integer from 0 to 4294967295`,
  );
}

/**
 * Value of an attribute from the bytes that SCardGetAttrib gave. Numbers may have 1, 2, 4 or 8
 * bytes, in the machine's byte order; text loses its ending NULs.
 *
 * @throws {MalformedDataError} when the bytes cannot be such a value.
 */
export function decodeAttribute<Name extends AttributeName>(
  name: Name,
  bytes: Uint8Array,
): AttributeValues[Name] {
  return attributeTable[name].decode(bytes, name);
}

/** How each attribute that can be set is checked and made a DWORD. */
const encoders: Readonly<Record<SettableAttributeName, (name: string, value: unknown) => number>> =
  {
    currentClock: checkDword,
    currentF: checkDword,
    currentD: checkDword,
    currentN: checkDword,
    currentW: checkDword,
    currentIfsc: checkDword,
    currentIfsd: checkDword,
    currentBwt: checkDword,
    currentCwt: checkDword,
    suppressT1IfsRequest: (name, value) => (checkBoolean(name, value) ? 1 : 0),
  };

function checkDword(name: string, value: unknown): number {
  return checkInteger(name, value, 0, 0xffffffff);
}

/** Whether `name` is the name of an attribute that can be set. */
export function isSettableAttributeName(name: unknown): name is SettableAttributeName {
  return typeof name === "string" && Object.hasOwn(encoders, name);
}

/**
 * Bytes for SCardSetAttrib: a DWORD in the machine's byte order.
 *
 * @throws {ScardArgumentError} for an attribute that cannot be set by name, or a wrong value.
 */
export function encodeAttribute<Name extends SettableAttributeName>(
  name: Name,
  value: SettableAttributeValues[Name],
): Uint8Array {
  if (!isSettableAttributeName(name)) {
    const names = Object.keys(encoders).join(", ");
    throw new ScardArgumentError("attribute", name, `an attribute that can be set: ${names}`);
  }
  return encodeNumber(encoders[name](name, value));
}
