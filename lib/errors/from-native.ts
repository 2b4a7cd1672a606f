import type { NativeFailure } from "../../binding.js";
import { ClosedError } from "./closed-error.js";
import { LibraryNotFoundError } from "./library-not-found-error.js";
import { PcscError } from "./pcsc-error.js";
import { ScardError } from "./scard-error.js";
import { TransactionError } from "./transaction-error.js";
import { UnsupportedCallError } from "./unsupported-call-error.js";

/** What the caller of a native operation knows about it. */
export interface FailureContext {
  /** Name of the reader concerned, where there is one. */
  readonly reader?: string | undefined;
  /** What a {@link ClosedError} calls closed. Default: the connection if a reader is given. */
  readonly subject?: string | undefined;
  /** The service's life in which the connection was made. */
  readonly epoch?: { readonly over: boolean } | undefined;
  /** What had arrived before the failure. */
  readonly received?: Uint8Array | undefined;
}

/** The error of a failed native operation. */
export function fromNativeFailure(
  failure: NativeFailure,
  context: FailureContext = {},
): ScardError {
  const { reader, subject, epoch, received } = context;
  if (failure.reason === undefined) {
    const error = new PcscError({ value: failure.value, call: failure.call, reader, received });
    // The handle was valid once: say what became of it.
    return epoch?.over === true && error.code === "SCARD_E_INVALID_HANDLE"
      ? PcscError.of("SCARD_E_SERVICE_STOPPED", failure.call, reader, { cause: error })
      : error;
  }
  switch (failure.reason) {
    case "closed":
      return new ClosedError(subject ?? closedSubject(reader));
    case "library-missing":
      return new LibraryNotFoundError(failure.tried ?? []);
    case "function-missing":
      return new UnsupportedCallError(failure.call);
    case "transaction-ended":
      return new TransactionError("ERR_SCARD_TRANSACTION_ENDED");
    case "in-transaction":
      return new TransactionError(
        "ERR_SCARD_TRANSACTION_OPEN",
        `${failure.call} was not made: on Windows it would reset the card of the transaction that ` +
          "this program has open. End the transaction first.",
      );
    case "busy":
      return new ScardError(
        "ERR_SCARD_CARD_BUSY",
        `Another call on the card in reader ${JSON.stringify(reader ?? "")} is running or waiting: a ` +
          "synchronous call would block the program behind it. Await the other calls first.",
      );
    case "no-thread":
      return new ScardError(
        "ERR_SCARD_NO_THREAD",
        `The operating system refused to start a thread for ${failure.call}. ` +
          "Close contexts and cards that are not needed, or raise the limit on threads.",
      );
  }
}

function closedSubject(reader: string | undefined): string {
  return reader === undefined ? "context" : `connection to reader ${JSON.stringify(reader)}`;
}
