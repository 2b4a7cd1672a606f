import { checkInteger, checkOneOf, checkOptions } from "../arguments.js";
import {
  type AttributeName,
  type SettableAttributeName,
  attributeId,
  encodeAttribute,
  isSettableAttributeName,
} from "../attributes.js";
import { type BytesInput, copyBytes } from "../bytes.js";
import { inspectable } from "../inspect.js";
import { checkCard } from "./card-handle.js";
import { type CardPlace, type InsertableCard, isElsewhere, setPlace } from "./card-place.js";
import { VirtualReaderError, type VirtualReaderErrorCode } from "./errors.js";
import { type VirtualFault, checkFault } from "./faults.js";
import { ForeignConnection } from "./foreign-connection.js";
import type { NativeReaderOptions, NativeReaderSnapshot, NativeSubsystem } from "./native.js";
import { VirtualPinPad } from "./pin-pad.js";

/** A virtual reader seen from outside PC/SC. Frozen; a look, not a view. */
export interface VirtualReaderState {
  /** Whether the reader is plugged in. */
  readonly attached: boolean;
  /** Whether a card is in it. */
  readonly cardPresent: boolean;
  /** Whether the card has power. */
  readonly powered: boolean;
  /** Whether the card did not answer to reset. */
  readonly mute: boolean;
  /** Whether a connection has the card for itself. */
  readonly exclusive: boolean;
  /** Whether a transaction is open. */
  readonly locked: boolean;
  /** Whether the card has a command, or is being powered or reset. */
  readonly busy: boolean;
  /** Open connections, other processes' included. */
  readonly connections: number;
  /** Insertions and removals, as `eventCount` of a `ReaderState`. */
  readonly eventCount: number;
  /** Exchanges of APDUs so far. */
  readonly exchangeCount: number;
  /** The card's answer to reset; null when none is known. */
  readonly atr: Uint8Array | null;
}

/** Options of {@link VirtualReader.anotherProcess}. */
export interface ForeignConnectionOptions {
  /** `"shared"` (default) or `"exclusive"`. */
  readonly shareMode?: "shared" | "exclusive" | undefined;
}

/**
 * A virtual reader, from {@link VirtualSubsystem.addReader}. Its methods are what a user's hands, a
 * cable or another process do: they take effect at once, and wait for no card.
 *
 * All throw {@link VirtualReaderError} when the reader is not in a state to do it. An unplugged
 * reader stays what it is, also when another one of its name is plugged in meanwhile.
 */
export class VirtualReader implements CardPlace {
  /** Name of the reader, as programs see it. */
  readonly name: string;
  readonly #native: NativeSubsystem;
  readonly #options: NativeReaderOptions;
  readonly #slots: Map<string, VirtualReader>;
  readonly #pinPad: VirtualPinPad;
  readonly #attributes = new Map<number, Uint8Array>();
  #card: InsertableCard | undefined;

  /** @internal Made by the subsystem, which has plugged it in. `slots`: who is behind each name. */
  constructor(
    native: NativeSubsystem,
    options: NativeReaderOptions,
    slots: Map<string, VirtualReader>,
  ) {
    this.name = options.name;
    this.#native = native;
    this.#options = options;
    this.#slots = slots;
    this.#pinPad = new VirtualPinPad((entry) => {
      this.#act((reader) => native.queuePinEntry(reader, entry));
    });
    slots.set(this.name, this);
  }

  /** What the reader is like right now. */
  get state(): VirtualReaderState {
    const { transmitCount, atr, ...rest } = this.#snapshot();
    return Object.freeze({
      ...rest,
      exchangeCount: transmitCount,
      atr: atr.length === 0 ? null : atr,
    });
  }

  /** Whether the reader is plugged in. */
  get attached(): boolean {
    return this.#snapshot().attached;
  }

  /** The card in the reader, also while it is unplugged. */
  get card(): InsertableCard | undefined {
    this.#forgetTakenCard();
    return this.#card;
  }

  /** The PIN pad of a reader added with `pinPad: true`. */
  get pinPad(): VirtualPinPad {
    if (this.#options.pinPad !== true) {
      throw this.#error("ERR_SCARD_VIRTUAL_NO_PIN_PAD");
    }
    return this.#pinPad;
  }

  /** Puts a card in and powers it up. The card is kept alive for as long as it is in. */
  insert<Inserted extends InsertableCard>(card: Inserted): Inserted {
    const native = checkCard(card);
    this.#checkAttached();
    if (isElsewhere(card, this)) {
      throw this.#error("ERR_SCARD_VIRTUAL_CARD_ELSEWHERE");
    }
    if (!this.#native.insertCard(this.name, native)) {
      throw this.#error("ERR_SCARD_VIRTUAL_CARD_PRESENT");
    }
    this.#card = card;
    setPlace(card, this);
    return card;
  }

  /** Takes the card out, in the middle of a command if one runs. Gives the card. */
  remove(): InsertableCard {
    this.#checkAttached();
    const { card } = this;
    if (!this.#native.removeCard(this.name) || card === undefined) {
      throw this.#error("ERR_SCARD_VIRTUAL_NO_CARD");
    }
    this.#card = undefined;
    return card;
  }

  /** Pulls the reader's cable, in the middle of a command if one runs. A card stays in it. */
  unplug(): void {
    // What a fault has taken out must not come back with the reader.
    this.#forgetTakenCard();
    this.#act((reader) => this.#native.removeReader(reader));
  }

  /** Plugs the reader in again, with the card that is in it. Planned faults are forgotten. */
  plug(): void {
    if (this.attached) {
      throw this.#error("ERR_SCARD_VIRTUAL_READER_PLUGGED");
    }
    if (!this.#native.addReader(this.#options)) {
      throw this.#error("ERR_SCARD_VIRTUAL_READER_EXISTS");
    }
    this.#slots.set(this.name, this);
    for (const [attribute, value] of this.#attributes) {
      this.#native.setAttribute(this.name, attribute, value);
    }
    const card = this.#card;
    if (card !== undefined) {
      this.#card = undefined;
      this.insert(card);
    }
  }

  /** Plans a fault of an exchange to come. Several may be planned; the first one due strikes. */
  fault(fault: VirtualFault): void {
    const checked = checkFault(fault);
    this.#act((reader) => this.#native.addFault(reader, checked));
  }

  /** Forgets every planned fault. */
  clearFaults(): void {
    this.#act((reader) => this.#native.clearFaults(reader));
  }

  /**
   * Presets an attribute, also one that programs cannot set.
   *
   * @param attribute Name or number (dwAttrId).
   * @param value Bytes as the driver gives them; or the decoded value, for an attribute that
   *   `card.setAttribute` takes by name.
   */
  setAttribute(attribute: AttributeName | number, value: BytesInput | number | boolean): void {
    const id = checkInteger("attribute", attributeId(attribute), 0, 0xffffffff);
    const bytes =
      isSettableAttributeName(attribute) &&
      (typeof value === "number" || typeof value === "boolean")
        ? encodeAttribute<SettableAttributeName>(attribute, value)
        : copyBytes("value", value, 0, longestAttribute);
    this.#act((reader) => this.#native.setAttribute(reader, id, bytes));
    this.#attributes.set(id, bytes);
  }

  /**
   * Connects as another process would. A card need not be in.
   *
   * @throws {VirtualReaderError} `ERR_SCARD_VIRTUAL_REFUSED` when the reader is locked or used
   *   exclusively, or is to be exclusive and others are connected.
   */
  anotherProcess(options?: ForeignConnectionOptions): ForeignConnection {
    const given = checkOptions("options", options, ["shareMode"]);
    const shareMode = checkOneOf("shareMode", given.shareMode ?? "shared", ["shared", "exclusive"]);
    this.#checkAttached();
    const id = this.#native.connectForeign(this.name, shareMode === "exclusive");
    if (id === 0) {
      throw this.#error("ERR_SCARD_VIRTUAL_REFUSED");
    }
    return new ForeignConnection(this.#native, this.name, id);
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { attached, cardPresent } = this.state;
    return inspectable("VirtualReader", { name: this.name, attached, cardPresent });
  }

  /** Natively readers are known by name, which may be another one's by now. */
  #snapshot(): NativeReaderSnapshot {
    return this.#slots.get(this.name) === this ? this.#native.snapshot(this.name) : unplugged;
  }

  /** A fault may have taken the card out. */
  #forgetTakenCard(): void {
    const { attached, cardPresent } = this.#snapshot();
    if (attached && !cardPresent) {
      this.#card = undefined;
    }
  }

  #checkAttached(): void {
    if (!this.attached) {
      throw this.#error("ERR_SCARD_VIRTUAL_READER_UNPLUGGED");
    }
  }

  /** Does what only a plugged in reader can; `action` says whether it found one. */
  #act(action: (reader: string) => boolean): void {
    this.#checkAttached();
    if (!action(this.name)) {
      throw this.#error("ERR_SCARD_VIRTUAL_READER_UNPLUGGED");
    }
  }

  #error(code: VirtualReaderErrorCode): VirtualReaderError {
    return new VirtualReaderError(code, this.name);
  }
}

const longestAttribute = 65_536;

const unplugged: NativeReaderSnapshot = {
  attached: false,
  cardPresent: false,
  powered: false,
  mute: false,
  exclusive: false,
  locked: false,
  busy: false,
  connections: 0,
  eventCount: 0,
  transmitCount: 0,
  atr: new Uint8Array(0),
};
