import { checkString } from "../arguments.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { VirtualReaderError } from "./errors.js";
import type { NativeSubsystem } from "./native.js";

/**
 * The keys of a virtual reader with a PIN pad. What the user will do is queued; each prompt of
 * `card.verifyPin()` and `card.modifyPin()` takes one entry. With none left the entry times out.
 */
export class VirtualPinPad {
  readonly #native: NativeSubsystem;
  readonly #reader: string;

  /** @internal Made by the reader. */
  constructor(native: NativeSubsystem, reader: string) {
    this.#native = native;
    this.#reader = reader;
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

  #queue(entry: { action: "digits" | "cancel" | "timeout"; digits?: string }): void {
    if (!this.#native.queuePinEntry(this.#reader, entry)) {
      throw new VirtualReaderError("ERR_SCARD_VIRTUAL_READER_UNPLUGGED", this.#reader);
    }
  }
}
