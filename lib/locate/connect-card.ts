// Connecting to a card by what it is: by the names of card types, by interfaces, by ATR.
import { checkBoolean, checkOptions } from "../arguments.js";
import type { Card } from "../card.js";
import { type ConnectOptions, checkConnectOptions } from "../connect-options.js";
import type { Context } from "../context.js";
import { PcscError } from "../errors/pcsc-error.js";
import { Limits, callOptionKeys } from "../limits.js";
import { BackOff } from "../tracking/back-off.js";
import { rest } from "../tracking/pause.js";
import type { LocateCardsOptions, LocatedReader } from "./locate-cards.js";
import { leftMeanwhile, limitOptions, refusedCard } from "./meanwhile.js";
import { type WantedCards, wantedKeys } from "./wanted.js";

/** Options of `context.connectCard()`. */
export interface ConnectCardOptions extends WantedCards, Omit<ConnectOptions, "shareMode"> {
  /** Default: `"shared"`. `"direct"` is for readers: use `context.connect()`. */
  readonly shareMode?: "shared" | "exclusive" | undefined;
  /** Only readers of these groups. Default: all readers. */
  readonly groups?: readonly string[] | undefined;
  /**
   * Wait for such a card when none is in, or each is held exclusively, until `timeoutMs` or `signal`
   * ends the wait. False rejects at once. Default: false.
   */
  readonly wait?: boolean | undefined;
}

/** What connecting to a card needs of a context. */
export interface ConnectCardHost extends Pick<Context, "connect" | "waitForCard"> {
  locate(options: LocateCardsOptions): Promise<readonly LocatedReader[]>;
  /** Whether a card with this ATR is wanted. */
  isWanted(atr: Uint8Array): Promise<boolean>;
}

const connectKeys = [
  "shareMode",
  "protocols",
  "disposition",
  "settleMs",
  "reconnectOnReset",
] as const;
const keys = [...wantedKeys, "groups", "wait", ...connectKeys, ...callOptionKeys] as const;
const call = "SCardConnect";
/** Looks without waiting in between, while cards leave between the look and the connection. */
const mostAttempts = 3;
/** Pauses of a wait while cards that fit cannot be taken, ms: the first, and the longest. */
const firstPause = 50;
const longestPause = 1000;

/** {@link ConnectCardOptions}, checked and taken apart. */
export interface CheckedConnectCard {
  readonly where: Pick<LocateCardsOptions, "cardTypes" | "interfaces" | "atrs" | "groups">;
  readonly connect: ConnectOptions;
  readonly wait: boolean;
  readonly limits: Limits | undefined;
}

export function checkConnectCard(options: ConnectCardOptions): CheckedConnectCard {
  checkOptions("options", options, keys);
  const { cardTypes, interfaces, atrs, groups, wait, signal, timeoutMs, ...connect } = options;
  checkConnectOptions(connect);
  return {
    where: { cardTypes, interfaces, atrs, groups },
    connect,
    wait: checkBoolean("wait", wait ?? false),
    limits: Limits.from({ signal, timeoutMs }),
  };
}

/** Locates, connects, and looks whether it is still such a card: it may have been swapped. */
export async function connectCard(
  host: ConnectCardHost,
  { where, connect, wait, limits }: CheckedConnectCard,
): Promise<Card> {
  const backOff = new BackOff(firstPause, longestPause);
  for (let attempt = 1; ; attempt += 1) {
    limits?.throwIfOver(call, undefined);
    const found = await locate(host, { ...where, ...limitOptions(limits) }, wait);
    const fitting = found.filter(({ atrMatch }) => atrMatch);
    let refused: PcscError | undefined;
    for (const { reader } of fitting) {
      try {
        const card = await connectIfWanted(host, reader, { ...connect, ...limitOptions(limits) });
        if (card !== undefined) {
          return card;
        }
      } catch (error) {
        if (!refusedCard(error)) {
          throw error;
        }
        refused ??= error;
      }
    }
    if (refused !== undefined && !wait) {
      throw refused;
    }
    if (fitting.length === 0 || refused !== undefined || attempt >= mostAttempts) {
      if (!wait) {
        throw PcscError.of("SCARD_E_NO_SMARTCARD", call);
      }
      if (fitting.length > 0) {
        // In by their readers' words, yet not to be had: the wait would end at once, without a change.
        await rest(backOff.take(), limits, call);
      } else {
        backOff.reset();
        attempt = 0;
        await host.waitForCard({ ...where, ...limitOptions(limits) });
      }
    }
  }
}

/** Whoever waits may also wait for the card's type to be introduced. */
async function locate(
  host: ConnectCardHost,
  options: LocateCardsOptions,
  wait: boolean,
): Promise<readonly LocatedReader[]> {
  try {
    return await host.locate(options);
  } catch (error) {
    if (wait && error instanceof PcscError && error.code === "SCARD_E_UNKNOWN_CARD") {
      return [];
    }
    throw error;
  }
}

/** The connected card; undefined when it left meanwhile, or another is in its place. */
async function connectIfWanted(
  host: ConnectCardHost,
  reader: string,
  options: ConnectOptions,
): Promise<Card | undefined> {
  let card: Card;
  try {
    card = await host.connect(reader, options);
  } catch (error) {
    if (leftMeanwhile(error)) {
      return undefined;
    }
    throw error;
  }
  try {
    const { atr } = await card.status({ signal: options.signal, timeoutMs: options.timeoutMs });
    if (await host.isWanted(atr)) {
      return card;
    }
  } catch (error) {
    await card[Symbol.asyncDispose]();
    if (leftMeanwhile(error)) {
      return undefined;
    }
    throw error;
  }
  await card[Symbol.asyncDispose]();
  return undefined;
}
