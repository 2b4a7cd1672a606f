import { checkBytes } from "../arguments.js";
import { MalformedDataError } from "../errors/malformed-data-error.js";

/** Function number of CM_IOCTL_GET_FEATURE_REQUEST, for `controlCode()`. */
export const featureRequestFunction = 3400;

/** Names of the features of PC/SC part 10, by their tag. */
const featureNames = {
  0x01: "verifyPinStart",
  0x02: "verifyPinFinish",
  0x03: "modifyPinStart",
  0x04: "modifyPinFinish",
  0x05: "getKeyPressed",
  0x06: "verifyPinDirect",
  0x07: "modifyPinDirect",
  0x08: "mctReaderDirect",
  0x09: "mctUniversal",
  0x0a: "ifdPinProperties",
  0x0b: "abort",
  0x0c: "setSpeMessage",
  0x0d: "verifyPinDirectAppId",
  0x0e: "modifyPinDirectAppId",
  0x0f: "writeDisplay",
  0x10: "getKey",
  0x11: "ifdDisplayProperties",
  0x12: "tlvProperties",
  0x13: "ccidEscape",
  0x20: "executePace",
} as const;

/** Name of a feature a reader can have (PC/SC part 10, FEATURE_… in the C headers). */
export type FeatureName = (typeof featureNames)[keyof typeof featureNames];

/** A feature whose tag this package has no name for. */
export interface UnknownFeature {
  readonly tag: number;
  readonly controlCode: number;
}

/**
 * What a reader can do beyond exchanging APDUs: by name the control code to pass to
 * `card.control()`, absent when the reader lacks the feature.
 */
export type ReaderFeatures = { readonly [Name in FeatureName]?: number } & {
  /** Features without a name here, such as a vendor's own. */
  readonly unknown: readonly UnknownFeature[];
};

const subject = "feature list";

/**
 * Reads the answer to CM_IOCTL_GET_FEATURE_REQUEST: entries of a tag, the length 4, and a control
 * code in big-endian order (PC/SC part 10, 2.2). A tag given twice keeps its first control code.
 *
 * @throws {MalformedDataError} when an entry is cut short or has another length.
 */
export function parseFeatureList(bytes: Uint8Array): ReaderFeatures {
  const list = checkBytes("bytes", bytes);
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  const named: { [Name in FeatureName]?: number } = {};
  const unknown: UnknownFeature[] = [];
  for (let offset = 0; offset < list.length; offset += 6) {
    if (offset + 6 > list.length) {
      throw new MalformedDataError(subject, list, offset, "the last entry has less than 6 bytes");
    }
    if (view.getUint8(offset + 1) !== 4) {
      throw new MalformedDataError(subject, list, offset + 1, "an entry's length is not 4");
    }
    const tag = view.getUint8(offset);
    const controlCode = view.getUint32(offset + 2);
    const name = featureName(tag);
    if (name === undefined) {
      unknown.push(Object.freeze({ tag, controlCode }));
    } else {
      named[name] ??= controlCode;
    }
  }
  return Object.freeze({ ...named, unknown: Object.freeze(unknown) });
}

function featureName(tag: number): FeatureName | undefined {
  return (featureNames as Readonly<Record<number, FeatureName | undefined>>)[tag];
}
