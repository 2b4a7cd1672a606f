// Challenges and authentication with keys: ISO/IEC 7816-4:2005, 7.5.2 to 7.5.5.
import { checkInteger } from "../../arguments.js";
import { type BytesInput, copyBytes } from "../../bytes.js";
import { encodeTlv, type TlvInput } from "../ber-tlv-encode.js";
import type { CommandApdu } from "../command-apdu.js";
import { buildCommand, checkCommandOptions, checkLength, type CommandTraits } from "./build.js";
import { checkReference, type SecretReference } from "./reference.js";

/** Options that commands with an algorithm have. */
export interface AlgorithmOptions extends CommandTraits {
  /** P1, 0 to 255; 0 (default) means that the card knows. */
  readonly algorithm?: number | undefined;
}

/** Options that commands with a key have. */
export interface KeyOptions extends AlgorithmOptions {
  /** The key. Default: 0x00, no information. */
  readonly reference?: SecretReference | undefined;
}

/** Options of {@link getChallenge}. */
export interface GetChallengeOptions extends AlgorithmOptions {
  /** Bytes of the challenge, 1 to 65 536. Default: 8. */
  readonly length?: number | undefined;
}

/** Options of {@link internalAuthenticate}. */
export interface InternalAuthenticateOptions extends KeyOptions {
  /** What the card is to answer to; at least one byte. */
  readonly challenge: BytesInput;
  /** Most bytes of the answer. Default: as many as the form can ask for. */
  readonly length?: number | undefined;
}

/** Options of {@link externalAuthenticate}. */
export interface ExternalAuthenticateOptions extends KeyOptions {
  /** The answer to the card's last challenge. Default: none, which asks for the tries left. */
  readonly response?: BytesInput | undefined;
  /** Most bytes of the card's own answer (mutual authentication). Default: none is asked for. */
  readonly length?: number | undefined;
}

/** Options of {@link generalAuthenticate}. */
export interface GeneralAuthenticateOptions extends KeyOptions {
  /** What stands in the dynamic authentication template (7C). */
  readonly objects: readonly TlvInput[];
  /** Most bytes of the answer. Default: as many as the form can ask for. */
  readonly length?: number | undefined;
}

/** GET CHALLENGE (84); `ISCardISO7816::GetChallenge`. Good for the next command at least. */
export function getChallenge(options: GetChallengeOptions = {}): CommandApdu {
  const given = checkCommandOptions(options, ["algorithm", "length"]);
  const le = checkInteger("length", given.length ?? 8, 1, 65_536);
  return buildCommand(given, { ins: 0x84, p1: checkAlgorithm(given.algorithm), le });
}

/** INTERNAL AUTHENTICATE (88); `ISCardISO7816::InternalAuthenticate`: the card proves itself. */
export function internalAuthenticate(options: InternalAuthenticateOptions): CommandApdu {
  const given = checkCommandOptions(options, ["algorithm", "reference", "challenge", "length"]);
  return buildCommand(given, {
    ins: 0x88,
    p1: checkAlgorithm(given.algorithm),
    p2: checkReference(given.reference),
    data: copyBytes("challenge", given.challenge, 1, 0xffff),
    le: checkLength(given.length),
  });
}

/**
 * EXTERNAL AUTHENTICATE (82); `ISCardISO7816::ExternalAuthenticate`: the program proves itself. A
 * failure may cost a try. With `length` it is MUTUAL AUTHENTICATE.
 */
export function externalAuthenticate(options: ExternalAuthenticateOptions = {}): CommandApdu {
  const given = checkCommandOptions(options, ["algorithm", "reference", "response", "length"]);
  return buildCommand(given, {
    ins: 0x82,
    p1: checkAlgorithm(given.algorithm),
    p2: checkReference(given.reference),
    ...(given.response === undefined
      ? {}
      : { data: copyBytes("response", given.response, 1, 0xffff) }),
    le: given.length === undefined ? undefined : checkLength(given.length),
  });
}

/** GENERAL AUTHENTICATE (87): a step of an authentication with data objects. */
export function generalAuthenticate(options: GeneralAuthenticateOptions): CommandApdu {
  const given = checkCommandOptions(options, ["algorithm", "reference", "objects", "length"]);
  const children = given.objects as readonly TlvInput[];
  return buildCommand(given, {
    ins: 0x87,
    p1: checkAlgorithm(given.algorithm),
    p2: checkReference(given.reference),
    data: encodeTlv({ tag: 0x7c, children }),
    le: checkLength(given.length),
  });
}

function checkAlgorithm(value: unknown): number {
  return checkInteger("algorithm", value ?? 0, 0, 0xff);
}
