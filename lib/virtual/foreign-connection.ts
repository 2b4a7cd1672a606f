import { checkOneOf } from "../arguments.js";
import { dispositionNumber } from "../words.js";
import { type VirtualReaderErrorCode, VirtualReaderError } from "./errors.js";
import type { NativeSubsystem } from "./native.js";

/** What another process leaves behind: SCARD_LEAVE_CARD, _RESET_CARD, _UNPOWER_CARD. */
export type ForeignDisposition = "leave" | "reset" | "unpower";

/**
 * A connection of another process, from {@link VirtualReader.anotherProcess}. No call of it waits.
 *
 * All throw {@link VirtualReaderError}.
 */
export class ForeignConnection {
  /** Name of the reader. */
  readonly reader: string;
  readonly #native: NativeSubsystem;
  readonly #id: number;
  #connected = true;

  /** @internal Made by the reader. */
  constructor(native: NativeSubsystem, reader: string, id: number) {
    this.#native = native;
    this.reader = reader;
    this.#id = id;
    Object.seal(this);
  }

  /** Begins a transaction: others have to wait from now on. May be nested. */
  lock(): void {
    if (!this.#connected || !this.#native.lockForeign(this.#id)) {
      const { locked } = this.#native.snapshot(this.reader);
      const others = this.#connected && locked;
      throw this.#error(others ? "ERR_SCARD_VIRTUAL_LOCKED" : "ERR_SCARD_VIRTUAL_DISCONNECTED");
    }
  }

  /**
   * Ends the transaction, all of it.
   *
   * @param disposition What is done to the card; other connections hear of it. Default: `"leave"`.
   * @throws {VirtualReaderError} `ERR_SCARD_VIRTUAL_BUSY` when the card would be reset in the middle
   *   of a command: a real process would have to wait.
   */
  unlock(disposition: ForeignDisposition = "leave"): void {
    const number = checkForeignDisposition(disposition);
    if (!this.#connected || !this.#native.unlockForeign(this.#id, number)) {
      throw this.#refusal(disposition, "ERR_SCARD_VIRTUAL_NOT_LOCKED");
    }
  }

  /** Disconnects, ending a transaction; a second time does nothing. */
  disconnect(disposition: ForeignDisposition = "leave"): void {
    const number = checkForeignDisposition(disposition);
    if (this.#connected && !this.#native.disconnectForeign(this.#id, number)) {
      const refusal = this.#refusal(disposition, "ERR_SCARD_VIRTUAL_DISCONNECTED");
      // Otherwise the service or the reader has gone, and the connection with it.
      if (refusal.code === "ERR_SCARD_VIRTUAL_BUSY") {
        throw refusal;
      }
    }
    this.#connected = false;
  }

  /** As {@link ForeignConnection.disconnect}. */
  [Symbol.dispose](): void {
    this.disconnect();
  }

  #refusal(disposition: ForeignDisposition, otherwise: VirtualReaderErrorCode): VirtualReaderError {
    if (!this.#connected) {
      return this.#error("ERR_SCARD_VIRTUAL_DISCONNECTED");
    }
    const busy = disposition !== "leave" && this.#native.snapshot(this.reader).busy;
    return this.#error(busy ? "ERR_SCARD_VIRTUAL_BUSY" : otherwise);
  }

  #error(code: VirtualReaderErrorCode): VirtualReaderError {
    return new VirtualReaderError(code, this.reader);
  }
}

function checkForeignDisposition(value: unknown): number {
  return dispositionNumber(checkOneOf("disposition", value, ["leave", "reset", "unpower"]));
}
