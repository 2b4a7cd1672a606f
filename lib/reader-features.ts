// PC/SC part 10 on a connection: which features the reader has, and the calls that need one.
import type { CardAccess } from "./exchange-calls.js";
import type { PcscCode, UnknownPcscCode } from "./errors/codes.js";
import { PcscError } from "./errors/pcsc-error.js";
import { UnsupportedFeatureError } from "./errors/unsupported-feature-error.js";
import {
  type FeatureName,
  type ReaderFeatures,
  featureRequestFunction,
  parseFeatureList,
} from "./features/feature-list.js";
import { buildPinModifyBlock, buildPinVerifyBlock } from "./features/pin-block.js";
import type { PinModifyOptions, PinVerifyOptions } from "./features/pin-options.js";
import { type PinResult, parsePinResult } from "./features/pin-result.js";
import { type TlvProperties, parseTlvProperties } from "./features/tlv-properties.js";
import type { Limits } from "./limits.js";

const nothing = new Uint8Array(0);

/** SCardControl. */
export async function control(
  { connection, enter, group }: CardAccess,
  code: number,
  input: Uint8Array,
  limits: Limits | undefined,
): Promise<Uint8Array> {
  const lane = enter();
  return connection.run({
    call: "SCardControl",
    begin: (native) => native.control(lane, code, input),
    finish: (answer: Uint8Array) => answer,
    limits,
    group,
  });
}

/** How drivers and resource managers say that they do not know a control code. */
const unknownRequest: ReadonlySet<PcscCode | UnknownPcscCode> = new Set<PcscCode>([
  "SCARD_E_UNSUPPORTED_FEATURE",
  "ERROR_INVALID_FUNCTION",
  "ERROR_NOT_SUPPORTED",
]);

export async function features(
  access: CardAccess,
  limits: Limits | undefined,
): Promise<ReaderFeatures> {
  const { connection } = access;
  if (connection.features !== undefined) {
    // The lane does not matter: nothing is sent. What the check refuses is refused cached or not.
    access.enter();
    return connection.features;
  }
  const list = await requestFeatures(access, limits);
  connection.features = parseFeatureList(list);
  return connection.features;
}

async function requestFeatures(
  access: CardAccess,
  limits: Limits | undefined,
): Promise<Uint8Array> {
  const code = access.connection.dispatcher.controlCode(featureRequestFunction);
  try {
    return await control(access, code, nothing, limits);
  } catch (error) {
    if (error instanceof PcscError && unknownRequest.has(error.code)) {
      return nothing;
    }
    throw error;
  }
}

export async function tlvProperties(
  access: CardAccess,
  limits: Limits | undefined,
): Promise<TlvProperties> {
  return parseTlvProperties(await useFeature(access, "tlvProperties", nothing, limits));
}

export async function verifyPin(
  access: CardAccess,
  options: PinVerifyOptions,
  limits: Limits | undefined,
): Promise<PinResult> {
  const block = buildPinVerifyBlock(options);
  return parsePinResult(await useFeature(access, "verifyPinDirect", block, limits));
}

export async function modifyPin(
  access: CardAccess,
  options: PinModifyOptions,
  limits: Limits | undefined,
): Promise<PinResult> {
  const block = buildPinModifyBlock(options);
  return parsePinResult(await useFeature(access, "modifyPinDirect", block, limits));
}

async function useFeature(
  access: CardAccess,
  feature: FeatureName,
  input: Uint8Array,
  limits: Limits | undefined,
): Promise<Uint8Array> {
  const code = (await features(access, limits))[feature];
  if (code === undefined) {
    throw new UnsupportedFeatureError(feature, access.connection.reader);
  }
  return control(access, code, input, limits);
}
