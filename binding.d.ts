// The only contract between native/ and lib/: what the built addon exports, exactly.
// test/contract/binding.test.ts compares this file with the addon, both ways.
// Nothing here is public API. Arguments are positional and already checked by lib/;
// the addon throws a TypeError for anything else, and never touches a card then.

/** Names one operation of an environment. Unique and increasing; never 0. */
export type OperationId = number;

/** Why an operation failed. */
export interface NativeFailure {
  /** The PC/SC function that failed, such as `"SCardConnect"`. */
  readonly call: string;
  /** The 32-bit PC/SC result, unsigned. 0 when no PC/SC function was reached. */
  readonly value: number;
  /** Set by failures that are the package's own and not PC/SC's. */
  readonly reason?:
    | "closed"
    | "library-missing"
    | "function-missing"
    | "transaction-ended"
    | "in-transaction"
    | "no-thread"
    | "busy";
  /** For `library-missing`: every path tried with the loader's own words. */
  readonly tried?: readonly { readonly path: string; readonly message: string }[];
}

/** Called on the environment's JavaScript thread when something has finished: `NativeHandOff.take`. */
export type Wake = () => void;

/**
 * The way of an APDU, and of everything that has finished: calls without arguments, and two blocks
 * of memory that both sides see, on the JavaScript thread alone. Int32 in the machine's order.
 */
export interface NativeHandOff {
  /**
   * Int32: number of the card, lane, protocol bits, length of the command; for a framed command or a
   * script flags, most bytes of response data, longest command the card takes (0 is unknown); for a
   * script its number. The command follows, from byte 32 on. The lane is 0 outside of a transaction, else what
   * `Card.beginTransaction` gave.
   *
   * Flags, `FramingOptions` in native/core/apdu_exchange.h: bits 0 and 1 long commands (0 auto,
   * 1 extended, 2 chaining, 3 ENVELOPE), bits 2 and 3 GET RESPONSE (0 after 61XX, 1 also expected,
   * 2 never), bit 4 return 6CXX, bit 5 67XX is 6CXX, bit 6 9FXX is 61XX, bit 7 in a transaction,
   * bit 8 bits 16 to 23 are the alternate class.
   */
  readonly request: ArrayBuffer;
  /**
   * Pairs of Int32, 256 at most, one for each finished call; bytes from 2 048 on; those of `exchange`
   * from 69 632 on. A pair is:
   * - an exchange's token and the length of its answer, which stands behind the one before;
   * - its token and -1: failed; a NativeFailure is among the values;
   * - its token and -2: the answer is among the values: a Uint8Array, NativeBrokenExchange,
   *   NativeScriptOutcome, or for a script that was done an ArrayBuffer, where each answer ends,
   *   Uint32, and then the answers;
   * - -1 and 0: an operation; its id, NativeFailure or null, and value are among the values.
   */
  readonly reply: ArrayBuffer;
  /**
   * Queues the command that `request` holds, SCardTransmit, and keeps the process alive for it.
   * Twice the exchange's token, plus 1 when `take` shall be called soon, without a wake. -1 when there
   * is no such card. Tokens are used again after the next `take`. The command is overwritten with
   * zeros, here and by `exchange`.
   */
  submit(): number;
  /** The same with a command that is well-formed, as one framed exchange. */
  submitFramed(): number;
  /** The same with a script in place of the command. */
  submitScript(): number;
  /**
   * Keeps a script and gives its number. `commands` one behind the other, `plan` as
   * `ApduScript::parse` in native/core/apdu_script.h has it; both are copied.
   */
  addScript(commands: Uint8Array, plan: Uint32Array): number;
  /** Forgets it; runs that were queued go on. */
  removeScript(script: number): void;
  /**
   * SCardTransmit here and now, blocking, with the answer in `reply`. Gives its length, or what failed:
   * "busy" when another call on the card is running or waiting.
   */
  exchange(): number | NativeFailure;
  /**
   * Fills `reply`, and `values` from its beginning on. Twice the number of finished calls, plus 1 when
   * `take` shall be called again soon.
   */
  take(values: unknown[]): number;
  /**
   * Gives up an exchange that was not taken yet: one that has not begun never does, and no APDU
   * follows the one under way.
   */
  cancel(token: number): void;
  /** Ends a script after the step under way; one that waits for its turn then does nothing. */
  stopScript(token: number): void;
  /** Steps that a script has done. */
  scriptProgress(token: number): number;
}

/** A library's path, the platform's own library, or the embedded subsystem. */
export type LibrarySource = string | undefined | VirtualSubsystem;

/** Reader states as GetStatusChange and LocateCards report them. */
export interface NativeReaderState {
  readonly reader: string;
  /** dwEventState whole, event counter in the high 16 bits. */
  readonly eventState: number;
  readonly atr: Uint8Array;
}

/** SCardStatus, the card's state as one normalised value: `CardState` in lib/status.ts. */
export interface NativeCardStatus {
  readonly readers: readonly string[];
  /** 0 unknown, 1 absent, 2 present, 3 swallowed, 4 powered, 5 negotiable, 6 specific. */
  readonly state: number;
  /** dwState as the resource manager gave it. */
  readonly rawState: number;
  /** Protocol bits: 1 T=0, 2 T=1, 4 raw, 8 T=15; 0 none. */
  readonly protocol: number;
  readonly atr: Uint8Array;
}

/** Value of a finished `Context.connect`. */
export interface NativeConnection {
  readonly card: Card;
  /** Names the card in `NativeHandOff.request`. */
  readonly number: number;
  /** Protocol bits as in `NativeCardStatus`. */
  readonly protocol: number;
}

/** A framed exchange that broke off after the card had answered, or could not be made. */
export interface NativeBrokenExchange {
  readonly problem:
    | "failed"
    | "incomplete"
    | "too-long"
    | "endless"
    | "command-too-long"
    | "already-chained"
    | "given-up";
  /** For `failed`. */
  readonly failure?: NativeFailure;
  /** Response data so far; for `incomplete` with what came last. */
  readonly received: Uint8Array;
  /** APDUs sent. */
  readonly exchanges: number;
}

/** How a script ended that was not done to its end. */
export interface NativeScriptOutcome {
  readonly end: "stopped" | "asked" | "unexpected" | "broken";
  /** All answers, one behind the other, and where each ends. */
  readonly answers: Uint8Array;
  readonly ends: Uint32Array;
  /** For `broken`: the step after the last answer. */
  readonly broken?: NativeBrokenExchange;
}

/** Live objects of one environment, for tests and leak checks. */
export interface NativeStatistics {
  readonly contexts: number;
  readonly cards: number;
  readonly waits: number;
  readonly threads: number;
  readonly pendingOperations: number;
}

/** Everything one JavaScript environment (main thread or worker) owns. */
export class Environment {
  constructor(wake: Wake);
  /** One per environment, asked for once. */
  handOff(): NativeHandOff;
  /**
   * Loads the PC/SC library if need be and establishes a context. `waitsAwake` lets threads of its
   * cards, and `take`, spin for a while instead of sleeping. Value: `Context`.
   */
  establishContext(
    scope: number,
    library: LibrarySource,
    waitsAwake: boolean | undefined,
  ): OperationId;
  /** Waits until the service runs: SCardAccessStartedEvent, winscard only. Value: undefined. */
  serviceStarted(library: LibrarySource): OperationId;
  /**
   * Makes a file if need be and locks it for this object alone, against other processes too, which
   * the kernel undoes when the process dies. Waits until nobody else has it. Value: FileLock.
   */
  lockFile(path: string): OperationId;
  /**
   * Settles a pending operation with SCARD_E_CANCELLED at once. One that waits for its turn never
   * runs; a wait is interrupted; anything else runs to its end unseen and is then undone.
   * False when the operation has already finished.
   */
  cancel(operation: OperationId): boolean;
  /** Lets a pending operation keep the process alive: the default. Nothing when it has finished. */
  ref(operation: OperationId): void;
  /** Lets the process end although the operation is pending. Nothing when it has finished. */
  unref(operation: OperationId): void;
  statistics(): NativeStatistics;
}

export class Context {
  private constructor();
  /** Value: boolean. */
  isValid(): OperationId;
  /** Value: string[]; empty when there is no reader. */
  listReaders(groups: readonly string[] | undefined): OperationId;
  /** Value: string[]. */
  listReaderGroups(): OperationId;
  /**
   * Waits until a reader's state differs from the one given. `timeout` in milliseconds,
   * 0xFFFFFFFF waits for ever. Value: NativeReaderState[].
   */
  getStatusChange(
    readers: readonly string[],
    currentStates: readonly number[],
    timeout: number,
  ): OperationId;
  /** Ends every pending getStatusChange of this context with SCARD_E_CANCELLED. */
  cancel(): void;
  /** `shareMode` 1 exclusive, 2 shared, 3 direct. Value: NativeConnection. */
  connect(reader: string, shareMode: number, protocols: number, disposition: number): OperationId;

  // The winscard database, locating, metadata, cache and audit. With pcsclite all of them fail as
  // "function-missing". GUIDs are `{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}`, in either case.

  /** `atr` 1 to 33 bytes; `mask` as long, undefined: every bit. Value: undefined. */
  introduceCardType(
    name: string,
    primaryProvider: string | undefined,
    interfaces: readonly string[],
    atr: Uint8Array | undefined,
    mask: Uint8Array | undefined,
  ): OperationId;
  /** Value: undefined. */
  forgetCardType(name: string): OperationId;
  /** `atr` is as long as it says itself. "in-transaction" while one is open. Value: string[]. */
  listCards(atr: Uint8Array | undefined, interfaces: readonly string[]): OperationId;
  /** Value: string[], GUIDs in upper case. */
  listInterfaces(name: string): OperationId;
  /** Value: string, a GUID in upper case. */
  getProviderId(name: string): OperationId;
  /** Value: string. */
  getCardTypeProviderName(name: string, id: number): OperationId;
  /** Value: undefined. */
  setCardTypeProviderName(name: string, id: number, value: string): OperationId;
  /** Value: undefined. */
  introduceReader(reader: string, device: string): OperationId;
  /** Value: undefined. */
  forgetReader(reader: string): OperationId;
  /** Value: undefined. */
  introduceReaderGroup(group: string): OperationId;
  /** Value: undefined. */
  forgetReaderGroup(group: string): OperationId;
  /** Value: undefined. */
  addReaderToGroup(reader: string, group: string): OperationId;
  /** Value: undefined. */
  removeReaderFromGroup(reader: string, group: string): OperationId;
  /** Looks once. "in-transaction" while one is open. Value: NativeReaderState[]. */
  locateCards(
    cardTypes: readonly string[],
    readers: readonly string[],
    currentStates: readonly number[],
  ): OperationId;
  /** `atrs` and `masks` alike in number and lengths. Value: NativeReaderState[]. */
  locateCardsByAtr(
    atrs: readonly Uint8Array[],
    masks: readonly Uint8Array[],
    readers: readonly string[],
    currentStates: readonly number[],
  ): OperationId;
  /** Value: number. */
  getDeviceTypeId(reader: string): OperationId;
  /** Value: Uint8Array. */
  getReaderIcon(reader: string): OperationId;
  /** Value: string. */
  getReaderDeviceInstanceId(reader: string): OperationId;
  /** Value: string[]; empty when there is no such reader. */
  listReadersWithDeviceInstanceId(instanceId: string): OperationId;
  /** Value: Uint8Array. */
  readCache(card: string, freshness: number, name: string): OperationId;
  /** Value: undefined. */
  writeCache(card: string, freshness: number, name: string, data: Uint8Array): OperationId;
  /** `event` 0 the card holder's verification failed, 1 it succeeded. Value: undefined. */
  audit(event: number): OperationId;

  /** Closes its cards, then itself. Value: undefined. */
  close(): OperationId;
}

/** One SCardTransmit, or a change of power that the connection brought about; native/core/card_trace.h. */
export interface NativeTraceEvent {
  readonly kind: "exchange" | "reset" | "unpower";
  /** As sent; empty for a change of power. */
  readonly command: Uint8Array;
  readonly response: Uint8Array;
  /** What SCardTransmit returned; 0 for success. */
  readonly failure: number;
}

/**
 * One connection. It has its own PC/SC context, thread and queue. `lane` is 0 for calls outside
 * a transaction, else what `beginTransaction` gave. APDUs go by `NativeHandOff`.
 */
export class Card {
  private constructor();
  /** Value: Uint8Array. */
  control(lane: number, code: number, input: Uint8Array): OperationId;
  /** Value: Uint8Array. */
  getAttrib(lane: number, attribute: number): OperationId;
  /** Value: undefined. */
  setAttrib(lane: number, attribute: number, value: Uint8Array): OperationId;
  /** Exchanges since the reader was plugged in, winscard only. Value: number. */
  getTransmitCount(lane: number): OperationId;
  /** Value: NativeCardStatus. */
  status(lane: number): OperationId;
  /** `initialization` 0 leave, 1 reset, 2 unpower. Value: protocol bits. */
  reconnect(
    lane: number,
    shareMode: number,
    protocols: number,
    initialization: number,
  ): OperationId;
  /** Keeps what happens on the connection from now on for `takeTrace`. Value: undefined. */
  trace(lane: number): OperationId;
  /** What has happened since the last time, in order. */
  takeTrace(): NativeTraceEvent[];
  /**
   * Takes the card's lock. Value: the lane of the transaction (> 0). `disposition` is applied if
   * the transaction is ended by close, collection or exit.
   */
  beginTransaction(disposition: number): OperationId;
  /** Ends the transaction of `lane`; what is still queued on it fails as "transaction-ended". */
  endTransaction(lane: number, disposition: number): OperationId;
  /** Ends an open transaction, disconnects and releases. Value: undefined. */
  disconnect(disposition: number): OperationId;
}

/** A locked file. Collected, it gives the lock back too. */
export class FileLock {
  private constructor();
  /** Gives the lock back. Nothing a second time. */
  release(): void;
}

/** How `VirtualSubsystem.addReader` is told of a reader. What is left out has a default. */
export interface NativeReaderOptions {
  readonly name: string;
  readonly vendor?: string;
  readonly type?: string;
  readonly serial?: string;
  readonly deviceInstanceId?: string;
  readonly version?: number;
  readonly channelId?: number;
  readonly maxInput?: number;
  readonly pinPad?: boolean;
  readonly ejectsCards?: boolean;
  /** Microseconds per exchange. */
  readonly latencyUs?: number;
  /** Line speed; 0 is no limit. */
  readonly bytesPerSecond?: number;
}

/** A virtual reader seen from outside PC/SC. */
export interface NativeReaderSnapshot {
  readonly attached: boolean;
  readonly cardPresent: boolean;
  readonly powered: boolean;
  readonly mute: boolean;
  readonly exclusive: boolean;
  readonly locked: boolean;
  readonly busy: boolean;
  readonly connections: number;
  readonly eventCount: number;
  readonly transmitCount: number;
  readonly atr: Uint8Array;
}

/** One planned fault: which exchange it strikes (1 the next), how many (0 all from then on). */
export interface NativeFault {
  readonly kind:
    | "remove-before"
    | "remove-during"
    | "unplug"
    | "stop-service"
    | "delay"
    | "truncate"
    | "oversize"
    | "mute"
    | "more-data"
    | "wrong-length";
  readonly exchange?: number;
  readonly count?: number;
  readonly bytes?: number;
  readonly delayUs?: number;
}

/** One thing a user does at a virtual PIN pad. */
export interface NativePinEntry {
  readonly action: "digits" | "cancel" | "timeout";
  readonly digits?: string;
}

/** What lives in a virtual subsystem. */
export interface NativeSubsystemStatistics {
  readonly readers: number;
  readonly contexts: number;
  readonly connections: number;
  readonly waits: number;
  readonly calls: number;
}

/**
 * What became of another process's call: done, or the connection has gone, does not hold the lock,
 * would have to wait for another one's lock, or for an exchange.
 */
export type NativeForeignOutcome = "done" | "gone" | "not-locked" | "locked" | "busy";

/** The embedded resource manager. Its methods take effect at once and wait for no card. */
export class VirtualSubsystem {
  constructor(profile: "pcsclite" | "windows");
  /** False when the name is empty, taken or reserved. */
  addReader(options: NativeReaderOptions): boolean;
  removeReader(reader: string): boolean;
  readers(): string[];
  snapshot(reader: string): NativeReaderSnapshot;
  /** False without such a reader or when a card is in it. */
  insertCard(reader: string, card: HandlerCard | IsoCard): boolean;
  removeCard(reader: string): boolean;
  stopService(): void;
  startService(): void;
  addFault(reader: string, fault: NativeFault): boolean;
  clearFaults(reader: string): boolean;
  /** A connection that stands for another process; 0 when refused. */
  connectForeign(reader: string, exclusive: boolean): number;
  lockForeign(connection: number): NativeForeignOutcome;
  unlockForeign(connection: number, disposition: number): NativeForeignOutcome;
  disconnectForeign(connection: number, disposition: number): NativeForeignOutcome;
  queuePinEntry(reader: string, entry: NativePinEntry): boolean;
  setAttribute(reader: string, attribute: number, value: Uint8Array): boolean;
  statistics(): NativeSubsystemStatistics;
}

/** What a reader does with a `HandlerCard`. */
export interface NativeCardRequest {
  readonly kind: "command" | "power-on" | "reset" | "power-off";
  /** Names the exchange of a command; 0 otherwise. */
  readonly exchange: number;
  readonly command: Uint8Array;
  /** Protocol bits. */
  readonly protocol: number;
}

/** A virtual card whose commands JavaScript answers, on the JavaScript thread. */
export class HandlerCard {
  constructor(atr: Uint8Array, handle: (requests: readonly NativeCardRequest[]) => void);
  /** Answers a command. False when nobody waits for it any more. */
  respond(exchange: number, response: Uint8Array): boolean;
  /** Leaves a command unanswered. */
  mute(exchange: number): boolean;
  /** The ATR from the next power-up on; empty for a card that does not answer to reset. */
  setAtr(atr: Uint8Array): void;
}

/** Who may do something with a file or data object of an `IsoCard`. */
export interface NativeIsoAccess {
  readonly rule: "always" | "never" | "pin" | "key";
  /** The PIN or key. */
  readonly reference?: number;
}

/** A file of an `IsoCard`; `FileDescription` in native/core/virtual/iso_description.h. */
export interface NativeIsoFile {
  readonly kind: "df" | "transparent" | "linear-fixed" | "linear-variable" | "cyclic";
  readonly identifier?: number;
  readonly shortIdentifier?: number;
  readonly name?: Uint8Array;
  readonly content?: Uint8Array;
  readonly capacity?: number;
  readonly records?: readonly { readonly bytes: Uint8Array }[];
  readonly recordSize?: number;
  readonly maxRecords?: number;
  readonly tlvRecords?: boolean;
  readonly read?: NativeIsoAccess;
  readonly update?: NativeIsoAccess;
  readonly children?: readonly NativeIsoFile[];
}

/** What an `IsoCard` is made of; `CardDescription` in native/core/virtual/iso_description.h. */
export interface NativeIsoDescription {
  readonly atr?: Uint8Array;
  readonly mf: NativeIsoFile;
  readonly pins?: readonly {
    readonly reference: number;
    readonly value: Uint8Array;
    readonly maxTries?: number;
    readonly unblockingCode?: Uint8Array;
    readonly maxUnblockingTries?: number;
    readonly minLength?: number;
    readonly reset?: NativeIsoAccess;
  }[];
  readonly keys?: readonly { readonly reference: number; readonly value: Uint8Array }[];
  readonly objects?: readonly {
    readonly tag: number;
    readonly value: Uint8Array;
    readonly read?: NativeIsoAccess;
    readonly update?: NativeIsoAccess;
  }[];
  readonly extendedLength?: boolean;
  readonly commandChaining?: boolean;
  readonly tcosListing?: boolean;
  readonly channels?: number;
  readonly seed?: number;
}

/** The built-in card of ISO/IEC 7816-4. */
export class IsoCard {
  /** Throws a TypeError that says in words what is wrong with the description. */
  constructor(description: NativeIsoDescription);
}

/** Where a `VpcdBridge` connects to. What is left out has a default. */
export interface NativeVpcdOptions {
  readonly host?: string;
  readonly port?: number;
  /** Longest pause between two attempts, in milliseconds. */
  readonly longestPauseMs?: number;
}

/** What happened to a `VpcdBridge`. After `closed` there is no other. */
export interface NativeVpcdEvent {
  readonly kind: "connected" | "lost" | "failed" | "closed";
  /** Why an attempt failed, in the system's words; empty otherwise. */
  readonly message: string;
}

/** A card in a reader of vsmartcard's vpcd driver, over TCP, on a thread of its own. */
export class VpcdBridge {
  /** Connects, again and again, until it is closed. `handle` is told on the JavaScript thread. */
  constructor(
    card: HandlerCard | IsoCard,
    options: NativeVpcdOptions,
    handle: (events: readonly NativeVpcdEvent[]) => void,
  );
  /** False for a fault that a card cannot bring about: `unplug` and `stop-service`. */
  addFault(fault: NativeFault): boolean;
  clearFaults(): void;
  /** Whether the bridge keeps the process alive. At first it does not. */
  keepAlive(wanted: boolean): void;
  /** Takes the card out. `closed` follows. */
  close(): void;
}

/** SCARD_CTL_CODE of this platform: `function` 0 to 0xFFFF. */
export function controlCode(code: number): number;
