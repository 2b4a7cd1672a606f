import { checkFunction, checkInteger, checkOptions } from "../../arguments.js";
import type { BytesInput } from "../../bytes.js";
import { checkCallOptions } from "../../card-operations.js";
import type { ReferenceDataResult } from "../../iso7816/commands/send.js";
import { type CallOptions, callOptionKeys } from "../../limits.js";
import type { AuthenticationOptions, CardAuthentication } from "./interfaces.js";
import type { RoleSession } from "./session.js";

type ProofOptions = AuthenticationOptions & { readonly length?: number | undefined };
type Key = Pick<AuthenticationOptions, "algorithm" | "reference">;

const usualLength = 8;

/** {@link CardAuthentication} over GET CHALLENGE, INTERNAL and EXTERNAL AUTHENTICATE. */
export class IsoAuthentication implements CardAuthentication {
  readonly #session: RoleSession;

  /** @internal Part of `IsoCardManagement`. */
  constructor(session: RoleSession) {
    this.#session = session;
  }

  async challenge(length = usualLength, options?: AuthenticationOptions): Promise<Uint8Array> {
    const { key, limits } = split(options);
    const { algorithm } = key;
    return this.#session.use(async (iso) => iso.getChallenge({ length, algorithm }, limits));
  }

  async authenticateCard(
    check: (challenge: Uint8Array, answer: Uint8Array) => boolean | PromiseLike<boolean>,
    options?: ProofOptions,
  ): Promise<boolean> {
    checkFunction("check", check);
    const { key, limits, length } = split(options);
    const challenge = crypto.getRandomValues(new Uint8Array(length));
    const answer = await this.#session.use(async (iso) =>
      iso.internalAuthenticate({ ...key, challenge }, limits),
    );
    return check(challenge, answer);
  }

  async authenticateProgram(
    answer: (challenge: Uint8Array) => BytesInput | PromiseLike<BytesInput>,
    options?: ProofOptions,
  ): Promise<ReferenceDataResult> {
    checkFunction("answer", answer);
    const { key, limits, length } = split(options);
    const { algorithm } = key;
    return this.#session.locked(async (iso) => {
      const challenge = await iso.getChallenge({ length, algorithm }, limits);
      const response = await answer(challenge);
      return iso.externalAuthenticate({ ...key, response }, limits);
    });
  }
}

function split(options: ProofOptions | undefined): {
  readonly key: Key;
  readonly limits: CallOptions;
  readonly length: number;
} {
  const keys = ["algorithm", "reference", "length", ...callOptionKeys] as const;
  const given = checkOptions("options", options, keys) as ProofOptions;
  const { algorithm, reference, length, ...limits } = given;
  checkCallOptions(limits);
  return {
    key: {
      ...(algorithm === undefined ? {} : { algorithm }),
      ...(reference === undefined ? {} : { reference }),
    },
    limits,
    length: checkInteger("length", length ?? usualLength, 1, 255),
  };
}
