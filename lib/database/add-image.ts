import { PcscError } from "../errors/pcsc-error.js";
import { introduceCardType } from "./card-type-changes.js";
import { type DatabaseImage, mergeImages } from "./image.js";
import type { Change } from "./repository.js";

/**
 * Adds all of an image to a database, or nothing when one of its parts is refused.
 *
 * @param attached The resource manager's names of the attached readers, which no other reader takes.
 */
export function addImage(
  change: Change,
  image: DatabaseImage,
  replace: boolean,
  attached: readonly string[],
): void {
  const { own, merged } = change;
  for (const type of image.cardTypes.values()) {
    introduceCardType(change, type, replace);
  }
  for (const [key, alias] of image.aliases) {
    const { name, device } = alias;
    const ofAnother = attached.includes(name) && name !== device && !merged.hidden.has(name);
    if (ofAnother || (merged.aliases.has(key) && !replace)) {
      throw PcscError.of("SCARD_E_DUPLICATE_READER", "SCardIntroduceReader", name);
    }
    own.aliases.set(key, alias);
  }
  const { groups, hidden, reserved } = mergeImages(image, own);
  own.groups = new Map(groups);
  own.hidden = new Set(hidden);
  own.reserved = new Map(reserved);
}
