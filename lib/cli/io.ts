// What the commands know of the outside world. Tests give their own.
import type { TrackerEvent } from "../tracking/events.js";
import type { CliDatabase } from "./card-database.js";

/** What the commands read of a reader's state; `ReaderState` of the package fits. */
export interface CliReaderState {
  readonly reader: string;
  readonly unknown: boolean;
  readonly unavailable: boolean;
  readonly empty: boolean;
  readonly present: boolean;
  readonly exclusive: boolean;
  readonly inUse: boolean;
  readonly mute: boolean;
  readonly unpowered: boolean;
  readonly eventCount: number;
  readonly atr: Uint8Array | null;
  readonly raw: number;
}

/** How a protocol is named throughout the package. */
export type CliProtocol = "t0" | "t1" | "raw" | "t15";

/** Limits of one call. */
export interface CliCallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** A card, or a transaction on it. */
export interface CliTransmitter {
  transmit(command: Uint8Array, options?: CliCallOptions): Promise<Uint8Array>;
}

/** What the commands use of a `Card`. */
export interface CliCard extends CliTransmitter {
  readonly reader: string;
  readonly protocol: CliProtocol | null;
  transaction<Value>(
    callback: (tx: CliTransmitter) => Promise<Value>,
    options?: CliCallOptions,
  ): Promise<Value>;
  /** Disconnects; takes it as no error that the card has gone. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What the commands ask of `connect`. */
export interface CliConnectOptions extends CliCallOptions {
  readonly shareMode?: "shared" | "exclusive" | "direct";
  readonly protocols?: readonly CliProtocol[];
}

/** What the commands use of a `Context`. */
export interface CliContext {
  readonly database: CliDatabase;
  listReaders(
    options?: { readonly groups?: readonly string[] } & CliCallOptions,
  ): Promise<readonly string[]>;
  listReaderGroups(options?: CliCallOptions): Promise<readonly string[]>;
  getStatusChange(
    readers: readonly (string | CliReaderState)[],
    options?: CliCallOptions,
  ): Promise<readonly CliReaderState[]>;
  connect(reader: string, options?: CliConnectOptions): Promise<CliCard>;
  track(options: { readonly signal: AbortSignal }): AsyncIterable<TrackerEvent>;
  /** Closes; takes it as no error that the service has gone. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A place for text. Writing does not wait; a broken pipe shows as an abort of `signal`. */
export interface CliOutput {
  write(text: string): void;
}

/** Everything a command may touch. */
export interface CliIo {
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether stdout is a terminal. */
  readonly isTTY: boolean;
  /** Size of the terminal in characters, asked for each time. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Calls back when the terminal changes its size; the result ends that. */
  readonly onResize: (callback: () => void) => () => void;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  readonly now: () => Date;
  /** What an installed list of cards calls those with this ATR; empty when it does not know. */
  readonly knownCards: (atr: Uint8Array) => Promise<readonly string[]>;
  /** Text of a file; `-` is standard input. */
  readonly readText: (path: string) => Promise<string>;
  /** Aborts on Ctrl-C, termination and a broken pipe, with an {@link Interruption} as reason. */
  readonly signal: AbortSignal;
  readonly establish: (options: { readonly signal: AbortSignal }) => Promise<CliContext>;
}

/** Runs `use` with a context that is closed afterwards, whatever happens. */
export async function withContext<Value>(
  io: CliIo,
  use: (context: CliContext) => Promise<Value>,
): Promise<Value> {
  await using context = await io.establish({ signal: io.signal });
  return await use(context);
}
