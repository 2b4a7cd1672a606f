// What the commands know of the outside world. Tests give their own.
import type { DatabasePaths } from "../database/paths.js";
import type { Chooser, SelectionMode } from "../select/options.js";
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

/** Which cards are looked for: one of the three, all of them for a wait. */
export interface CliWanted {
  readonly cardTypes?: readonly string[];
  readonly interfaces?: readonly string[];
  readonly atrs?: readonly (string | { readonly atr: string; readonly mask: string })[];
}

/** A reader as `context.locateCards()` found it. */
export interface CliLocated extends CliReaderState {
  /** Whether the card is one of those looked for. */
  readonly atrMatch: boolean;
  /** Names of the card types that it is of. */
  readonly matches: readonly string[];
}

/** What the commands ask of `selectCard`. */
export interface CliSelectOptions extends CliCallOptions {
  readonly cardTypes?: readonly string[];
  readonly interfaces?: readonly string[];
  readonly groups?: readonly string[];
  readonly readers?: readonly string[];
  readonly mode?: SelectionMode;
  readonly chooser: Chooser;
  readonly connect: CliConnectOptions | false;
}

/** A card that was selected. */
export interface CliSelected {
  readonly reader: string;
  readonly atr: Uint8Array;
  readonly cardTypes: readonly string[];
  readonly card: CliCard | null;
  readonly shown: boolean;
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
  locateCards(
    options: CliWanted & {
      readonly groups?: readonly string[];
      readonly readers?: readonly string[];
    } & CliCallOptions,
  ): Promise<readonly CliLocated[]>;
  waitForCard(
    options: CliWanted & {
      readonly groups?: readonly string[];
      readonly reader?: string;
    } & CliCallOptions,
  ): Promise<CliReaderState>;
  selectCard(options: CliSelectOptions): Promise<CliSelected>;
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
  /** Content of a file; `-` is standard input. Rejects with an error for people. */
  readonly readBytes: (path: string) => Promise<Buffer>;
  /** Files of the smart card database; null where the system keeps it. */
  readonly databasePaths: DatabasePaths | null;
  /** Lets the user choose a card; undefined where there is no terminal for it. */
  readonly chooser: Chooser | undefined;
  /** Aborts on Ctrl-C, termination and a broken pipe, with an {@link Interruption} as reason. */
  readonly signal: AbortSignal;
  readonly establish: (options: CliEstablishOptions) => Promise<CliContext>;
  /**
   * A context without readers that needs no PC/SC, with the same database; undefined where the system
   * keeps the database.
   */
  readonly openFiles: ((options: CliEstablishOptions) => Promise<CliContext>) | undefined;
}

/** What a context is made with. */
export interface CliEstablishOptions {
  readonly signal: AbortSignal;
  /** Whose database is changed. Default: the user's. */
  readonly scope?: "user" | "system";
}

/** Runs `use` with a context that is closed afterwards, whatever happens. */
export async function withContext<Value>(
  io: CliIo,
  use: (context: CliContext) => Promise<Value>,
  options: Pick<CliEstablishOptions, "scope"> = {},
): Promise<Value> {
  await using context = await io.establish({ signal: io.signal, ...options });
  return await use(context);
}
