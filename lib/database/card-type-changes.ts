// winscard's calls about card types, on images.
import { PcscError } from "../errors/pcsc-error.js";
import { ScardError } from "../errors/scard-error.js";
import type { CardTypeRecord, DatabaseImage } from "./image.js";
import { nameKey } from "./names.js";
import type { Change } from "./repository.js";

export function introduceCardType(
  { own, merged }: Change,
  type: CardTypeRecord,
  replace: boolean,
): void {
  const key = nameKey(type.name);
  if (merged.cardTypes.has(key) && !replace) {
    throw cardTypeExists(type.name);
  }
  own.cardTypes.set(key, type);
}

export function cardTypeExists(name: string): ScardError {
  return new ScardError(
    "ERR_SCARD_CARD_TYPE_EXISTS",
    `There is a card type ${JSON.stringify(name)} already. Forget it first, or introduce it in its ` +
      "place (replace: true; the command: --replace).",
  );
}

export function unknownCardType(name: string, call: string): PcscError {
  const found = `There is no card type ${JSON.stringify(name)}. List the card types for the names there are.`;
  return PcscError.found("SCARD_E_UNKNOWN_CARD", call, found);
}

export function forgetCardType({ own, merged }: Change, name: string): void {
  const key = nameKey(name);
  if (!own.cardTypes.delete(key)) {
    const call = "SCardForgetCardType";
    throw merged.cardTypes.has(key)
      ? PcscError.of("SCARD_E_NO_ACCESS", call)
      : unknownCardType(name, call);
  }
}

export function setProviderName(
  { own, merged }: Change,
  name: string,
  id: number,
  value: string,
): void {
  const type = cardTypeOf(merged, name, "SCardSetCardTypeProviderName");
  const providers = new Map(type.providers).set(id, value);
  own.cardTypes.set(nameKey(name), { ...type, providers });
}

/** @throws {PcscError} SCARD_E_UNKNOWN_CARD. */
export function cardTypeOf(image: DatabaseImage, name: string, call: string): CardTypeRecord {
  const type = image.cardTypes.get(nameKey(name));
  if (type === undefined) {
    throw unknownCardType(name, call);
  }
  return type;
}
