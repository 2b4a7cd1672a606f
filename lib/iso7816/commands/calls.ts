import { disposePatienceMs, released } from "../../gone.js";
import type { CallOptions } from "../../limits.js";
import type { CommandApdu } from "../command-apdu.js";
import { TlvError } from "../format-error.js";
import type { ResponseApdu } from "../response-apdu.js";
import type { GetChallengeOptions, InternalAuthenticateOptions } from "./authenticate.js";
import type { ExternalAuthenticateOptions, GeneralAuthenticateOptions } from "./authenticate.js";
import type { ChangeBinaryOptions, EraseBinaryOptions, ReadBinaryOptions } from "./binary.js";
import type { CommandTraits } from "./build.js";
import { isoCommands, type IsoCommands } from "./builders.js";
import type { GetDataOptions, PutDataOptions } from "./data-object.js";
import { type FileControl, opaqueFileControl, parseFileControl } from "./file-control.js";
import type { CreateFileOptions, FileLifeOptions } from "./file-life.js";
import type { AppendRecordOptions, ChangeRecordOptions } from "./record.js";
import type { EraseRecordOptions, ReadRecordOptions, RecordFile } from "./record.js";
import type { SelectFileOptions } from "./select-file.js";
import * as answers from "./send.js";
import type { CommandSender, ReferenceDataResult } from "./send.js";
import type { ChangePinOptions, ResetRetryCounterOptions } from "./verify.js";
import { unwrap } from "./unwrap.js";
import type { VerificationRequirementOptions, VerifyCommandOptions } from "./verify.js";

/** Options of {@link IsoCalls.readRecords}. */
export type ReadRecordsOptions = Pick<RecordFile, "sfi"> & CommandTraits;

/** The answer to EXTERNAL AUTHENTICATE. */
export interface ExternalAuthenticateResult extends ReferenceDataResult {
  /** What the card answered, with `length`; else empty. */
  readonly data: Uint8Array;
}

/**
 * The commands of ISO/IEC 7816-4 as calls on a card or transaction: `card.iso`, `tx.iso`. Each
 * builds the command that the builder of the same name in {@link isoCommands} gives, sends it and
 * reads the answer.
 *
 * All reject with {@link ScardArgumentError} before the card sees anything, with
 * {@link StatusWordError} when the card refuses, and with whatever sending rejects with.
 */
export class IsoCalls {
  readonly #sender: CommandSender;
  readonly #traits: CommandTraits;
  readonly #build: IsoCommands;

  /**
   * @param sender What sends the commands.
   * @param traits Class id, logical channel and length form of every command. Default: none.
   */
  constructor(sender: CommandSender, traits: CommandTraits = {}) {
    this.#sender = sender;
    this.#traits = { ...traits };
    this.#build = isoCommands.withDefaults(traits);
  }

  /** The same card with other defaults: what is given here replaces what was. */
  withDefaults(traits: CommandTraits): IsoCalls {
    return new IsoCalls(this.#sender, { ...this.#traits, ...traits });
  }

  /** Selects a file and says what the card tells about it. Warnings 6283 to 6285 select as well. */
  async selectFile(file: SelectFileOptions, options?: CallOptions): Promise<FileControl> {
    const response = await this.#send(this.#build.selectFile(file), options);
    const { data } = answers.requireDone("SELECT", response, answers.isSelected);
    try {
      return parseFileControl(data);
    } catch (error) {
      // The file is selected all the same.
      if (error instanceof TlvError) {
        return opaqueFileControl(data);
      }
      throw error;
    }
  }

  /** Bytes of a transparent EF; fewer than asked for at its end. */
  async readBinary(place: ReadBinaryOptions = {}, options?: CallOptions): Promise<Uint8Array> {
    const command = this.#build.readBinary(place);
    const response = await this.#send(command, options);
    const { data } = answers.requireDone("READ BINARY", response, answers.isShortRead);
    return command.ins === 0xb1 ? unwrap(data).subarray(0, place.length) : data;
  }

  async writeBinary(bytes: ChangeBinaryOptions, options?: CallOptions): Promise<void> {
    await this.#write("WRITE BINARY", this.#build.writeBinary(bytes), options);
  }

  async updateBinary(bytes: ChangeBinaryOptions, options?: CallOptions): Promise<void> {
    await this.#write("UPDATE BINARY", this.#build.updateBinary(bytes), options);
  }

  async eraseBinary(place: EraseBinaryOptions = {}, options?: CallOptions): Promise<void> {
    await this.#write("ERASE BINARY", this.#build.eraseBinary(place), options);
  }

  /** A record, or with `from` and `to` several, one after another. */
  async readRecord(record: ReadRecordOptions, options?: CallOptions): Promise<Uint8Array> {
    const command = this.#build.readRecord(record);
    const response = await this.#send(command, options);
    const { data } = answers.requireDone("READ RECORD", response, answers.isShortRead);
    return command.ins === 0xb3 ? unwrap(data).subarray(0, record.length) : data;
  }

  /** All records of a file, the first one first: READ RECORD by number until there is no more. */
  async readRecords(file: ReadRecordsOptions = {}, options?: CallOptions): Promise<Uint8Array[]> {
    const records: Uint8Array[] = [];
    for (let record = 1; record <= 254; record += 1) {
      const response = await this.#send(this.#build.readRecord({ ...file, record }), options);
      if (response.sw === 0x6a83) {
        break;
      }
      records.push(answers.requireDone("READ RECORD", response, answers.isShortRead).data);
    }
    return records;
  }

  async writeRecord(record: ChangeRecordOptions, options?: CallOptions): Promise<void> {
    await this.#write("WRITE RECORD", this.#build.writeRecord(record), options);
  }

  async updateRecord(record: ChangeRecordOptions, options?: CallOptions): Promise<void> {
    await this.#write("UPDATE RECORD", this.#build.updateRecord(record), options);
  }

  async appendRecord(record: AppendRecordOptions, options?: CallOptions): Promise<void> {
    await this.#write("APPEND RECORD", this.#build.appendRecord(record), options);
  }

  async eraseRecord(record: EraseRecordOptions, options?: CallOptions): Promise<void> {
    await this.#write("ERASE RECORD", this.#build.eraseRecord(record), options);
  }

  /** What the card answers: a value alone, or data objects with several `tags` and with `all`. */
  async getData(object: GetDataOptions, options?: CallOptions): Promise<Uint8Array> {
    const response = await this.#send(this.#build.getData(object), options);
    return answers.requireDone("GET DATA", response).data;
  }

  async putData(object: PutDataOptions, options?: CallOptions): Promise<void> {
    await this.#write("PUT DATA", this.#build.putData(object), options);
  }

  /** Response data that waits, for programs that transmit commands as they are. */
  async getResponse(length?: number, options?: CallOptions): Promise<Uint8Array> {
    const response = await this.#send(this.#build.getResponse({ length }), options);
    return answers.requireDone("GET RESPONSE", response).data;
  }

  /**
   * Tries a PIN, or asks how many tries are left when none is given. A wrong PIN is a result, not
   * an error, and costs a try.
   */
  async verify(
    pin: VerifyCommandOptions = {},
    options?: CallOptions,
  ): Promise<ReferenceDataResult> {
    return this.#reference("VERIFY", this.#build.verify(pin), options);
  }

  async changeReferenceData(
    pins: ChangePinOptions,
    options?: CallOptions,
  ): Promise<ReferenceDataResult> {
    const command = this.#build.changeReferenceData(pins);
    return this.#reference("CHANGE REFERENCE DATA", command, options);
  }

  async resetRetryCounter(
    codes: ResetRetryCounterOptions,
    options?: CallOptions,
  ): Promise<ReferenceDataResult> {
    const command = this.#build.resetRetryCounter(codes);
    return this.#reference("RESET RETRY COUNTER", command, options);
  }

  async enableVerification(
    pin: VerificationRequirementOptions = {},
    options?: CallOptions,
  ): Promise<ReferenceDataResult> {
    const command = this.#build.enableVerification(pin);
    return this.#reference("ENABLE VERIFICATION REQUIREMENT", command, options);
  }

  async disableVerification(
    pin: VerificationRequirementOptions = {},
    options?: CallOptions,
  ): Promise<ReferenceDataResult> {
    const command = this.#build.disableVerification(pin);
    return this.#reference("DISABLE VERIFICATION REQUIREMENT", command, options);
  }

  /** Random bytes, good for the next command at least. */
  async getChallenge(
    challenge: GetChallengeOptions = {},
    options?: CallOptions,
  ): Promise<Uint8Array> {
    const response = await this.#send(this.#build.getChallenge(challenge), options);
    return answers.requireDone("GET CHALLENGE", response).data;
  }

  /** The card's answer to a challenge. */
  async internalAuthenticate(
    challenge: InternalAuthenticateOptions,
    options?: CallOptions,
  ): Promise<Uint8Array> {
    const response = await this.#send(this.#build.internalAuthenticate(challenge), options);
    return answers.requireDone("INTERNAL AUTHENTICATE", response).data;
  }

  /** Answers the card's last challenge, or asks how many tries are left. */
  async externalAuthenticate(
    answer: ExternalAuthenticateOptions = {},
    options?: CallOptions,
  ): Promise<ExternalAuthenticateResult> {
    const response = await this.#send(this.#build.externalAuthenticate(answer), options);
    const result = answers.referenceDataResult("EXTERNAL AUTHENTICATE", response);
    return Object.freeze({ ...result, data: response.data });
  }

  /** The card's data objects, without the template (7C) around them. */
  async generalAuthenticate(
    step: GeneralAuthenticateOptions,
    options?: CallOptions,
  ): Promise<Uint8Array> {
    const response = await this.#send(this.#build.generalAuthenticate(step), options);
    const { data } = answers.requireDone("GENERAL AUTHENTICATE", response);
    return unwrap(data, [0x7c]);
  }

  /** Opens a logical channel: the given one, or one that the card chooses. */
  async openChannel(number?: number, options?: CallOptions): Promise<IsoChannel> {
    const command = this.#build.manageChannel({ action: "open", number });
    const response = await this.#send(command, options);
    const { data } = answers.requireDone("MANAGE CHANNEL", response);
    const opened = number ?? data[0] ?? 0;
    return new IsoChannel(this.#sender, { ...this.#traits, channel: opened }, this.#build);
  }

  async createFile(file: CreateFileOptions, options?: CallOptions): Promise<void> {
    await this.#write("CREATE FILE", this.#build.createFile(file), options);
  }

  async deleteFile(file: FileLifeOptions = {}, options?: CallOptions): Promise<void> {
    await this.#write("DELETE FILE", this.#build.deleteFile(file), options);
  }

  async activateFile(file: FileLifeOptions = {}, options?: CallOptions): Promise<void> {
    await this.#write("ACTIVATE FILE", this.#build.activateFile(file), options);
  }

  async deactivateFile(file: FileLifeOptions = {}, options?: CallOptions): Promise<void> {
    await this.#write("DEACTIVATE FILE", this.#build.deactivateFile(file), options);
  }

  async #send(command: CommandApdu, options: CallOptions | undefined): Promise<ResponseApdu> {
    return this.#sender.send(command, options);
  }

  async #write(
    name: string,
    command: CommandApdu,
    options: CallOptions | undefined,
  ): Promise<void> {
    answers.requireDone(name, await this.#send(command, options), answers.isWritten);
  }

  async #reference(
    name: string,
    command: CommandApdu,
    options: CallOptions | undefined,
  ): Promise<ReferenceDataResult> {
    return answers.referenceDataResult(name, await this.#send(command, options));
  }
}

/**
 * A logical channel that {@link IsoCalls.openChannel} opened: the same calls, sent on it. Close it
 * with {@link IsoChannel.close} or `await using`.
 */
export class IsoChannel extends IsoCalls {
  /** 1 to 19. */
  readonly number: number;
  readonly #sender: CommandSender;
  readonly #opener: IsoCommands;
  #closed = false;

  /** @param opener Builds the command that closes, on the channel this one was opened from. */
  constructor(
    sender: CommandSender,
    traits: CommandTraits & { readonly channel: number },
    opener: IsoCommands,
  ) {
    super(sender, traits);
    this.number = traits.channel;
    this.#sender = sender;
    this.#opener = opener;
  }

  /** Closes the channel on the card, whose state on it is lost. A second call does nothing. */
  async close(options?: CallOptions): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    const command = this.#opener.manageChannel({ action: "close", number: this.number });
    const response = await this.#sender.send(command, options);
    answers.requireDone("MANAGE CHANNEL", response);
  }

  /** As {@link IsoChannel.close}; that the card has gone is no error here. */
  async [Symbol.asyncDispose](): Promise<void> {
    await released(this.close({ timeoutMs: disposePatienceMs }));
  }
}
