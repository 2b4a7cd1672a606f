import type { Guid } from "../guid.js";
import { ScardError } from "../errors/scard-error.js";

/**
 * Which link from a card to its service provider is missing.
 *
 * - `ERR_SCARD_UNKNOWN_CARD_TYPE`: no card type in the database has this ATR.
 * - `ERR_SCARD_INTERFACE_NOT_OFFERED`: none of the card's types, or its provider, has the interface.
 * - `SCARD_E_ICC_INSTALLATION`: the card type has no primary provider.
 * - `ERR_SCARD_PROVIDER_NOT_REGISTERED`: the program has no provider with that GUID.
 * - `ERR_SCARD_PROVIDER_MODULE_NOT_ALLOWED`: the database names a module for it, which the program
 *   does not allow.
 * - `ERR_SCARD_PROVIDER_MODULE`: the module cannot be loaded, or has no such provider; see `cause`.
 */
export type ProviderErrorCode =
  | "ERR_SCARD_UNKNOWN_CARD_TYPE"
  | "ERR_SCARD_INTERFACE_NOT_OFFERED"
  | "SCARD_E_ICC_INSTALLATION"
  | "ERR_SCARD_PROVIDER_NOT_REGISTERED"
  | "ERR_SCARD_PROVIDER_MODULE_NOT_ALLOWED"
  | "ERR_SCARD_PROVIDER_MODULE";

/** What is known where the chain breaks. */
export interface ProviderErrorFields {
  readonly reader?: string | undefined;
  /** The card's answer to reset. */
  readonly atr?: Uint8Array | undefined;
  /** Names of the card types that matched. */
  readonly cardTypes?: readonly string[] | undefined;
  /** GUID of the primary provider. */
  readonly provider?: Guid | undefined;
  /** The module that the database names. */
  readonly module?: string | undefined;
}

/** A card is there, but no service can be had for it. `code` says which link is missing. */
export class ProviderError extends ScardError implements ProviderErrorFields {
  declare readonly code: ProviderErrorCode;
  readonly reader: string | undefined;
  readonly atr: Uint8Array | undefined;
  readonly cardTypes: readonly string[];
  readonly provider: Guid | undefined;
  readonly module: string | undefined;

  constructor(
    code: ProviderErrorCode,
    message: string,
    fields: ProviderErrorFields,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    this.reader = fields.reader;
    this.atr = fields.atr;
    this.cardTypes = fields.cardTypes ?? [];
    this.provider = fields.provider;
    this.module = fields.module;
  }
}
