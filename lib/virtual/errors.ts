import { ScardError } from "../errors/scard-error.js";

/** What a virtual reader could not do; see {@link VirtualReaderError}. */
export type VirtualReaderErrorCode =
  | "ERR_SCARD_VIRTUAL_READER_EXISTS"
  | "ERR_SCARD_VIRTUAL_READER_UNPLUGGED"
  | "ERR_SCARD_VIRTUAL_READER_PLUGGED"
  | "ERR_SCARD_VIRTUAL_CARD_PRESENT"
  | "ERR_SCARD_VIRTUAL_CARD_ELSEWHERE"
  | "ERR_SCARD_VIRTUAL_NO_CARD"
  | "ERR_SCARD_VIRTUAL_NO_PIN_PAD"
  | "ERR_SCARD_VIRTUAL_REFUSED"
  | "ERR_SCARD_VIRTUAL_LOCKED"
  | "ERR_SCARD_VIRTUAL_NOT_LOCKED"
  | "ERR_SCARD_VIRTUAL_DISCONNECTED"
  | "ERR_SCARD_VIRTUAL_BUSY";

const messages: Readonly<Record<VirtualReaderErrorCode, string>> = {
  ERR_SCARD_VIRTUAL_READER_EXISTS:
    "has a name that is taken by an attached reader, or kept for the system. Choose another one.",
  ERR_SCARD_VIRTUAL_READER_UNPLUGGED: "is unplugged. Call plug() first.",
  ERR_SCARD_VIRTUAL_READER_PLUGGED: "is plugged in already.",
  ERR_SCARD_VIRTUAL_CARD_PRESENT: "has a card in it already. Call remove() first.",
  ERR_SCARD_VIRTUAL_CARD_ELSEWHERE:
    "cannot take a card that is in another reader, or behind a bridge. Remove it there, or make a " +
    "second card.",
  ERR_SCARD_VIRTUAL_NO_CARD: "has no card in it.",
  ERR_SCARD_VIRTUAL_NO_PIN_PAD: "has no PIN pad. Add it with { pinPad: true }.",
  ERR_SCARD_VIRTUAL_REFUSED:
    "refuses the connection: it is used exclusively, locked, not to be had alone, or the service " +
    "is stopped.",
  ERR_SCARD_VIRTUAL_LOCKED: "is locked by another connection's transaction.",
  ERR_SCARD_VIRTUAL_NOT_LOCKED: "is not locked by this connection. Call lock() first.",
  ERR_SCARD_VIRTUAL_DISCONNECTED:
    "is no longer connected: disconnect() was called, the service stopped or the reader was unplugged.",
  ERR_SCARD_VIRTUAL_BUSY:
    "is in the middle of a command, and its card can be reset only after it. Await the command.",
};

/** A virtual reader, or another process's connection to it, cannot do what was asked. */
export class VirtualReaderError extends ScardError {
  declare readonly code: VirtualReaderErrorCode;
  /** Name of the reader. */
  readonly reader: string;

  constructor(code: VirtualReaderErrorCode, reader: string, options?: ErrorOptions) {
    super(code, `The virtual reader ${JSON.stringify(reader)} ${messages[code]}`, options);
    this.reader = reader;
  }
}

/** What went wrong with a bridge; see {@link VpcdError}. */
export type VpcdErrorCode = "ERR_SCARD_VPCD_UNREACHABLE" | "ERR_SCARD_VPCD_CARD_ELSEWHERE";

const vpcdMessages: Readonly<Record<VpcdErrorCode, string>> = {
  ERR_SCARD_VPCD_UNREACHABLE:
    "cannot be connected to. Start pcscd with the vpcd driver there (Debian: apt install " +
    "vsmartcard-vpcd), and look up the port in its reader.conf.",
  ERR_SCARD_VPCD_CARD_ELSEWHERE:
    "cannot take a card that is in a reader already. Remove it there, or make a second card.",
};

/** A card cannot be put into a reader of vpcd's. */
export class VpcdError extends ScardError {
  declare readonly code: VpcdErrorCode;
  readonly host: string;
  readonly port: number;

  /** @param why The system's own words, if it has any. */
  constructor(code: VpcdErrorCode, place: { host: string; port: number }, why = "") {
    const words = why === "" ? "" : ` (${why})`;
    super(code, `vpcd at ${place.host}:${String(place.port)} ${vpcdMessages[code]}${words}`);
    this.host = place.host;
    this.port = place.port;
  }
}

/**
 * A virtual card's handler, or its answer, is wrong. `cause` is what the handler threw. Found in
 * `card.errors`; no call rejects with it.
 */
export class CardHandlerError extends ScardError {
  declare readonly code: "ERR_SCARD_VIRTUAL_HANDLER";

  /** @param problem A sentence; never holds bytes of the command. */
  constructor(problem: string, options?: ErrorOptions) {
    super("ERR_SCARD_VIRTUAL_HANDLER", problem, options);
  }
}

/** A transcript cannot be read. */
export class TranscriptError extends ScardError {
  declare readonly code: "ERR_SCARD_TRANSCRIPT";
  /** Line of the fault, from 1. */
  readonly line: number;
  /** Column of the fault in UTF-16 units, from 1. */
  readonly column: number;

  /** @param problem Half a sentence that says what is wrong. Never holds bytes of the transcript. */
  constructor(line: number, column: number, problem: string) {
    super(
      "ERR_SCARD_TRANSCRIPT",
      `Transcript, line ${String(line)}, column ${String(column)}: ${problem}.`,
    );
    this.line = line;
    this.column = column;
  }
}

/** An application left the transcript. */
export class ReplayError extends ScardError {
  declare readonly code: "ERR_SCARD_REPLAY";
  /** Line of the transcript where another command was expected; undefined after its end. */
  readonly line: number | undefined;

  /** @param problem A sentence; shows headers of commands, never data. */
  constructor(problem: string, line: number | undefined) {
    super("ERR_SCARD_REPLAY", problem);
    this.line = line;
  }
}
