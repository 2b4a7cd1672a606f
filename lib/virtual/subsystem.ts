import { checkOneOf, checkOptions } from "../arguments.js";
import { illegalConstructor, inspectable } from "../inspect.js";
import { VirtualReaderError } from "./errors.js";
import { type NativeSubsystem, virtualBinding } from "./native.js";
import { VirtualReader } from "./reader.js";
import { type VirtualReaderOptions, checkReaderOptions } from "./reader-options.js";
import { setSubsystemHandle } from "./subsystem-handle.js";

/** Which resource manager a virtual subsystem behaves like; docs/virtual.md lists the differences. */
export type VirtualProfile = "pcsclite" | "windows";

/** Options of {@link createVirtualSubsystem}. */
export interface VirtualSubsystemOptions {
  /** Default: this platform's; pcsclite also on macOS. */
  readonly profile?: VirtualProfile | undefined;
}

/** What lives in a virtual subsystem. All but `readers` are 0 once programs have let go. */
export interface VirtualStatistics {
  /** Attached readers. */
  readonly readers: number;
  /** Established contexts. */
  readonly contexts: number;
  /** Open connections, other processes' included. */
  readonly connections: number;
  /** Waits for a change. */
  readonly waits: number;
  /** Calls that run or wait, waits included. */
  readonly calls: number;
}

const key = Symbol("VirtualSubsystem");

/**
 * A smart card subsystem inside this process, from {@link createVirtualSubsystem}: a resource
 * manager with virtual readers, for `establishContext({ subsystem })`. Any number may live side by
 * side; none sees another's readers, or the machine's.
 */
export class VirtualSubsystem {
  /** Which resource manager it behaves like. */
  readonly profile: VirtualProfile;
  readonly #native: NativeSubsystem;
  readonly #readers = new Map<string, VirtualReader>();

  /** @internal Use {@link createVirtualSubsystem}. */
  constructor(symbol: symbol, profile: VirtualProfile) {
    if (symbol !== key) {
      throw illegalConstructor("VirtualSubsystem", "createVirtualSubsystem()");
    }
    this.profile = profile;
    this.#native = new (virtualBinding().VirtualSubsystem)(profile);
    setSubsystemHandle(this, this.#native);
  }

  /** The readers that are plugged in, in the order in which programs see them. */
  get readers(): readonly VirtualReader[] {
    return this.#native
      .readers()
      .map((name) => this.#readers.get(name))
      .filter((reader) => reader !== undefined);
  }

  /**
   * Plugs a new reader in.
   *
   * @param reader Its name, or more about it.
   * @throws {VirtualReaderError} `ERR_SCARD_VIRTUAL_READER_EXISTS` when an attached reader has the
   *   name.
   */
  addReader(reader: string | VirtualReaderOptions): VirtualReader {
    const options = checkReaderOptions(reader);
    if (!this.#native.addReader(options)) {
      throw new VirtualReaderError("ERR_SCARD_VIRTUAL_READER_EXISTS", options.name);
    }
    return new VirtualReader(this.#native, options, this.#readers);
  }

  /**
   * Stops the service, as when a daemon dies: contexts are lost and waits end. Readers and cards
   * stay.
   */
  stop(): void {
    this.#native.stopService();
  }

  /** Starts the service again; programs need new contexts. Nothing happens when it runs. */
  start(): void {
    this.#native.startService();
  }

  /** Counts what is alive, to show that a program lets go of everything. */
  statistics(): VirtualStatistics {
    return Object.freeze(this.#native.statistics());
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const readers = this.readers.map(({ name }) => name);
    return inspectable("VirtualSubsystem", { profile: this.profile, readers });
  }
}

/**
 * A smart card subsystem with no reader yet. Nothing of PC/SC need be installed.
 *
 * @throws {ScardError} `ERR_SCARD_ADDON_NOT_FOUND` when the native part of the package is missing.
 */
export function createVirtualSubsystem(options?: VirtualSubsystemOptions): VirtualSubsystem {
  const given = checkOptions("options", options, ["profile"]);
  const platformProfile = process.platform === "win32" ? "windows" : "pcsclite";
  const profile = checkOneOf("profile", given.profile ?? platformProfile, ["pcsclite", "windows"]);
  return new VirtualSubsystem(key, profile);
}
