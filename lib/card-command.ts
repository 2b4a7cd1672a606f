// ISCardCmd of the Smart Card SDK: a command and its reply in one object.
import { checkInteger, checkOptions } from "./arguments.js";
import { type BytesInput, copyBytes } from "./bytes.js";
import type { CardOperations } from "./card-operations.js";
import { CommandStateError } from "./command-state-error.js";
import { inspectable } from "./inspect.js";
import { CommandApdu, type CommandApduFields } from "./iso7816/command-apdu.js";
import { joinBytes } from "./iso7816/commands/file-words.js";
import { ResponseApdu } from "./iso7816/response-apdu.js";
import { type CallOptions, Limits } from "./limits.js";

/** Options of {@link CardCommand.encapsulate}. */
export interface EncapsulateOptions {
  /** The envelope's class byte. Default: the inner command's. */
  readonly classId?: number | undefined;
}

/**
 * A command that can be changed, and the reply that came to it: `ISCardCmd`. Programs that do not
 * think in this object use `CommandApdu` and `card.iso`.
 */
export class CardCommand {
  #command: CommandApdu | undefined;
  #reply: ResponseApdu | undefined;
  #alternateClassId: number | undefined;

  /** @param command What to begin with. Default: nothing. */
  constructor(command?: CommandApdu | CommandApduFields) {
    if (command !== undefined) {
      this.build(command);
    }
  }

  /** Puts a command in, and the reply out: `BuildCmd`. */
  build(command: CommandApdu | CommandApduFields): void {
    this.#command = command instanceof CommandApdu ? command : new CommandApdu(command);
    this.#reply = undefined;
  }

  /** Empties command and reply: `Clear`. */
  clear(): void {
    this.#command = undefined;
    this.#reply = undefined;
    this.#alternateClassId = undefined;
  }

  /** The command: `Apdu`. @throws {CommandStateError} when there is none. */
  get command(): CommandApdu {
    if (this.#command === undefined) {
      throw new CommandStateError("The command is empty: build one first.");
    }
    return this.#command;
  }

  /** A copy of the command's bytes; empty without one. `ApduLength` is its length. */
  get apdu(): Uint8Array {
    return this.#command?.toBytes() ?? new Uint8Array(0);
  }

  /** Takes a whole command as bytes or hexadecimal text. @throws {ApduError} when it is none. */
  set apdu(bytes: BytesInput) {
    this.build(CommandApdu.from(bytes));
  }

  /** `ClassId`. */
  get classId(): number {
    return this.command.cla;
  }

  set classId(cla: number) {
    this.#change({ cla });
  }

  /** `InstructionId`. */
  get instructionId(): number {
    return this.command.ins;
  }

  set instructionId(ins: number) {
    this.#change({ ins });
  }

  /** `P1`. */
  get p1(): number {
    return this.command.p1;
  }

  set p1(p1: number) {
    this.#change({ p1 });
  }

  /** `P2`. */
  get p2(): number {
    return this.command.p2;
  }

  set p2(p2: number) {
    this.#change({ p2 });
  }

  /** Length of the command data: `P3`. */
  get p3(): number {
    return this.command.data.length;
  }

  /** A copy of the command data: `Data`. */
  get data(): Uint8Array {
    return this.command.data;
  }

  set data(data: BytesInput) {
    this.#change({ data: copyBytes("data", data, 0, 0xffff) });
  }

  /** The most response data wanted; undefined for none: `LeField`. */
  get le(): number | undefined {
    return this.command.le;
  }

  set le(le: number | undefined) {
    this.#change({ le });
  }

  /**
   * Class of the commands that fetch the rest of an answer (GET RESPONSE): `AlternateClassId`. Until
   * it is set they have the class of the command itself.
   * @throws {CommandStateError} when it is read before it was set.
   */
  get alternateClassId(): number {
    if (this.#alternateClassId === undefined) {
      throw new CommandStateError("The alternate class id was not set.");
    }
    return this.#alternateClassId;
  }

  set alternateClassId(classId: number) {
    this.#alternateClassId = checkInteger("alternateClassId", classId, 0, 0xfe);
  }

  /** The reply; undefined before one came: `ApduReply`. */
  get reply(): ResponseApdu | undefined {
    return this.#reply;
  }

  set reply(reply: ResponseApdu | BytesInput | undefined) {
    this.#reply =
      reply === undefined || reply instanceof ResponseApdu ? reply : ResponseApdu.from(reply);
  }

  /** The reply's status word: `ReplyStatus`. @throws {CommandStateError} before a reply came. */
  get replyStatus(): number {
    if (this.#reply === undefined) {
      throw new CommandStateError("There is no reply yet: send the command first.");
    }
    return this.#reply.sw;
  }

  /**
   * Wraps the command in an ENVELOPE, as ISO/IEC 7816-4 has it where the transmission protocol
   * cannot carry it (T=0): `Encapsulate`.
   * @param outerCase Case of the envelope: 3 expects no answer, 4 does. Default: 4 if the command
   *   expects one.
   */
  encapsulate(outerCase?: 3 | 4, options?: EncapsulateOptions): void {
    const { classId } = checkOptions("options", options, ["classId"]);
    const inner = this.command;
    const wanted = outerCase ?? (inner.le === undefined ? 3 : 4);
    const answers = checkInteger("outerCase", wanted, 3, 4) === 4;
    this.build({
      cla: classId === undefined ? inner.cla : checkInteger("classId", classId, 0, 0xfe),
      ins: 0xc2,
      p1: 0,
      p2: 0,
      data: inner.toBytes(),
      le: answers ? (inner.le ?? 256) : undefined,
      secret: inner.secret,
    });
  }

  /**
   * Sends the command and keeps the reply: `ISCard::Transaction`. What 61XX announces is fetched with
   * the alternate class, or the command's own; a wrong Le (6CXX) is put right once.
   * @param target A card or a transaction.
   */
  async send(target: CommandTarget, options?: CallOptions): Promise<ResponseApdu> {
    const { command } = this;
    this.#reply = undefined;
    this.#reply = await exchange(target, command, this.#alternateClassId, options);
    return this.#reply;
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return inspectable("CardCommand", { command: this.#command, reply: this.#reply });
  }

  #change(fields: Partial<CommandApduFields>): void {
    this.build(changed(this.#command ?? emptyCommand, fields));
  }
}

/** What {@link CardCommand.send} needs of a card or transaction. */
export type CommandTarget = Pick<CardOperations, "protocol" | "transmitApdu">;

/** GET RESPONSE of 256 bytes each: more than the longest response needs. */
const mostRounds = 257;

const chainingBit = 0x10;

async function exchange(
  target: CommandTarget,
  command: CommandApdu,
  alternateClassId: number | undefined,
  options: CallOptions | undefined,
): Promise<ResponseApdu> {
  const limits = Limits.from(options ?? {});
  const next = async (apdu: CommandApdu): Promise<ResponseApdu> =>
    target.transmitApdu(apdu, { signal: limits?.signal, timeoutMs: limits?.remaining });
  // T=0 has no room for data and Le: the answer is fetched.
  const first = target.protocol === "t0" && command.case === 4 ? without(command) : command;
  let response = await next(first);
  if (response.sw1 === 0x6c) {
    response = await next(changed(first, { le: response.sw2 }));
  }
  const parts: Uint8Array[] = [response.data];
  const cla = alternateClassId ?? command.cla & ~chainingBit;
  for (let round = 0; response.sw1 === 0x61 && round < mostRounds; round += 1) {
    const fields = { cla, ins: 0xc0, p1: 0, p2: 0, le: response.sw2, secret: command.secret };
    response = await next(new CommandApdu(fields));
    parts.push(response.data);
  }
  const status = Uint8Array.of(response.sw1, response.sw2);
  return ResponseApdu.from(joinBytes(...parts, status), { secret: command.secret });
}

function without(command: CommandApdu): CommandApdu {
  return changed(command, { le: undefined });
}

function changed(command: CommandApdu, fields: Partial<CommandApduFields>): CommandApdu {
  const { cla, ins, p1, p2, le, data, secret, extended } = command;
  const form = extended ? "extended" : "auto";
  return new CommandApdu({ cla, ins, p1, p2, data, le, secret, form, ...fields });
}

const emptyCommand = new CommandApdu({ cla: 0, ins: 0, p1: 0, p2: 0 });
