import type { NativeConnection } from "../binding.js";
import { type Card, createCard } from "./card.js";
import type { CheckedConnectOptions } from "./connect-options.js";
import { CardConnection } from "./connection.js";
import type { ContextCalls } from "./context-calls.js";
import type { NameMap } from "./database/reader-names.js";
import type { Request, Trace } from "./dispatcher.js";
import { protocolWord, tryProtocols } from "./protocol.js";
import { settling } from "./settle.js";
import { dispositionNumber, shareModeNumber } from "./words.js";

/** What a connection is made through and to. */
export interface ConnectTarget {
  readonly calls: ContextCalls;
  readonly reader: string;
  /** The context, which closes its cards with it. */
  readonly context: { readonly closed: boolean };
  /** Throws once the context is closed. */
  readonly checkOpen: () => void;
  readonly trace: Trace;
}

/** Connects to a card: protocols in turn, a card that settles, and a service that came back. */
export async function connectCard(
  target: ConnectTarget,
  options: CheckedConnectOptions,
): Promise<Card> {
  const { calls } = target;
  let device = target.reader;
  const connect = async (bits: number): Promise<Card> => {
    const naming = calls.names({ limits: options.limits });
    if (naming !== undefined) {
      device = calls.device(await naming, target.reader, "SCardConnect");
    }
    return attempt(target, options, { bits, device });
  };
  return settling(
    async () =>
      calls.recovering(async () => tryProtocols(options.protocols, connect), options.limits),
    {
      calls,
      names: () => [target.reader, device],
      settleMs: options.settleMs,
      limits: options.limits,
    },
  );
}

async function attempt(
  { calls, reader, context, checkOpen, trace }: ConnectTarget,
  { shareMode, disposition, reconnectOnReset, limits }: CheckedConnectOptions,
  { bits, device }: { readonly bits: number; readonly device: string },
): Promise<Card> {
  const { dispatcher, link } = calls;
  const { native, epoch } = link;
  const request: Request<NativeConnection, Card> = {
    call: "SCardConnect",
    target: { subject: "context", reader },
    begin: () => {
      checkOpen();
      return native.connect(
        device,
        shareModeNumber(shareMode),
        bits,
        dispositionNumber(disposition),
      );
    },
    finish: ({ card, number, protocol }: NativeConnection) => {
      const connection = new CardConnection({
        dispatcher,
        native: card,
        number,
        reader,
        protocol: protocolWord(protocol),
        shareMode,
        disposition,
        reconnectOnReset,
        context,
        epoch,
        names: (): Promise<NameMap> | undefined => calls.names({}),
        transmits: calls.winscard ? undefined : calls.notes.transmits(device),
      });
      link.addCard(epoch, connection);
      return createCard(connection);
    },
    discard: ({ card }: NativeConnection) => {
      disconnectUnseen(calls, card, dispositionNumber(disposition));
    },
    limits,
    trace,
  };
  return calls.unlessReplaced(request.call, async () => dispatcher.run(request));
}

/** A connection that came after it had been given up. */
function disconnectUnseen(
  { dispatcher }: ContextCalls,
  card: NativeConnection["card"],
  disposition: number,
): void {
  const done = dispatcher.run({
    call: "SCardDisconnect",
    target: { subject: "context" },
    begin: () => card.disconnect(disposition),
    finish: () => undefined,
  });
  done.catch(() => undefined);
}
