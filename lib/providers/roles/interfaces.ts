// The roles that vendors' service providers have in the Smart Card SDK (ISCardManage and what it
// makes), as interfaces of this package's own: Microsoft gave them as a pattern, not as components.
import type { BytesInput } from "../../bytes.js";
import type { Card } from "../../card.js";
import type { ReconnectOptions } from "../../card-operations.js";
import type { CardStatus } from "../../card-status.js";
import type { TlvElement } from "../../iso7816/ber-tlv.js";
import type { CardCapabilities, CardServiceData } from "../../iso7816/card-capabilities.js";
import type { FileControl } from "../../iso7816/commands/file-control.js";
import type { PinValue } from "../../iso7816/commands/pin-value.js";
import type { SecretReference } from "../../iso7816/commands/reference.js";
import type { ReferenceDataResult } from "../../iso7816/commands/send.js";
import type { TlvInput } from "../../iso7816/ber-tlv-encode.js";
import type { CallOptions } from "../../limits.js";
import type { Protocol } from "../../protocol.js";
import type { Disposition } from "../../words.js";
import { defineInterface } from "../card-interface.js";

/** A card's lock, held: ends with {@link CardManagement.unlock} or `await using`. */
export type CardLock = AsyncDisposable;

/** `ISCardManage`: the connection, its lock, and the way to the other roles. */
export interface CardManagement {
  readonly card: Card;
  readonly reader: string;
  readonly protocol: Protocol | null;
  /** `CreateFileAccess`. The same object every time. */
  readonly files: CardFileAccess;
  /** `CreateCHVerification`. The same object every time. */
  readonly verification: CardVerification;
  /** `CreateCardAuth`. The same object every time. */
  readonly authentication: CardAuthentication;
  /** Keeps other programs from the card until it is unlocked: `SCardLock`. */
  lock(options?: CallOptions): Promise<CardLock>;
  /** `SCardUnlock`. Does nothing when it is not locked. */
  unlock(disposition?: Disposition, options?: CallOptions): Promise<void>;
  /** `Status`. */
  status(options?: CallOptions): Promise<CardStatus>;
  /** `Reconnect`. What was selected is forgotten. */
  reconnect(options?: ReconnectOptions): Promise<Protocol | null>;
}

/** How a file or directory is referred to. */
export type FileReference =
  | { readonly name: BytesInput }
  | { readonly id: number }
  | { readonly sfi: number }
  | { readonly path: readonly number[] };

/** Where {@link CardFileAccess.changeDirectory} can go. */
export type DirectoryReference = Exclude<FileReference, { readonly sfi: number }> | "mf" | "parent";

/** What is counted from in a seek. */
export type SeekOrigin = "start" | "current" | "end";

/** An open file. Calls after {@link OpenFile.close} reject. */
interface OpenFile extends AsyncDisposable {
  /** What the card says about the file. */
  readonly control: FileControl;
  /** Where the next read or write begins, in objects: bytes or records. */
  readonly position: number;
  readonly closed: boolean;
  /** Moves in objects. Nothing is sent. From `"end"` needs a size that the card tells. */
  seek(offset: number, from?: SeekOrigin): number;
  /** Nothing is sent. */
  close(): void;
}

/** An open transparent EF. */
export interface OpenBinaryFile extends OpenFile {
  readonly kind: "transparent";
  /** The next bytes, in as many commands as needed. Default: to the end. */
  read(length?: number, options?: CallOptions): Promise<Uint8Array>;
  /** Replaces bytes, in as many commands as needed. */
  write(data: BytesInput, options?: CallOptions): Promise<void>;
}

/** An open EF of records. Its position counts records from 0. */
export interface OpenRecordFile extends OpenFile {
  readonly kind: "records";
  /** The next records. Default: to the end. */
  read(count?: number, options?: CallOptions): Promise<Uint8Array[]>;
  /** Replaces the record at the position; at the end appends one. */
  write(record: BytesInput, options?: CallOptions): Promise<void>;
}

/** An application as EF.DIR names it (ISO/IEC 7816-4:2005, 8.2.1.1). Frozen. */
export interface ApplicationEntry {
  /** DF name (4F), a copy: what `changeDirectory({ name })` takes. */
  readonly name: Uint8Array;
  /** Application label (50), as text. */
  readonly label: string | undefined;
  /** File identifiers from the MF (51), without that of the MF. */
  readonly path: readonly number[] | undefined;
  /** Every data object of the entry, to look further with `findTlv`. */
  readonly elements: readonly TlvElement[];
}

/** A file of the current directory that has a short identifier. Frozen. */
export interface FileEntry {
  readonly sfi: number;
  /** Undefined where the card does not let it be read, and so does not tell. */
  readonly kind: "transparent" | "records" | undefined;
}

/** What a card says it can do with files. What it does not say is undefined. Frozen. */
export interface FileCapabilities {
  readonly capabilities: CardCapabilities | undefined;
  readonly services: CardServiceData | undefined;
}

/** `ISCardFileAccess`. */
export interface CardFileAccess {
  /**
   * `GetCurrentDir`: the current directory as far as it is known: identifiers from the MF, or a name.
   * Empty before the first change of directory and after a reset.
   */
  readonly currentDirectory: { readonly path?: readonly number[]; readonly name?: Uint8Array };
  /** `ChangeDir`. */
  changeDirectory(directory: DirectoryReference, options?: CallOptions): Promise<FileControl>;
  /**
   * `Directory`, of the applications on the card: what EF.DIR (2F00 in the MF) names. The current
   * directory stays if it is known; else it is the MF afterwards.
   *
   * @throws {StatusWordError} (rejects) with `notFound` when the card has no EF.DIR.
   * @throws {TlvError} (rejects) for an EF.DIR that is malformed.
   */
  directory(type: "applications", options?: CallOptions): Promise<ApplicationEntry[]>;
  /**
   * `Directory`, of the elementary files in the current directory: ISO/IEC 7816-4 has no list, so
   * every short identifier, 1 to 30, is tried with a READ BINARY of one byte. Files without one are
   * not found.
   *
   * @throws {StatusWordError} (rejects) with `unsupported` when the card cannot do that.
   */
  directory(type: "files", options?: CallOptions): Promise<FileEntry[]>;
  /** `Open`. By path or name the current directory changes with it, as on the card. */
  open(file: FileReference, options?: CallOptions): Promise<OpenBinaryFile | OpenRecordFile>;
  /** `GetProperties`: what the card says of a file, which becomes current. */
  properties(file: FileReference, options?: CallOptions): Promise<FileControl>;
  /**
   * `GetFileCapabilities`: what the historical bytes of the card's ATR say (ISO/IEC 7816-4:2005, 8.1.1).
   * Nothing is sent to the card.
   */
  capabilities(options?: CallOptions): Promise<FileCapabilities>;
  /** `Create`, of a file in the current directory. */
  create(parameters: readonly TlvInput[], options?: CallOptions): Promise<void>;
  /** `Delete`. */
  delete(file: FileReference, options?: CallOptions): Promise<void>;
  /** `Invalidate`. */
  deactivate(file: FileReference, options?: CallOptions): Promise<void>;
  /** `Rehabilitate`. */
  activate(file: FileReference, options?: CallOptions): Promise<void>;
}

/** Which PIN a call of {@link CardVerification} is about. */
export interface VerificationOptions extends CallOptions {
  /** Default: 0x00, no information. */
  readonly reference?: SecretReference | undefined;
}

/** `ISCardVerify`. */
export interface CardVerification {
  /** `Verify`. A wrong PIN is a result and costs a try. */
  verify(pin: PinValue, options?: VerificationOptions): Promise<ReferenceDataResult>;
  /** How many tries are left, without costing one. */
  tries(options?: VerificationOptions): Promise<ReferenceDataResult>;
  /** `ChangeCode`. */
  change(
    oldPin: PinValue,
    newPin: PinValue,
    options?: VerificationOptions,
  ): Promise<ReferenceDataResult>;
  /** `Unblock`. Without a new PIN the old one is good again. */
  unblock(
    unblockingCode: PinValue,
    newPin?: PinValue,
    options?: VerificationOptions,
  ): Promise<ReferenceDataResult>;
  /** Verification is asked for from now on: flag ENABLE. */
  enable(pin?: PinValue, options?: VerificationOptions): Promise<ReferenceDataResult>;
  /** Verification is not asked for from now on: flag DISABLE. */
  disable(pin?: PinValue, options?: VerificationOptions): Promise<ReferenceDataResult>;
  /**
   * `ResetSecurityState`: takes back that the PIN was verified; without a reference resets the card.
   */
  resetSecurityState(options?: VerificationOptions): Promise<void>;
}

/** The key of an authentication. */
export interface AuthenticationOptions extends CallOptions {
  /** Default: 0, the card knows. */
  readonly algorithm?: number | undefined;
  /** Default: 0x00, no information. */
  readonly reference?: SecretReference | undefined;
}

/** `ISCardAuth`. */
export interface CardAuthentication {
  /** `GetChallenge`. Default length: 8 bytes. */
  challenge(length?: number, options?: AuthenticationOptions): Promise<Uint8Array>;
  /**
   * `ICC_Auth`: the card proves itself. `check` is given a random challenge and the card's answer.
   * @param length Bytes of the challenge. Default: 8.
   * @returns What `check` returned.
   */
  authenticateCard(
    check: (challenge: Uint8Array, answer: Uint8Array) => boolean | PromiseLike<boolean>,
    options?: AuthenticationOptions & { readonly length?: number | undefined },
  ): Promise<boolean>;
  /**
   * `APP_Auth`: the program proves itself. `answer` is given the card's challenge. The card is locked
   * meanwhile, so that the challenge stays good.
   * @param length Bytes of the challenge. Default: 8.
   */
  authenticateProgram(
    answer: (challenge: Uint8Array) => BytesInput | PromiseLike<BytesInput>,
    options?: AuthenticationOptions & { readonly length?: number | undefined },
  ): Promise<ReferenceDataResult>;
}

/** {@link CardManagement} as an interface that card types can have. */
export const cardManagement = defineInterface<CardManagement>(
  "{F04F1E2B-D86E-486D-BCCB-B26C4C5D0EF1}",
  "CardManagement",
);
