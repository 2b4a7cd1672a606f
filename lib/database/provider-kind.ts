import { ScardArgumentError } from "../errors/argument-error.js";

/**
 * Which provider name of a card type: `"primary"` the primary service provider's GUID as text,
 * `"csp"` its cryptographic service provider, `"ksp"` its key storage provider, `"card-module"` its
 * minidriver (here: the module of a service provider); a number from 0x80000000 on is a slot of the
 * program's own. SCARD_PROVIDER_PRIMARY, _CSP, _KSP, _CARD_MODULE (1, 2, 3, 0x80000001).
 */
export type ProviderKind = "primary" | "csp" | "ksp" | "card-module" | number;

export const primaryId = 1;
const ids: ReadonlyMap<unknown, number> = new Map([
  ["primary", primaryId],
  ["csp", 2],
  ["ksp", 3],
  ["card-module", 0x80000001],
]);
const words = new Map([...ids].map(([word, id]) => [id, word as string]));

/** dwProviderId. */
export function checkProviderKind(name: string, value: unknown): number {
  const id = ids.get(value);
  if (id !== undefined) {
    return id;
  }
  if (!isPrivateId(value)) {
    throw new ScardArgumentError(
      name,
      value,
      `one of "primary", "csp", "ksp", "card-module", or an integer from 0x80000000 to 0xFFFFFFFF`,
    );
  }
  return value;
}

function isPrivateId(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0x80000000 && Number(value) <= 0xffffffff;
}

/** A provider id as a key of JSON: a word, or the number in hexadecimal. */
export function providerKey(id: number): string {
  return words.get(id) ?? `0x${id.toString(16).toUpperCase().padStart(8, "0")}`;
}

/** The id behind a key of JSON; undefined for what is none. */
export function providerIdOf(key: string): number | undefined {
  const id = ids.get(key) ?? (/^0x[0-9a-f]{8}$/i.test(key) ? Number(key) : undefined);
  return id !== undefined && (ids.has(key) || isPrivateId(id)) ? id : undefined;
}
