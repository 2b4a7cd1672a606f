import { ScardArgumentError } from "../errors/argument-error.js";
import { inspectable } from "../inspect.js";
import { setCardHandle } from "./card-handle.js";
import { type IsoCardDescription, checkDescription } from "./iso-description.js";
import { type NativeIsoCard, virtualBinding } from "./native.js";

/**
 * The built-in ISO/IEC 7816-4 card: a tree of files, data objects, PINs with retry counters, keys
 * and logical channels, from a plain description. docs/virtual.md lists its commands. It answers
 * without the JavaScript thread, so it also serves programs that block it.
 */
export class IsoCard {
  readonly #atr: Uint8Array | undefined;

  /**
   * @param description What is on the card; copied.
   * @throws {ScardArgumentError} that says what is wrong with it. Values of PINs and keys are not
   *   shown.
   */
  constructor(description: IsoCardDescription) {
    const checked = checkDescription(description);
    this.#atr = checked.atr;
    let native: NativeIsoCard;
    try {
      native = new (virtualBinding().IsoCard)(checked);
    } catch (error) {
      if (error instanceof TypeError) {
        throw new ScardArgumentError("description", description, `sound (${error.message})`);
      }
      throw error;
    }
    setCardHandle(this, native);
  }

  /** For `console.log`: nothing of the content. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const atr = this.#atr === undefined ? undefined : Buffer.from(this.#atr).toString("hex");
    return inspectable("IsoCard", atr === undefined ? {} : { atr });
  }
}
