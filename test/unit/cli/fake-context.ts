// PC/SC without a service: readers, cards and their comings and goings in this process.
import { PcscError } from "../../../lib/errors/index.js";
import { pnpNotification as pnp } from "../../../lib/reader-state.js";
import type { PcscCode } from "../../../lib/errors/index.js";
import { fromHex, toHex } from "../../../lib/bytes.js";
import type { CliDatabase } from "../../../lib/cli/card-database.js";
import type {
  CliCallOptions,
  CliCard,
  CliConnectOptions,
  CliContext,
  CliReaderState,
} from "../../../lib/cli/io.js";

/** What a fake card answers: response by command, both in hexadecimal. */
export type Answers = Readonly<Record<string, string>>;

interface Slot {
  atr: Uint8Array | null;
  eventCount: number;
}

/** A world of readers that tests change while commands look at it. */
export class FakeService {
  /** Every call made, with what tells calls apart. */
  readonly calls: string[] = [];
  readonly connections: (CliConnectOptions & { reader: string })[] = [];
  answers: Answers = {};
  /** Fails the call of this name with a code. */
  failure: { call: string; code: PcscCode } | undefined;
  running = true;
  openContexts = 0;
  readonly #slots = new Map<string, Slot>();
  readonly #waiters = new Set<() => void>();
  /** Resolves each time somebody starts to wait for a change. */
  #onWait: (() => void) | undefined;

  addReader(name: string, atr?: string): this {
    this.#slots.set(name, { atr: atr === undefined ? null : fromHex(atr), eventCount: 0 });
    this.#notify();
    return this;
  }

  removeReader(name: string): void {
    this.#slots.delete(name);
    this.#notify();
  }

  insert(name: string, atr: string): void {
    this.#change(name, fromHex(atr), 1);
  }

  remove(name: string): void {
    this.#change(name, null, 1);
  }

  /** Out and in again before anybody could look. */
  replace(name: string, atr: string): void {
    this.#change(name, fromHex(atr), 2);
  }

  stop(): void {
    this.running = false;
    this.#notify();
  }

  /** Resolves when a command waits for a change. */
  async waitedFor(): Promise<void> {
    if (this.#waiters.size === 0) {
      await new Promise<void>((resolve) => {
        this.#onWait = resolve;
      });
    }
  }

  readonly establish = async (): Promise<CliContext> => {
    this.check("SCardEstablishContext");
    this.openContexts += 1;
    return Promise.resolve(new FakeContext(this));
  };

  check(call: string, reader?: string): void {
    this.calls.push(call);
    if (!this.running) {
      throw PcscError.of("SCARD_E_NO_SERVICE", call, reader);
    }
    if (this.failure?.call === call) {
      throw PcscError.of(this.failure.code, call, reader);
    }
  }

  names(): string[] {
    return [...this.#slots.keys()];
  }

  state(name: string): CliReaderState {
    const slot = this.#slots.get(name);
    const atr = slot?.atr ?? null;
    const present = atr !== null;
    return {
      reader: name,
      unknown: slot === undefined,
      unavailable: false,
      empty: slot !== undefined && !present,
      present,
      exclusive: false,
      inUse: false,
      mute: false,
      unpowered: false,
      eventCount: name === pnp ? this.#slots.size : (slot?.eventCount ?? 0),
      atr,
      raw: ((slot?.eventCount ?? 0) << 16) | (present ? 0x22 : 0x12),
    };
  }

  /** Resolves at the next change; rejects as PC/SC does. */
  async nextChange({ timeoutMs, signal }: CliCallOptions): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const settle = (how: () => void) => (): void => {
        clearTimeout(timer);
        this.#waiters.delete(onChange);
        signal?.removeEventListener("abort", onAbort);
        how();
      };
      const onChange = settle(resolve);
      const onAbort = settle(() => {
        reject(signal?.reason as Error);
      });
      const timer = setTimeout(
        settle(() => {
          reject(PcscError.of("SCARD_E_TIMEOUT", "SCardGetStatusChange"));
        }),
        timeoutMs ?? 0x7fffffff,
      );
      signal?.addEventListener("abort", onAbort);
      this.#waiters.add(onChange);
      this.#onWait?.();
      this.#onWait = undefined;
    });
  }

  #change(name: string, atr: Uint8Array | null, events: number): void {
    const slot = this.#slots.get(name);
    if (slot === undefined) {
      throw new Error(`the fake has no reader ${name}`);
    }
    slot.atr = atr;
    slot.eventCount += events;
    this.#notify();
  }

  #notify(): void {
    for (const wake of [...this.#waiters]) {
      wake();
    }
  }
}

/** A database without a card type; the commands that change it are tested on the real one. */
const emptyDatabase = { listCardTypes: async () => Promise.resolve([]) } as Partial<CliDatabase>;

class FakeContext implements CliContext {
  readonly database = emptyDatabase as CliDatabase;
  readonly #service: FakeService;

  constructor(service: FakeService) {
    this.#service = service;
  }

  async listReaders(): Promise<readonly string[]> {
    this.#service.check("SCardListReaders");
    return Promise.resolve(this.#service.names());
  }

  async listReaderGroups(): Promise<readonly string[]> {
    this.#service.check("SCardListReaderGroups");
    return Promise.resolve([]);
  }

  async getStatusChange(
    readers: readonly (string | CliReaderState)[],
    options: CliCallOptions = {},
  ): Promise<readonly CliReaderState[]> {
    for (;;) {
      this.#service.check("SCardGetStatusChange");
      const changed = readers.some((asked) => {
        if (typeof asked === "string") {
          return asked !== pnp;
        }
        const now = this.#service.state(asked.reader);
        return now.eventCount !== asked.eventCount || now.unknown !== asked.unknown;
      });
      if (changed) {
        return readers.map((asked) =>
          this.#service.state(typeof asked === "string" ? asked : asked.reader),
        );
      }
      const count = this.#service.names().length;
      await this.#service.nextChange(options);
      if (this.#service.running && this.#service.names().length !== count) {
        return readers.map((asked) =>
          this.#service.state(typeof asked === "string" ? asked : asked.reader),
        );
      }
    }
  }

  track(): never {
    throw new Error("this fake stands still: track the virtual subsystem");
  }

  async locateCards(): Promise<never> {
    return this.#onlyReal();
  }

  async waitForCard(): Promise<never> {
    return this.#onlyReal();
  }

  async selectCard(): Promise<never> {
    return this.#onlyReal();
  }

  async #onlyReal(): Promise<never> {
    return Promise.reject(new Error("this fake has no such call: use the virtual subsystem"));
  }

  async connect(reader: string, options: CliConnectOptions = {}): Promise<CliCard> {
    this.#service.check("SCardConnect", reader);
    this.#service.connections.push({ reader, ...options });
    if (!this.#service.state(reader).present && options.shareMode !== "direct") {
      throw PcscError.of("SCARD_E_NO_SMARTCARD", "SCardConnect", reader);
    }
    return Promise.resolve(new FakeCard(this.#service, reader));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#service.openContexts -= 1;
    this.#service.calls.push("close");
    return Promise.resolve();
  }
}

class FakeCard implements CliCard {
  readonly protocol = "t1";
  readonly reader: string;
  readonly #service: FakeService;

  constructor(service: FakeService, reader: string) {
    this.#service = service;
    this.reader = reader;
  }

  async transmit(command: Uint8Array, options: CliCallOptions = {}): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    const limit = options.timeoutMs === undefined ? "" : ` within ${String(options.timeoutMs)}`;
    this.#service.check("SCardTransmit", this.reader);
    this.#service.calls.push(`command ${toHex(command)}${limit}`);
    const answer = this.#service.answers[toHex(command)];
    if (answer === undefined) {
      throw PcscError.of("SCARD_W_REMOVED_CARD", "SCardTransmit", this.reader);
    }
    return Promise.resolve(fromHex(answer));
  }

  async transaction<Value>(callback: (tx: FakeCard) => Promise<Value>): Promise<Value> {
    this.#service.check("SCardBeginTransaction", this.reader);
    try {
      return await callback(this);
    } finally {
      this.#service.calls.push("SCardEndTransaction");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#service.calls.push("SCardDisconnect");
    return Promise.resolve();
  }
}
