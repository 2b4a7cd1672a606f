import type { NativeCardStatus } from "../binding.js";
import { checkBytes, checkInteger, checkOptions } from "./arguments.js";
import {
  type AttributeName,
  type AttributeValues,
  type SettableAttributeName,
  type SettableAttributeValues,
  attributeId,
  decodeAttribute,
  encodeAttribute,
  isAttributeName,
} from "./attributes.js";
import { type BytesInput, copyBytes } from "./bytes.js";
import { type CardStatus, cardStatus } from "./card-status.js";
import { captureTrace } from "./dispatcher.js";
import type { CardAccess } from "./exchange-calls.js";
import type { ReaderFeatures } from "./features/feature-list.js";
import type { PinModifyOptions, PinVerifyOptions } from "./features/pin-options.js";
import type { PinResult } from "./features/pin-result.js";
import type { TlvProperties } from "./features/tlv-properties.js";
import { FramedOperations } from "./framed-operations.js";
import { IsoCalls } from "./iso7816/commands/calls.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import { type Protocol, checkProtocols, protocolWord, tryProtocols } from "./protocol.js";
import * as readerFeatures from "./reader-features.js";
import {
  type Initialization,
  type ShareMode,
  checkInitialization,
  checkShareMode,
  dispositionNumber,
  shareModeNumber,
} from "./words.js";

/** Options of `reconnect`. */
export interface ReconnectOptions extends CallOptions {
  /** Default: the connection's. */
  readonly shareMode?: ShareMode | undefined;
  /** As for `context.connect`. Default: T=0 and T=1; none for `"direct"`. */
  readonly protocols?: readonly Protocol[] | undefined;
  /** What is done to the card first. Default: `"leave"`. */
  readonly initialization?: Initialization | undefined;
}

const mostBytes = 65_538;

/**
 * The calls that a {@link Card} and a {@link Transaction} share. Calls on one connection run one
 * after the other in the order made, each in the platform's PC/SC library on a thread of its own.
 *
 * All reject with {@link PcscError} when PC/SC fails, {@link ClosedError} after a disconnection or
 * the context's close, {@link TransactionError} when transactions are mixed up (see `Card` and
 * `Transaction`), and {@link ScardArgumentError} before anything is sent for a wrong argument.
 */
export abstract class CardOperations extends FramedOperations {
  readonly #access: CardAccess;
  #iso: IsoCalls | undefined;

  /** Only the package makes cards and transactions. */
  protected constructor(access: CardAccess) {
    super(access);
    this.#access = access;
  }

  /** Protocol agreed on by the last connection or reconnection; null for none (direct). */
  get protocol(): Protocol | null {
    return this.#access.connection.protocol;
  }

  /** The commands of ISO/IEC 7816-4 as calls: build, send, read the answer. docs/commands.md. */
  get iso(): IsoCalls {
    return (this.#iso ??= new IsoCalls(this));
  }

  /**
   * Sends a control code to the reader's driver: SCardControl.
   *
   * @param code 32 bits, from {@link controlCode} or {@link CardOperations.features}.
   * @param input Up to 65 538 bytes: bytes or hexadecimal text. Copied. Default: none.
   * @returns What the driver answered.
   */
  async control(code: number, input?: BytesInput, options?: CallOptions): Promise<Uint8Array> {
    const checkedCode = checkInteger("code", code, 0, 0xffffffff);
    const bytes = input === undefined ? new Uint8Array(0) : copyBytes("input", input, 0, mostBytes);
    const limits = checkCallOptions(options);
    return readerFeatures.control(this.#access, checkedCode, bytes, limits);
  }

  /**
   * Reads an attribute of the reader or card: SCardGetAttrib. Which ones there are is the driver's
   * choice; a missing one rejects, with a code that differs between drivers.
   *
   * @param attribute A name, for a decoded value, or a number (dwAttrId), for its bytes.
   * @throws {MalformedDataError} (rejects) when the bytes cannot be such a value.
   */
  async getAttribute<Name extends AttributeName>(
    attribute: Name,
    options?: CallOptions,
  ): Promise<AttributeValues[Name]>;
  async getAttribute(attribute: number, options?: CallOptions): Promise<Uint8Array>;
  async getAttribute(attribute: AttributeName | number, options?: CallOptions): Promise<unknown> {
    const trace = captureTrace();
    const id = attributeId(attribute);
    const limits = checkCallOptions(options);
    const { connection, enter, group } = this.#access;
    const lane = enter();
    return connection.run({
      call: "SCardGetAttrib",
      begin: (native) => native.getAttrib(lane, id),
      finish: (bytes: Uint8Array): unknown =>
        isAttributeName(attribute) ? decodeAttribute(attribute, bytes) : bytes,
      limits,
      group,
      trace,
    });
  }

  /**
   * Sets an attribute: SCardSetAttrib. Few drivers allow it.
   *
   * @param attribute A name or a number (dwAttrId).
   * @param value The decoded value for a name that has one, else up to 65 538 bytes.
   */
  async setAttribute<Name extends SettableAttributeName>(
    attribute: Name,
    value: SettableAttributeValues[Name] | Uint8Array,
    options?: CallOptions,
  ): Promise<void>;
  async setAttribute(
    attribute: AttributeName | number,
    value: Uint8Array,
    options?: CallOptions,
  ): Promise<void>;
  async setAttribute(
    attribute: AttributeName | number,
    value: unknown,
    options?: CallOptions,
  ): Promise<void> {
    const trace = captureTrace();
    const id = attributeId(attribute);
    const bytes = attributeBytes(attribute, value);
    const limits = checkCallOptions(options);
    const { connection, enter, group } = this.#access;
    const lane = enter();
    return connection.run({
      call: "SCardSetAttrib",
      begin: (native) => native.setAttrib(lane, id, bytes),
      finish: () => undefined,
      limits,
      group,
      trace,
    });
  }

  /** State of the card, protocol, ATR and the reader's names: SCardStatus. */
  async status(options?: CallOptions): Promise<CardStatus> {
    const trace = captureTrace();
    const limits = checkCallOptions(options);
    const { connection, enter, group } = this.#access;
    const lane = enter();
    const status = await connection.run({
      call: "SCardStatus",
      begin: (native) => native.status(lane),
      finish: (native: NativeCardStatus) => native,
      limits,
      group,
      trace,
    });
    const readers = await connection.programNames(status.readers);
    return cardStatus(connection.reader, { ...status, readers });
  }

  /**
   * Takes the connection up again after a reset or removal, or with other settings:
   * SCardReconnect. Protocols are tried as by `context.connect`. Inside a transaction the lock
   * survives with pcsclite and is lost on Windows.
   *
   * @returns The protocol agreed on; null for none (direct).
   */
  async reconnect(options?: ReconnectOptions): Promise<Protocol | null> {
    const trace = captureTrace();
    const given = checkOptions("options", options, reconnectKeys);
    const { connection, enter, group } = this.#access;
    const shareMode = checkShareMode(given.shareMode ?? connection.shareMode);
    const protocols = checkProtocols(given.protocols, shareMode);
    const initialization = checkInitialization(given.initialization ?? "leave");
    const limits = Limits.from(given);
    return tryProtocols(protocols, async (bits) => {
      const lane = enter();
      return connection.run({
        call: "SCardReconnect",
        begin: (native) =>
          native.reconnect(
            lane,
            shareModeNumber(shareMode),
            bits,
            dispositionNumber(initialization),
          ),
        finish: (protocol: number) => {
          connection.shareMode = shareMode;
          connection.protocol = protocolWord(protocol);
          connection.features = undefined;
          return connection.protocol;
        },
        limits,
        group,
        trace,
      });
    });
  }

  /**
   * What the reader can do beyond APDUs: the feature request of PC/SC part 10, 2.2. Read once per
   * connection. A driver that does not know the request has no feature.
   *
   * @throws {MalformedDataError} (rejects) when the driver's list is malformed.
   */
  async features(options?: CallOptions): Promise<ReaderFeatures> {
    return readerFeatures.features(this.#access, checkCallOptions(options));
  }

  /**
   * The reader's properties: feature `tlvProperties` of PC/SC part 10, 2.6.14.
   *
   * @throws {UnsupportedFeatureError} (rejects) when the reader lacks the feature.
   * @throws {MalformedDataError} (rejects) when the reader's answer is malformed.
   */
  async tlvProperties(options?: CallOptions): Promise<TlvProperties> {
    return readerFeatures.tlvProperties(this.#access, checkCallOptions(options));
  }

  /**
   * Has the user enter a PIN on the reader's own keys and the reader send it to the card: feature
   * `verifyPinDirect` of PC/SC part 10, 2.5.2. The PIN never comes near the program. The reader has
   * its own time limit (`timeoutSeconds`).
   *
   * @param pin The command and how the PIN is written into it.
   * @throws {UnsupportedFeatureError} (rejects) when the reader has no PIN pad.
   */
  async verifyPin(pin: PinVerifyOptions, options?: CallOptions): Promise<PinResult> {
    return readerFeatures.verifyPin(this.#access, pin, checkCallOptions(options));
  }

  /**
   * Has the user enter a new PIN, and the old one if asked, on the reader's own keys: feature
   * `modifyPinDirect` of PC/SC part 10, 2.5.3.
   *
   * @param pin The command and how the PINs are written into it.
   * @throws {UnsupportedFeatureError} (rejects) when the reader has no PIN pad.
   */
  async modifyPin(pin: PinModifyOptions, options?: CallOptions): Promise<PinResult> {
    return readerFeatures.modifyPin(this.#access, pin, checkCallOptions(options));
  }
}

const reconnectKeys = ["shareMode", "protocols", "initialization", ...callOptionKeys] as const;

export function checkCallOptions(options: CallOptions | undefined): Limits | undefined {
  return Limits.from(checkOptions("options", options, callOptionKeys));
}

function attributeBytes(attribute: AttributeName | number, value: unknown): Uint8Array {
  if (typeof attribute === "number" || value instanceof Uint8Array) {
    return checkBytes("value", value, 0, mostBytes);
  }
  return encodeAttribute(attribute as SettableAttributeName, value as never);
}
