// The native objects behind virtual cards, for VirtualReader.insert() alone.
import { ScardArgumentError } from "../errors/argument-error.js";
import type { NativeCard } from "./native.js";

const handles = new WeakMap<object, NativeCard>();

/** Remembers the native object of a card. */
export function setCardHandle(card: object, native: NativeCard): void {
  handles.set(card, native);
}

/** The native object of a card that is to be inserted. */
export function checkCard(value: unknown): NativeCard {
  const native = typeof value === "object" && value !== null ? handles.get(value) : undefined;
  if (native === undefined) {
    throw new ScardArgumentError("card", value, "a virtual card, such as a VirtualCard");
  }
  return native;
}
