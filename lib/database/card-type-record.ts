// A card type as programs see it, from a store that tells all of it or only what winscard tells.
import type { CallTraits } from "../context-calls.js";
import { PcscError } from "../errors/pcsc-error.js";
import { parseGuid } from "../guid.js";
import type { CardType } from "./card-type.js";
import { checkProviderKind, primaryId, providerKey } from "./provider-kind.js";
import type { CardTypeRecord } from "./image.js";
import { nameKey } from "./names.js";
import type { DatabaseStore } from "./store.js";

/** @throws {PcscError} SCARD_E_UNKNOWN_CARD. */
export async function cardTypeRecord(
  store: DatabaseStore,
  name: string,
  traits: CallTraits,
): Promise<CardType> {
  const record = await store.record(name, traits);
  return publicCardType(record ?? (await piecedTogether(store, name, traits)));
}

function publicCardType({ name, atr, mask, interfaces, providers }: CardTypeRecord): CardType {
  const primary = providers.get(primaryId);
  const others = [...providers].filter(([id]) => id !== primaryId);
  return Object.freeze({
    name,
    atr: atr === undefined ? null : atr.slice(),
    mask: mask === undefined ? null : mask.slice(),
    interfaces: Object.freeze([...interfaces]),
    primaryProvider: primary === undefined ? null : parseGuid(primary),
    providers: Object.freeze(
      Object.fromEntries(others.map(([id, value]) => [providerKey(id), value])),
    ),
  });
}

/** From one question after another; the name as it was introduced is in the list. */
export async function piecedTogether(
  store: DatabaseStore,
  name: string,
  traits: CallTraits,
): Promise<CardTypeRecord> {
  const interfaces = await store.listInterfaces(name, traits);
  const names = await store.listCardTypes({}, traits);
  const providers = new Map<number, string>();
  for (const kind of ["primary", "csp", "ksp", "card-module"]) {
    const id = checkProviderKind("kind", kind);
    const value = await ifSet(store.providerName(name, id, traits));
    if (value !== undefined) {
      providers.set(id, value);
    }
  }
  return {
    name: names.find((other) => nameKey(other) === nameKey(name)) ?? name,
    atr: undefined,
    mask: undefined,
    interfaces,
    providers,
  };
}

async function ifSet(asked: Promise<string>): Promise<string | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof PcscError && error.value === 2) {
      return undefined;
    }
    throw error;
  }
}
