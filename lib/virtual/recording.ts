// What a traced connection did, brought to those who write it down.
import type { NativeTraceEvent } from "../../binding.js";
import type { CardConnection, NativeCardCalls } from "../connection.js";
import { type PcscCode, codeName } from "../errors/codes.js";
import type { TranscriptWriter } from "./transcript-writer.js";

/** One connection that is recorded, by one writer or several. */
export class Recording {
  readonly #native: NativeCardCalls;
  readonly #writers = new Set<TranscriptWriter>();

  private constructor(native: NativeCardCalls) {
    this.#native = native;
  }

  /** Begins to trace a connection, behind the calls that were made before. */
  static async start(connection: CardConnection): Promise<Recording> {
    let started = recordings.get(connection);
    if (started === undefined) {
      let recording: Recording | undefined;
      started = connection.run({
        call: "SCardTransmit",
        begin: (native) => {
          recording = new Recording(native);
          return native.trace(0);
        },
        finish: () => recording as Recording,
      });
      recordings.set(connection, started);
    }
    return started;
  }

  /** Writes what has happened so far to the writers there were, and from now on to this one too. */
  add(writer: TranscriptWriter): void {
    this.flush();
    this.#writers.add(writer);
  }

  /**
   * Writes what has happened since the last time, to each writer, whichever of them throws.
   *
   * @throws What the first sink or `isSecret` to fail threw, at the end.
   */
  flush(): void {
    const failures: unknown[] = [];
    for (const event of this.#native.takeTrace()) {
      for (const writer of this.#writers) {
        try {
          write(writer, event);
        } catch (error) {
          failures.push(error);
        }
      }
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  }
}

const recordings = new WeakMap<CardConnection, Promise<Recording>>();

function write(writer: TranscriptWriter, event: NativeTraceEvent): void {
  const { kind, command, response, failure } = event;
  if (kind !== "exchange") {
    writer.power(kind);
  } else if (failure === 0) {
    const broken = response.length < 2 ? { note: "failed: ERR_SCARD_INCOMPLETE_RESPONSE" } : {};
    writer.exchange({ command, response, ...broken });
  } else {
    const name = codeName(failure);
    if (beforeTheCard.has(name)) {
      writer.unsent(command, name);
    } else {
      writer.exchange({ command, response: undefined, note: `failed: ${name}` });
    }
  }
}

/** What the resource manager says instead of passing a command on. */
const beforeTheCard: ReadonlySet<string> = new Set<PcscCode>([
  "SCARD_W_RESET_CARD",
  "SCARD_W_REMOVED_CARD",
  "SCARD_W_UNPOWERED_CARD",
  "SCARD_E_SHARING_VIOLATION",
  "SCARD_E_NO_SMARTCARD",
  "SCARD_E_PROTO_MISMATCH",
  "SCARD_E_READER_UNAVAILABLE",
  "SCARD_E_NO_SERVICE",
  "SCARD_E_SERVICE_STOPPED",
  "SCARD_E_INVALID_HANDLE",
  "SCARD_E_INVALID_PARAMETER",
  "SCARD_E_INVALID_VALUE",
]);
