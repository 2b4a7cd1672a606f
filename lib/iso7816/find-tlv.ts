import { ScardArgumentError } from "../errors/argument-error.js";
import { checkTag } from "./ber-tlv-encode.js";
import type { TlvElement } from "./ber-tlv.js";

/** One tag, or tags from the outermost to the one wanted: `[0x6F, 0xA5, 0xBF0C]`. */
export type TagPath = number | readonly number[];

/**
 * The first data object at a path of tags, or undefined. Every step looks only at direct children;
 * where a tag on the way occurs several times, each is followed in turn.
 * @throws {ScardArgumentError} for an empty path or a number that is no tag.
 */
export function findTlv(elements: readonly TlvElement[], path: TagPath): TlvElement | undefined {
  return collect(elements, checkPath(path), 0, 1)[0];
}

/** All data objects at a path of tags, in their order in the bytes. @see {@link findTlv} */
export function findAllTlv(elements: readonly TlvElement[], path: TagPath): TlvElement[] {
  return collect(elements, checkPath(path), 0, Infinity);
}

function checkPath(path: unknown): number[] {
  const tags: readonly unknown[] = Array.isArray(path) ? path : [path];
  if (tags.length === 0) {
    throw new ScardArgumentError("path", path, "a tag, or an array of at least one");
  }
  return tags.map((tag) => checkTag("path", tag));
}

function collect(
  elements: readonly TlvElement[],
  path: readonly number[],
  step: number,
  most: number,
): TlvElement[] {
  const found: TlvElement[] = [];
  for (const element of elements) {
    if (found.length >= most) {
      break;
    }
    if (element.tag !== path[step]) {
      continue;
    }
    if (step === path.length - 1) {
      found.push(element);
    } else {
      for (const inner of collect(element.children, path, step + 1, most - found.length)) {
        found.push(inner);
      }
    }
  }
  return found;
}
