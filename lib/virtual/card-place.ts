// Where each virtual card is: it can be in one place only.
import type { IsoCard } from "./iso-card.js";
import type { VirtualCard } from "./virtual-card.js";

/** A card for a virtual reader, or for a reader of vpcd's. */
export type InsertableCard = VirtualCard | IsoCard;

/** A reader, or a bridge to one. */
export interface CardPlace {
  /** The card that is there now. */
  readonly card: InsertableCard | undefined;
}

const placeOf = new WeakMap<object, CardPlace>();

/** Whether `card` is in another place than `place`. */
export function isElsewhere(card: InsertableCard, place: CardPlace | undefined): boolean {
  const current = placeOf.get(card);
  return current !== undefined && current !== place && current.card === card;
}

/** Notes where a card was put. */
export function setPlace(card: InsertableCard, place: CardPlace): void {
  placeOf.set(card, place);
}
