import { checkFunction, checkOptions } from "../arguments.js";
import { fromHex } from "../bytes.js";
import { Card } from "../card.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { IncompleteResponseError } from "../errors/incomplete-response-error.js";
import { ScardError } from "../errors/scard-error.js";
import { CommandApdu } from "../iso7816/command-apdu.js";
import type { PinResult } from "../features/pin-result.js";
import type { Transaction } from "../transaction.js";
import { checkCommand, checkCommandApdu } from "../transmit.js";
import { type TranscriptSink, TranscriptWriter } from "./transcript-writer.js";

/** Options of {@link recordCard}. */
export interface RecordCardOptions {
  /**
   * Says of more commands that they are secret: their data and their responses' are masked. What
   * carries a PIN or key by the standard is masked anyhow; docs/virtual.md lists it.
   */
  readonly isSecret?: ((command: CommandApdu) => boolean) | undefined;
}

type Recorded = Card | Transaction;

/**
 * Writes a transcript of what goes through a connection from now on. It changes nothing of it.
 *
 * @param card Any connection, to a real or a virtual card. Only calls on the result are recorded.
 * @param sink Takes the text, one line with its end at a time.
 * @returns The card to use instead.
 * @throws {PcscError} (rejects) when the card's ATR cannot be read: SCardStatus.
 */
export async function recordCard(
  card: Card,
  sink: TranscriptSink,
  options?: RecordCardOptions,
): Promise<Card> {
  if (!(card instanceof Card)) {
    throw new ScardArgumentError("card", card, "a Card, from context.connect()");
  }
  const given = checkOptions("options", options, ["isSecret"]);
  const isSecret =
    given.isSecret === undefined ? () => false : checkFunction("isSecret", options?.isSecret);
  checkSink(sink);
  const status = await card.status();
  const writer = new TranscriptWriter(sink, isSecret);
  writer.header(card.reader, status.atr, card.protocol);
  return recording(card, writer);
}

function checkSink(sink: unknown): void {
  const write = (sink as { write?: unknown } | null | undefined)?.write;
  if (typeof sink !== "function" && typeof write !== "function") {
    throw new ScardArgumentError("sink", sink, "a function, or an object with a write method");
  }
}

/** The same object, with the methods that reach the card replaced. */
function recording<Target extends Recorded>(target: Target, writer: TranscriptWriter): Target {
  const replaced = replacements(target, writer);
  return new Proxy(target, {
    get: (_, name) => {
      if (Object.hasOwn(replaced, name)) {
        return replaced[name];
      }
      // Private fields: getters and methods run on the object itself.
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" && name !== "constructor"
        ? (value as (...parameters: never[]) => unknown).bind(target)
        : value;
    },
  });
}

function replacements(
  target: Recorded,
  writer: TranscriptWriter,
): Readonly<Record<PropertyKey, unknown>> {
  const common: Partial<Recorded> = {
    transmit: async (command, options) => {
      const given = command instanceof CommandApdu ? command : undefined;
      const bytes = checkCommand(command).slice();
      return exchanged(writer, bytes, given, target.transmit(bytes, options));
    },
    transmitApdu: async (command, options) => {
      const given = checkCommandApdu(command);
      return exchanged(writer, given.toBytes(), given, target.transmitApdu(given, options));
    },
    verifyPin: async (pin, options) =>
      pinEntered(writer, pin.command, target.verifyPin(pin, options)),
    modifyPin: async (pin, options) =>
      pinEntered(writer, pin.command, target.modifyPin(pin, options)),
    reconnect: async (options) => {
      const protocol = await target.reconnect(options);
      powered(writer, options?.initialization);
      return protocol;
    },
  };
  return target instanceof Card
    ? { ...common, ...cardReplacements(target, writer) }
    : { ...common, ...transactionReplacements(target, writer) };
}

function cardReplacements(card: Card, writer: TranscriptWriter): Partial<Card> {
  return {
    transaction: async (callback, options) => {
      const value = await card.transaction(async (tx) => callback(recording(tx, writer)), options);
      powered(writer, options?.disposition);
      return value;
    },
    beginTransaction: async (options) => {
      const tx = await card.beginTransaction(options);
      return recording(tx, writer);
    },
    disconnect: async (disposition, options) => {
      await card.disconnect(disposition, options);
      powered(writer, disposition);
    },
  };
}

function transactionReplacements(tx: Transaction, writer: TranscriptWriter): Partial<Transaction> {
  return {
    end: async (disposition, options) => {
      await tx.end(disposition, options);
      powered(writer, disposition);
    },
  };
}

/** Passes an outcome on, once it is written. Calls run one by one, so their outcomes are in order. */
async function exchanged<Response extends Uint8Array | { toBytes(): Uint8Array }>(
  writer: TranscriptWriter,
  command: Uint8Array,
  given: CommandApdu | undefined,
  outcome: Promise<Response>,
): Promise<Response> {
  try {
    const response = await outcome;
    const bytes = response instanceof Uint8Array ? response : response.toBytes();
    writer.exchange({ command, given, response: bytes });
    return response;
  } catch (error) {
    const response = error instanceof IncompleteResponseError ? error.response : undefined;
    const note = `failed: ${error instanceof ScardError ? error.code : "given up"}`;
    writer.exchange({ command, given, response, note });
    throw error;
  }
}

/** Outcomes that the reader reports by itself: the card has seen no command. */
const withoutCard: ReadonlySet<PinResult["outcome"]> = new Set([
  "timeout",
  "cancelled",
  "mismatch",
  "length",
  "invalid-block",
]);

async function pinEntered(
  writer: TranscriptWriter,
  template: string | ArrayBuffer | Uint8Array,
  outcome: Promise<PinResult>,
): Promise<PinResult> {
  const result = await outcome;
  if (withoutCard.has(result.outcome)) {
    writer.comment(`PIN entry on the reader: ${result.meaning}`);
    return result;
  }
  const bytes = typeof template === "string" ? fromHex(template) : new Uint8Array(template);
  // What the reader wrote into it is not known; any data will do where it is masked.
  const [cla = 0, ins = 0, p1 = 0, p2 = 0] = bytes;
  const command = new CommandApdu({ cla, ins, p1, p2, data: Uint8Array.of(0), secret: true });
  writer.exchange({
    command: command.toBytes(),
    given: command,
    response: Uint8Array.of(result.sw >> 8, result.sw & 0xff),
    note: "PIN entered on the reader",
  });
  return result;
}

function powered(writer: TranscriptWriter, what: string | undefined): void {
  if (what === "reset" || what === "unpower") {
    writer.power(what);
  }
}
