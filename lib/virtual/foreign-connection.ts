import { checkOneOf } from "../arguments.js";
import { dispositionNumber } from "../words.js";
import { type VirtualReaderErrorCode, VirtualReaderError } from "./errors.js";
import type { NativeForeignOutcome, NativeSubsystem } from "./native.js";

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
    this.#check(this.#connected ? this.#native.lockForeign(this.#id) : "gone");
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
    this.#check(this.#connected ? this.#native.unlockForeign(this.#id, number) : "gone");
  }

  /**
   * Disconnects, ending a transaction; a second time does nothing, nor does it once the service or
   * the reader has gone.
   *
   * @param disposition As for {@link ForeignConnection.unlock}.
   * @throws {VirtualReaderError} when a real process would have to wait, and stays connected:
   *   `ERR_SCARD_VIRTUAL_BUSY` when the card would be reset in the middle of a command,
   *   `ERR_SCARD_VIRTUAL_LOCKED` when it would be inside another connection's transaction.
   */
  disconnect(disposition: ForeignDisposition = "leave"): void {
    const number = checkForeignDisposition(disposition);
    const outcome = this.#connected ? this.#native.disconnectForeign(this.#id, number) : "gone";
    if (outcome !== "gone") {
      this.#check(outcome);
    }
    this.#connected = false;
  }

  /** As {@link ForeignConnection.disconnect}. */
  [Symbol.dispose](): void {
    this.disconnect();
  }

  #check(outcome: NativeForeignOutcome): void {
    if (outcome !== "done") {
      throw new VirtualReaderError(refusals[outcome], this.reader);
    }
  }
}

const refusals: Readonly<Record<Exclude<NativeForeignOutcome, "done">, VirtualReaderErrorCode>> = {
  gone: "ERR_SCARD_VIRTUAL_DISCONNECTED",
  "not-locked": "ERR_SCARD_VIRTUAL_NOT_LOCKED",
  locked: "ERR_SCARD_VIRTUAL_LOCKED",
  busy: "ERR_SCARD_VIRTUAL_BUSY",
};

function checkForeignDisposition(value: unknown): number {
  return dispositionNumber(checkOneOf("disposition", value, ["leave", "reset", "unpower"]));
}
