import { ScardError } from "./scard-error.js";

/** The reader, or its driver, lacks a feature of PC/SC part 10, such as a PIN pad. */
export class UnsupportedFeatureError extends ScardError {
  declare readonly code: "ERR_SCARD_UNSUPPORTED_FEATURE";
  /** The feature that is missing, such as `"verifyPinDirect"`. */
  readonly feature: string;
  /** Name of the reader. */
  readonly reader: string;

  constructor(feature: string, reader: string, options?: ErrorOptions) {
    super(
      "ERR_SCARD_UNSUPPORTED_FEATURE",
      `The reader ${JSON.stringify(reader)} has no feature ${feature}. ` +
        "Look at card.features() before using it, or use another reader.",
      options,
    );
    this.feature = feature;
    this.reader = reader;
  }
}
