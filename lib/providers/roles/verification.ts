import { checkOptions } from "../../arguments.js";
import { checkCallOptions } from "../../card-operations.js";
import type { PinValue } from "../../iso7816/commands/pin-value.js";
import type { SecretReference } from "../../iso7816/commands/reference.js";
import type { ReferenceDataResult } from "../../iso7816/commands/send.js";
import { type CallOptions, callOptionKeys } from "../../limits.js";
import type { CardVerification, VerificationOptions } from "./interfaces.js";
import type { RoleSession } from "./session.js";

/** {@link CardVerification} over VERIFY and its relatives. */
export class IsoVerification implements CardVerification {
  readonly #session: RoleSession;

  /** @internal Part of `IsoCardManagement`. */
  constructor(session: RoleSession) {
    this.#session = session;
  }

  async verify(pin: PinValue, options?: VerificationOptions): Promise<ReferenceDataResult> {
    const { which, limits } = split(options);
    return this.#session.use(async (iso) => iso.verify({ ...which, pin }, limits));
  }

  async tries(options?: VerificationOptions): Promise<ReferenceDataResult> {
    const { which, limits } = split(options);
    return this.#session.use(async (iso) => iso.verify(which, limits));
  }

  async change(
    oldPin: PinValue,
    newPin: PinValue,
    options?: VerificationOptions,
  ): Promise<ReferenceDataResult> {
    const { which, limits } = split(options);
    return this.#session.use(async (iso) =>
      iso.changeReferenceData({ ...which, oldPin, newPin }, limits),
    );
  }

  async unblock(
    unblockingCode: PinValue,
    newPin?: PinValue,
    options?: VerificationOptions,
  ): Promise<ReferenceDataResult> {
    const { which, limits } = split(options);
    return this.#session.use(async (iso) =>
      iso.resetRetryCounter({ ...which, unblockingCode, newPin }, limits),
    );
  }

  async enable(pin?: PinValue, options?: VerificationOptions): Promise<ReferenceDataResult> {
    const { which, limits } = split(options);
    return this.#session.use(async (iso) => iso.enableVerification({ ...which, pin }, limits));
  }

  async disable(pin?: PinValue, options?: VerificationOptions): Promise<ReferenceDataResult> {
    const { which, limits } = split(options);
    return this.#session.use(async (iso) => iso.disableVerification({ ...which, pin }, limits));
  }

  async resetSecurityState(options?: VerificationOptions): Promise<void> {
    const { which, limits } = split(options);
    if (which.reference !== undefined) {
      await this.#session.use(async (iso) => iso.verify({ ...which, forget: true }, limits));
      return;
    }
    const { card, transaction } = this.#session;
    this.#session.forget();
    await (transaction ?? card).reconnect({ ...limits, initialization: "reset" });
  }
}

function split(options: VerificationOptions | undefined): {
  readonly which: { readonly reference?: SecretReference };
  readonly limits: CallOptions;
} {
  const given = checkOptions("options", options, ["reference", ...callOptionKeys]);
  const { reference, ...limits } = given as VerificationOptions;
  checkCallOptions(limits);
  return { which: reference === undefined ? {} : { reference }, limits };
}
