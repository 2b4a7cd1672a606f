// What a traced connection did, brought to those who write it down.
import type { NativeTraceEvent } from "../../binding.js";
import type { CardConnection, NativeCardCalls } from "../connection.js";
import { codeName } from "../errors/codes.js";
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

  /** Writes what has happened since the last time. */
  flush(): void {
    for (const event of this.#native.takeTrace()) {
      for (const writer of this.#writers) {
        write(writer, event);
      }
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
    const note = `failed: ${codeName(failure)}`;
    writer.exchange({ command, response: undefined, note });
  }
}
