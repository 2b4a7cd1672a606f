import { checkFunction, checkOptions } from "../arguments.js";
import { fromHex } from "../bytes.js";
import { Card, connectionOf } from "../card.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import type { PinResult } from "../features/pin-result.js";
import { CommandApdu } from "../iso7816/command-apdu.js";
import { IsoCalls } from "../iso7816/commands/calls.js";
import { type ReadBinaryStreamOptions, readBinaryStream } from "../read-binary-stream.js";
import { ApduScript, scriptCommands } from "../script/apdu-script.js";
import type { Transaction } from "../transaction.js";
import { secretOf } from "./masking.js";
import { Recording } from "./recording.js";
import { type TranscriptSink, TranscriptWriter } from "./transcript-writer.js";

/** Options of {@link recordCard}. */
export interface RecordCardOptions {
  /**
   * Says of more commands that they are secret: their data and their responses' are masked. What
   * carries a PIN or key by the standard is masked anyhow; docs/virtual.md lists it. When it throws, the
   * call rejects with what was thrown.
   */
  readonly isSecret?: ((command: CommandApdu) => boolean) | undefined;
}

type Recorded = Card | Transaction;

/**
 * Writes a transcript of what goes through a connection from now on: each APDU as it was sent, also
 * of framed commands and scripts, in the order in which they were sent. It changes nothing of it.
 *
 * @param card Any connection, to a real or a virtual card. Make all further calls on the result:
 *   they are written by the time they settle. What is called on `card` itself is written with the
 *   next of them, and of its commands only those are masked that are secret by their header.
 * @param sink Takes the text, one line with its end at a time. What it throws rejects the call.
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
  const recording = await Recording.start(connectionOf(originals.get(card) ?? card));
  const writer = new TranscriptWriter(sink, isSecret);
  writer.header(card.reader, status.atr, card.protocol);
  recording.add(writer);
  return recorded(card, { recording, writer });
}

/** The card behind the result of {@link recordCard}. */
const originals = new WeakMap<Card, Card>();

/** Where the calls of a recorded card are written. */
interface Desk {
  readonly recording: Recording;
  readonly writer: TranscriptWriter;
}

function checkSink(sink: unknown): void {
  const write = (sink as { write?: unknown } | null | undefined)?.write;
  if (typeof sink !== "function" && typeof write !== "function") {
    throw new ScardArgumentError("sink", sink, "a function, or an object with a write method");
  }
}

/** The same object, with methods that tell the recorder of secrets, and wait until it has written. */
function recorded<Target extends Recorded>(target: Target, desk: Desk): Target {
  const replaced = target instanceof Card ? cardMethods(target, desk) : commonMethods(target, desk);
  let iso: IsoCalls | undefined;
  const proxy: Target = new Proxy(target, {
    get: (_, name) => {
      if (name === "iso") {
        return (iso ??= new IsoCalls(proxy));
      }
      if (name === "readBinaryStream") {
        return (options?: ReadBinaryStreamOptions) => readBinaryStream(proxy, options);
      }
      // Private fields: getters and methods run on the object itself.
      const value: unknown = Object.hasOwn(replaced, name)
        ? replaced[name]
        : Reflect.get(target, name, target);
      return typeof value === "function" && name !== "constructor"
        ? written(value as Method, target, desk)
        : value;
    },
  });
  if (target instanceof Card) {
    originals.set(proxy as Card, originals.get(target) ?? target);
  }
  return proxy;
}

type Method = (this: unknown, ...parameters: unknown[]) => unknown;

/** A method whose promise settles once what was sent for it is written. */
function written(method: Method, target: Recorded, { recording }: Desk): Method {
  return (...parameters) => {
    const outcome = method.apply(target, parameters);
    return outcome instanceof Promise
      ? outcome.finally(() => {
          recording.flush();
        })
      : outcome;
  };
}

type Methods = Readonly<Record<PropertyKey, unknown>>;

function commonMethods(target: Recorded, { writer, recording }: Desk): Methods {
  const announce = (command: unknown): void => {
    const { bytes, secret } = secretOf(command);
    writer.announce(bytes, secret);
  };
  const now = <Value>(call: () => Value): Value => {
    try {
      return call();
    } finally {
      recording.flush();
    }
  };
  const methods: Partial<Recorded> = {
    transmit: async (command, options) => {
      announce(command);
      return target.transmit(command, options);
    },
    transmitApdu: async (command, options) => {
      announce(command);
      return target.transmitApdu(command, options);
    },
    transmitInto: async (command, memory, options) => {
      announce(command);
      return target.transmitInto(command, memory, options);
    },
    transmitSync: (command, options) => {
      announce(command);
      return now(() => target.transmitSync(command, options));
    },
    transmitSyncInto: (command, memory, options) => {
      announce(command);
      return now(() => target.transmitSyncInto(command, memory, options));
    },
    send: async (command, options) => {
      announce(command);
      return target.send(command, options);
    },
    runScript: async (script, options) => {
      announceScript(script, announce, writer);
      return target.runScript(script, options);
    },
    verifyPin: async (pin, options) =>
      pinEntered(writer, pin.command, flushed(target.verifyPin(pin, options), recording)),
    modifyPin: async (pin, options) =>
      pinEntered(writer, pin.command, flushed(target.modifyPin(pin, options), recording)),
  };
  return methods;
}

function cardMethods(card: Card, desk: Desk): Methods {
  const methods: Partial<Card> = {
    transaction: async (callback, options) =>
      card.transaction(
        typeof callback === "function" ? async (tx) => callback(recorded(tx, desk)) : callback,
        options,
      ),
    beginTransaction: async (options) => recorded(await card.beginTransaction(options), desk),
  };
  return { ...commonMethods(card, desk), ...methods };
}

function announceScript(
  script: unknown,
  announce: (command: unknown) => void,
  writer: TranscriptWriter,
): void {
  if (script instanceof ApduScript) {
    for (const { bytes, secret } of scriptCommands(script)) {
      writer.announce(bytes, secret);
    }
  } else if (Array.isArray(script)) {
    for (const step of script as readonly unknown[]) {
      const isStep = typeof step === "object" && step !== null && "command" in step;
      announce(isStep ? step.command : step);
    }
  }
}

/** What was sent before a PIN was entered is written before it. */
async function flushed<Value>(outcome: Promise<Value>, recording: Recording): Promise<Value> {
  return outcome.finally(() => {
    recording.flush();
  });
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
    response: Uint8Array.of(result.sw >> 8, result.sw & 0xff),
    note: "PIN entered on the reader",
  });
  return result;
}
