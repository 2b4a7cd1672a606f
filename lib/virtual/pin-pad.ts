import { checkString } from "../arguments.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import type { NativePinEntry } from "./native.js";

/**
 * The keys of a virtual reader with a PIN pad. What the user will do is queued; each prompt of
 * `card.verifyPin()` and `card.modifyPin()` takes one entry. With none left the entry times out.
 */
export class VirtualPinPad {
  readonly #queue: (entry: NativePinEntry) => void;

  /** @internal Made by the reader, whose `queue` throws while it is unplugged. */
  constructor(queue: (entry: NativePinEntry) => void) {
    this.#queue = queue;
  }

  /** The user types digits and confirms: one entry for each. */
  enter(...pins: readonly string[]): void {
    for (const pin of pins) {
      if (!/^\d{0,32}$/.test(checkString("pin", pin, { secret: true }))) {
        throw new ScardArgumentError("pin", pin, "up to 32 decimal digits", { secret: true });
      }
    }
    for (const digits of pins) {
      this.#queue({ action: "digits", digits });
    }
  }

  /** The user presses the cancel key. */
  cancel(): void {
    this.#queue({ action: "cancel" });
  }

  /** The user does nothing until the reader gives up. */
  timeOut(): void {
    this.#queue({ action: "timeout" });
  }
}
