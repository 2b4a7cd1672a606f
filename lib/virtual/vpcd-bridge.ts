import { EventEmitter } from "node:events";

import { checkInteger, checkOptions, checkString } from "../arguments.js";
import { environment } from "../environment.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { ClosedError } from "../errors/closed-error.js";
import { PcscError } from "../errors/pcsc-error.js";
import { illegalConstructor, inspectable } from "../inspect.js";
import { type CallOptions, Limits, callOptionKeys } from "../limits.js";
import { checkCard } from "./card-handle.js";
import { type CardPlace, type InsertableCard, isElsewhere, setPlace } from "./card-place.js";
import { VpcdError } from "./errors.js";
import { type VirtualFault, checkFault } from "./faults.js";
import { type NativeVpcdBridge, type NativeVpcdEvent, virtualBinding } from "./native.js";

/** Options of {@link connectVpcd}. */
export interface ConnectVpcdOptions {
  /** Where the daemon runs: an address or a name. Default: `"127.0.0.1"`. */
  readonly host?: string | undefined;
  /** The reader's port, 1 to 65 535. Default: 35963, the first reader of vpcd's own setup. */
  readonly port?: number | undefined;
  /**
   * Longest pause between two attempts to connect, in milliseconds, 20 to 3 600 000. The first is
   * 20 ms, each next one twice that. Default: 1000.
   */
  readonly longestPauseMs?: number | undefined;
  /**
   * Takes the card out when it aborts, as {@link VpcdBridge.close} does. While the first connection
   * is still waited for, the call rejects with the signal's reason.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Gives up after this many milliseconds without a driver that speaks to the card. Default, and `Infinity`: no
   * limit, so that the daemon may be started later.
   */
  readonly timeoutMs?: number | undefined;
}

/** Whether the card is in the daemon's reader. */
export type VpcdBridgeState = "connecting" | "connected" | "closed";

/** What listeners of a {@link VpcdBridge} get. */
export interface VpcdBridgeEventMap {
  /** The card is in the driver's reader, which has spoken to it. */
  connected: [];
  /** The connection ended, as when the daemon stops; the bridge tries again by itself. */
  disconnected: [];
  /**
   * It cannot connect, or nobody speaks on the connection before it ends, and goes on trying. Told
   * once for each new reason.
   */
  unreachable: [error: VpcdError];
  /** The card is out, and nothing is left of the bridge. */
  close: [];
}

/** A fault of a card. What only a reader or a service can do is not among them. */
export type VpcdBridgeFault = Exclude<VirtualFault, { readonly kind: "unplug" | "stop-service" }>;

const optionNames = ["host", "port", "longestPauseMs", ...callOptionKeys] as const;
const defaultPort = 0x8c7b;
const longestHost = 253;

const key = Symbol("VpcdBridge");

/** Bridges that are open, which nobody else need keep. */
const open = new Set<VpcdBridge>();

interface CheckedOptions {
  readonly host: string;
  readonly port: number;
  readonly longestPauseMs: number;
}

/**
 * A virtual card in a reader of a real resource manager, from {@link connectVpcd}. It stays until
 * {@link VpcdBridge.close}, its signal, or a fault that takes the card out, and connects again by
 * itself after a restart of the daemon.
 */
export class VpcdBridge extends EventEmitter<VpcdBridgeEventMap> implements CardPlace {
  /** Host of the daemon. */
  readonly host: string;
  /** Port of the reader. */
  readonly port: number;
  readonly #native: NativeVpcdBridge;
  readonly #closed: Promise<void>;
  readonly #waiting = new Set<() => void>();
  #card: InsertableCard | undefined;
  #state: VpcdBridgeState = "connecting";
  #failure: VpcdError | undefined;
  #markClosed: () => void = () => undefined;

  /** @internal Use {@link connectVpcd}. */
  constructor(symbol: symbol, card: InsertableCard, options: CheckedOptions) {
    if (symbol !== key) {
      throw illegalConstructor("VpcdBridge", "connectVpcd()");
    }
    super();
    const native = checkCard(card);
    if (isElsewhere(card, undefined)) {
      throw new VpcdError("ERR_SCARD_VPCD_CARD_ELSEWHERE", options);
    }
    this.host = options.host;
    this.port = options.port;
    this.#card = card;
    this.#closed = new Promise((resolve) => {
      this.#markClosed = resolve;
    });
    // What was made last ends first: the bridge before the threads that others wait for.
    environment();
    this.#native = new (virtualBinding().VpcdBridge)(
      native,
      options,
      VpcdBridge.#handler(new WeakRef(this)),
    );
    setPlace(card, this);
    this.#native.keepAlive(true);
    open.add(this);
  }

  /**
   * What the native bridge calls. It keeps this function, so nothing here may keep the bridge; a
   * closure of the constructor would, by sharing its scope.
   */
  static #handler(self: WeakRef<VpcdBridge>): (events: readonly NativeVpcdEvent[]) => void {
    return (events) => {
      const bridge = self.deref();
      for (const event of events) {
        if (bridge !== undefined) {
          bridge.#take(event);
        }
      }
    };
  }

  /** Whether the card is in the daemon's reader right now. */
  get state(): VpcdBridgeState {
    return this.#state;
  }

  /** The card; undefined once it is out. */
  get card(): InsertableCard | undefined {
    return this.#card;
  }

  /**
   * Settles when the card is in the daemon's reader: at once when it is.
   *
   * @throws {ClosedError} (rejects) when the card was taken out.
   * @throws {PcscError} (rejects) `SCARD_E_TIMEOUT` after `timeoutMs`; its `cause` says why there is
   *   no connection, if that is known.
   */
  async connected(options?: CallOptions): Promise<void> {
    const limits = Limits.from(checkOptions("options", options, callOptionKeys));
    await this.#whenConnected(limits);
  }

  /**
   * Plans a fault of an exchange to come, as `reader.fault()` does. A card that a fault takes out
   * ends the bridge.
   */
  fault(fault: VpcdBridgeFault): void {
    if (!this.#native.addFault(checkFault(fault))) {
      throw new ScardArgumentError("fault.kind", fault.kind, "a fault of the card");
    }
  }

  /** Forgets every planned fault. */
  clearFaults(): void {
    this.#native.clearFaults();
  }

  /** Takes the card out, in the middle of a command if one runs. Settles when it is out. */
  async close(): Promise<void> {
    // Also after unref(): what is awaited must come.
    this.ref();
    this.#native.close();
    await this.#closed;
  }

  /** As {@link VpcdBridge.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Lets the bridge keep the process alive: the default. */
  ref(): this {
    if (this.#state !== "closed") {
      this.#native.keepAlive(true);
    }
    return this;
  }

  /** Lets the process end although the card is in. */
  unref(): this {
    this.#native.keepAlive(false);
    return this;
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return inspectable("VpcdBridge", { host: this.host, port: this.port, state: this.#state });
  }

  async #whenConnected(limits: Limits | undefined): Promise<void> {
    limits?.throwIfOver("connectVpcd", undefined);
    if (this.#state === "connecting") {
      await this.#change(limits);
    }
    if (this.#state === "closed") {
      throw new ClosedError("bridge");
    }
  }

  async #change(limits: Limits | undefined): Promise<void> {
    let wake: () => void = () => undefined;
    const change = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#waiting.add(wake);
    try {
      await (limits?.within(change, "connectVpcd") ?? change);
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#waiting.delete(wake);
    }
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting) {
      wake();
    }
  }

  #explained(error: unknown): unknown {
    const timedOut = error instanceof PcscError && error.code === "SCARD_E_TIMEOUT";
    return timedOut && this.#failure !== undefined
      ? PcscError.of("SCARD_E_TIMEOUT", "connectVpcd", undefined, { cause: this.#failure })
      : error;
  }

  #take(event: NativeVpcdEvent): void {
    switch (event.kind) {
      case "connected":
        this.#state = "connected";
        this.#failure = undefined;
        this.#wakeWaiting();
        this.#tell(() => this.emit("connected"));
        return;
      case "lost":
        this.#state = "connecting";
        this.#tell(() => this.emit("disconnected"));
        return;
      case "failed": {
        const error = new VpcdError("ERR_SCARD_VPCD_UNREACHABLE", this, event.message);
        this.#failure = error;
        this.#tell(() => this.emit("unreachable", error));
        return;
      }
      case "closed":
        this.#state = "closed";
        this.#card = undefined;
        this.#native.keepAlive(false);
        open.delete(this);
        this.#markClosed();
        this.#wakeWaiting();
        this.#tell(() => this.emit("close"));
    }
  }

  /** A listener that throws must not stop the bridge; its error is still the program's to see. */
  #tell(call: () => unknown): void {
    try {
      call();
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }
}

/**
 * Puts a virtual card into a reader of vsmartcard's vpcd driver (TCP), so that every program on
 * that resource manager finds it: `opensc-tool`, `pcsc_scan`, gpg. A thread of the bridge's own
 * speaks to the driver; only the handler of a `VirtualCard` needs the JavaScript thread.
 *
 * @returns The bridge, once the driver has spoken to the card: the daemon asks for a card every half
 *   second at the most. It may be started later. A port on which nobody speaks does not count.
 * @throws {ScardArgumentError} (rejects) for wrong arguments.
 * @throws {VpcdError} (rejects) `ERR_SCARD_VPCD_CARD_ELSEWHERE` when the card is in a reader.
 * @throws {PcscError} (rejects) `SCARD_E_TIMEOUT` after `timeoutMs`; its `cause` says why there is
 *   no connection, if that is known.
 */
export async function connectVpcd(
  card: InsertableCard,
  options?: ConnectVpcdOptions,
): Promise<VpcdBridge> {
  const given = checkOptions("options", options, optionNames);
  const limits = Limits.from(given);
  const checked = {
    host: checkHost(given.host ?? "127.0.0.1"),
    port: checkInteger("port", given.port ?? defaultPort, 1, 0xffff),
    longestPauseMs: checkInteger("longestPauseMs", given.longestPauseMs ?? 1000, 20, 3_600_000),
  };
  limits?.throwIfOver("connectVpcd", undefined);
  const bridge = new VpcdBridge(key, card, checked);
  try {
    const { signal, timeoutMs } = options ?? {};
    await bridge.connected({ signal, timeoutMs });
  } catch (error) {
    await bridge.close();
    throw error;
  }
  closeWith(bridge, limits?.signal);
  return bridge;
}

function closeWith(bridge: VpcdBridge, signal: AbortSignal | undefined): void {
  const close = (): void => {
    void bridge.close();
  };
  signal?.addEventListener("abort", close, { once: true });
  bridge.once("close", () => signal?.removeEventListener("abort", close));
  if (signal?.aborted === true) {
    close();
  }
}

function checkHost(value: unknown): string {
  const host = checkString("host", value);
  if (host === "" || host.length > longestHost || /[\0\s]/.test(host)) {
    throw new ScardArgumentError("host", value, "an address or a host name");
  }
  return host;
}
