export type { LcdLayout, PinValidation } from "./display.js";
export { featureRequestFunction, parseFeatureList } from "./feature-list.js";
export type { FeatureName, ReaderFeatures, UnknownFeature } from "./feature-list.js";
export { buildPinModifyBlock, buildPinVerifyBlock } from "./pin-block.js";
export type {
  PinEntryOptions,
  PinLengthField,
  PinModifyOptions,
  PinVerifyOptions,
} from "./pin-options.js";
export { parsePinProperties } from "./pin-properties.js";
export type { PinProperties } from "./pin-properties.js";
export { parsePinResult } from "./pin-result.js";
export type { PinOutcome, PinResult } from "./pin-result.js";
export { parseTlvProperties } from "./tlv-properties.js";
export type { PpduSupport, TlvProperties, UnknownProperty } from "./tlv-properties.js";
