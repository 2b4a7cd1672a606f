// PINs and passwords: ISO/IEC 7816-4:2005, 7.5.6 to 7.5.10. Their data is always secret.
import { checkBoolean } from "../../arguments.js";
import { ScardArgumentError } from "../../errors/argument-error.js";
import type { CommandApdu } from "../command-apdu.js";
import { buildCommand, checkCommandOptions, type CommandTraits } from "./build.js";
import { joinBytes } from "./file-words.js";
import { pinBytes, type PinValue } from "./pin-value.js";
import { checkReference, type SecretReference } from "./reference.js";

/** Options of {@link verify}. */
export interface VerifyCommandOptions extends CommandTraits {
  /** Default: 0x00, no information. */
  readonly reference?: SecretReference | undefined;
  /** The PIN. Default: none, which asks for the tries left. */
  readonly pin?: PinValue | undefined;
  /** Take back that the PIN was verified (P1 FF, ISO/IEC 7816-4:2013). Default: false. */
  readonly forget?: boolean | undefined;
}

/** Options of {@link changeReferenceData}. */
export interface ChangePinOptions extends CommandTraits {
  /** Default: 0x00, no information. */
  readonly reference?: SecretReference | undefined;
  /** The PIN as it is. Default: none, where the card has verified it before. */
  readonly oldPin?: PinValue | undefined;
  readonly newPin: PinValue;
}

/** Options of {@link resetRetryCounter}. */
export interface ResetRetryCounterOptions extends CommandTraits {
  /** Of the PIN that is to be unblocked. Default: 0x00, no information. */
  readonly reference?: SecretReference | undefined;
  /** Default: none, where the card wants none. */
  readonly unblockingCode?: PinValue | undefined;
  /** Default: the PIN stays. */
  readonly newPin?: PinValue | undefined;
}

/** Options of {@link enableVerification} and {@link disableVerification}. */
export interface VerificationRequirementOptions extends CommandTraits {
  /** Default: 0x00, no information. */
  readonly reference?: SecretReference | undefined;
  /** Default: none, where the card wants none. */
  readonly pin?: PinValue | undefined;
}

/** VERIFY (20); `ISCardISO7816::Verify`. Without a PIN it asks for the tries left. */
export function verify(options: VerifyCommandOptions = {}): CommandApdu {
  const given = checkCommandOptions(options, ["reference", "pin", "forget"]);
  const p2 = checkReference(given.reference);
  const forget = checkBoolean("forget", given.forget ?? false);
  if (forget && given.pin !== undefined) {
    throw new ScardArgumentError("pin", given.pin, 'absent together with "forget"', {
      secret: true,
    });
  }
  const data = given.pin === undefined ? {} : { data: pinBytes("pin", given.pin) };
  return buildCommand(given, { ins: 0x20, p1: forget ? 0xff : 0x00, p2, ...data });
}

/** CHANGE REFERENCE DATA (24): a new PIN for an old one. */
export function changeReferenceData(options: ChangePinOptions): CommandApdu {
  const given = checkCommandOptions(options, ["reference", "oldPin", "newPin"]);
  const p2 = checkReference(given.reference);
  const fresh = pinBytes("newPin", given.newPin);
  return given.oldPin === undefined
    ? buildCommand(given, { ins: 0x24, p1: 0x01, p2, data: fresh })
    : buildCommand(given, {
        ins: 0x24,
        p1: 0x00,
        p2,
        data: joinBytes(pinBytes("oldPin", given.oldPin), fresh),
      });
}

/** RESET RETRY COUNTER (2C): unblocks a PIN, and sets a new one if it is given. */
export function resetRetryCounter(options: ResetRetryCounterOptions): CommandApdu {
  const given = checkCommandOptions(options, ["reference", "unblockingCode", "newPin"]);
  const p2 = checkReference(given.reference);
  const { unblockingCode, newPin } = given;
  const parts = [
    ...(unblockingCode === undefined ? [] : [pinBytes("unblockingCode", unblockingCode)]),
    ...(newPin === undefined ? [] : [pinBytes("newPin", newPin)]),
  ];
  const p1 = (unblockingCode === undefined ? 2 : 0) | (newPin === undefined ? 1 : 0);
  const data = parts.length === 0 ? {} : { data: joinBytes(...parts) };
  return buildCommand(given, { ins: 0x2c, p1, p2, ...data });
}

/** ENABLE VERIFICATION REQUIREMENT (28): from now on the PIN is asked for. */
export function enableVerification(options: VerificationRequirementOptions = {}): CommandApdu {
  return verificationRequirement(0x28, options);
}

/** DISABLE VERIFICATION REQUIREMENT (26): from now on the PIN is not asked for. */
export function disableVerification(options: VerificationRequirementOptions = {}): CommandApdu {
  return verificationRequirement(0x26, options);
}

function verificationRequirement(
  ins: number,
  options: VerificationRequirementOptions,
): CommandApdu {
  const given = checkCommandOptions(options, ["reference", "pin"]);
  const p2 = checkReference(given.reference);
  return given.pin === undefined
    ? buildCommand(given, { ins, p1: 0x01, p2 })
    : buildCommand(given, { ins, p1: 0x00, p2, data: pinBytes("pin", given.pin) });
}
