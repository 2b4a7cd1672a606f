// GUIDs name interfaces, service providers and cards. One form: upper case, in braces.
import { ScardArgumentError } from "./errors/argument-error.js";

declare const guid: unique symbol;

/** A GUID as `{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}`, upper case: equal ones are `===`. */
export type Guid = string & { readonly [guid]: true };

const pattern = /^(\{?)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(\}?)$/i;

/**
 * A GUID from text, with or without braces, in either case.
 * @throws {ScardArgumentError} for anything else.
 */
export function parseGuid(text: string): Guid {
  return checkGuid("text", text);
}

/** A new random GUID, to name an interface or a provider of one's own with. */
export function newGuid(): Guid {
  return checkGuid("uuid", crypto.randomUUID());
}

/** An argument that is a GUID. */
export function checkGuid(name: string, value: unknown): Guid {
  const found = typeof value === "string" ? pattern.exec(value) : null;
  if (found === null || (found[1] === "") !== (found[2] === "")) {
    const expected = "a GUID such as {01234567-89AB-CDEF-0123-456789ABCDEF}, braces optional";
    throw new ScardArgumentError(name, value, expected);
  }
  const text = found[0].toUpperCase();
  return (found[1] === "" ? `{${text}}` : text) as Guid;
}
