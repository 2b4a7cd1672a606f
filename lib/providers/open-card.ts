// context.openCard(): card > ATR > card type > primary provider > services.
import {
  checkBoolean,
  checkGroups,
  checkOptions,
  checkReaderName,
  checkString,
} from "../arguments.js";
import type { Card } from "../card.js";
import { type ConnectOptions, checkConnectOptions } from "../connect-options.js";
import type { Context } from "../context.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { PcscError } from "../errors/pcsc-error.js";
import { saysGone } from "../gone.js";
import { Limits, callOptionKeys } from "../limits.js";
import { limitOptions, refusedCard } from "../locate/meanwhile.js";
import { Reader } from "../reader.js";
import type { ReaderState } from "../reader-state.js";
import type { TrackerEvent } from "../tracking/events.js";
import type { ReaderTracker } from "../tracking/tracker.js";
import { type CardInterface, checkInterface } from "./card-interface.js";
import {
  type FoundProvider,
  type PresentCard,
  type ProviderDatabase,
  type ProviderQuery,
  findProvider,
} from "./find-provider.js";
import { type OpenedCard, createOpenedCard } from "./opened-card.js";
import { ProviderError } from "./provider-error.js";
import {
  type AllowProviderModules,
  type ImportModule,
  checkModuleRules,
} from "./provider-modules.js";
import { type ServiceProvider, checkProvider } from "./service-provider.js";

/** Options of `context.openCard()`. */
export interface OpenCardOptions<Service> extends Omit<ConnectOptions, "shareMode"> {
  /** What the card is to be used as. */
  readonly interface: CardInterface<Service>;
  /** Only the card in this reader. Default: the first card with the interface, in any reader. */
  readonly reader?: string | Reader | undefined;
  /** Only cards in readers of these groups. Default: all readers. Not together with `reader`. */
  readonly groups?: readonly string[] | undefined;
  /** Only cards of these types, by name. Default: all types with the interface. */
  readonly cardTypes?: readonly string[] | undefined;
  /**
   * Wait for such a card when none is in, or each is held exclusively, until `timeoutMs` or `signal`
   * ends the wait. False rejects at once. Default: false.
   */
  readonly wait?: boolean | undefined;
  /** Default: `"shared"`. */
  readonly shareMode?: "shared" | "exclusive" | undefined;
  /** Providers for this call, besides the registered ones, which they go before. Default: none. */
  readonly providers?: readonly ServiceProvider[] | undefined;
  /**
   * Modules that may be loaded when the database names one as a card type's provider
   * (SCARD_PROVIDER_CARD_MODULE): their names, or a function that returns true for what is allowed.
   * Default: none, since the database is data that others can write.
   */
  readonly allowProviderModules?: AllowProviderModules | undefined;
  /**
   * Loads an allowed module. Default: `import()` as this package resolves names;
   * `(specifier) => import(specifier)` resolves them as your program does.
   */
  readonly importModule?: ImportModule | undefined;
}

/** What opening a card needs of a context. */
export interface OpenCardHost extends Pick<
  Context,
  "connect" | "getStatusChange" | "listReaders" | "track"
> {
  readonly database: ProviderDatabase;
}

const connectKeys = [
  "shareMode",
  "protocols",
  "disposition",
  "settleMs",
  "reconnectOnReset",
] as const;
const keys = [
  "interface",
  "reader",
  "groups",
  "cardTypes",
  "wait",
  "providers",
  "allowProviderModules",
  "importModule",
  ...connectKeys,
  ...callOptionKeys,
] as const;

/** What is looked for, and how it is connected to. */
interface Wanted {
  readonly query: ProviderQuery;
  readonly reader: string | undefined;
  readonly groups: readonly string[] | undefined;
  readonly wait: boolean;
  readonly connect: ConnectOptions;
  readonly limits: Limits | undefined;
}

/** Cards that were looked at and not opened leave why. */
interface Misses {
  last: Error | undefined;
}

/** Finds a card by the interface wanted, connects to it, and has its provider open it. */
export async function openCard<Service>(
  host: OpenCardHost,
  options: OpenCardOptions<Service>,
): Promise<OpenedCard<Service>> {
  const wanted = checkOpenOptions(options);
  wanted.limits?.throwIfOver("SCardConnect", wanted.reader);
  const misses: Misses = { last: undefined };
  const opened = await openFirst<Service>(host, wanted, await look(host, wanted), misses);
  if (opened !== undefined) {
    return opened;
  }
  if (wanted.wait && !(wanted.reader !== undefined && misses.last instanceof ProviderError)) {
    return waitAndOpen<Service>(host, wanted, misses);
  }
  throw misses.last ?? PcscError.of("SCARD_E_NO_SMARTCARD", "SCardConnect", wanted.reader);
}

function checkOpenOptions(options: unknown): Wanted {
  const given = checkOptions("options", options, keys);
  const { signal, timeoutMs, interface: wanted } = given;
  const connect = Object.fromEntries(
    connectKeys.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
  ) as ConnectOptions;
  checkConnectOptions(connect);
  if (given.shareMode === "direct") {
    throw new ScardArgumentError("shareMode", "direct", '"shared" or "exclusive"');
  }
  const { reader } = given;
  if (reader !== undefined && given.groups !== undefined) {
    throw new ScardArgumentError("groups", given.groups, 'absent together with "reader"');
  }
  const name = reader instanceof Reader ? reader.name : reader;
  return {
    query: {
      interface: checkInterface("interface", wanted),
      cardTypes: list("cardTypes", given.cardTypes)?.map((type) => checkString("cardTypes", type)),
      providers: (list("providers", given.providers) ?? []).map((provider) =>
        checkProvider("providers[]", provider),
      ),
      modules: checkModuleRules(given.allowProviderModules, given.importModule),
    },
    reader: name === undefined ? undefined : checkReaderName("reader", name),
    groups: checkGroups(given.groups),
    wait: checkBoolean("wait", given.wait ?? false),
    connect,
    limits: Limits.from({ signal, timeoutMs }),
  };
}

function list(name: string, value: unknown): readonly unknown[] | undefined {
  if (value !== undefined && !Array.isArray(value)) {
    throw new ScardArgumentError(name, value, "an array");
  }
  return value;
}

/** The readers as they are now. */
async function look(
  host: OpenCardHost,
  { reader, groups, limits, wait }: Wanted,
): Promise<readonly ReaderState[]> {
  if (reader !== undefined) {
    // One that is waited for need not have come yet.
    return (await lookAt(host, [reader], limits, wait)) ?? [];
  }
  const names = await host.listReaders({ groups, ...limitOptions(limits) });
  const states = await lookAt(host, names, limits, true);
  if (states !== undefined) {
    return states;
  }
  // One that was listed has gone, and must not take the others with it.
  const each: (readonly ReaderState[])[] = [];
  for (const name of names) {
    each.push((await lookAt(host, [name], limits, true)) ?? []);
  }
  return each.flat();
}

/** The states of readers; undefined when one is not there, unless that is to be an error. */
async function lookAt(
  host: OpenCardHost,
  names: readonly string[],
  limits: Limits | undefined,
  mayBeGone: boolean,
): Promise<readonly ReaderState[] | undefined> {
  try {
    return names.length === 0 ? [] : await host.getStatusChange(names, limitOptions(limits));
  } catch (error) {
    if (mayBeGone && error instanceof PcscError && error.code === "SCARD_E_UNKNOWN_READER") {
      return undefined;
    }
    throw error;
  }
}

/** The first of these cards that can be opened; undefined when none can, and why in `misses`. */
async function openFirst<Service>(
  host: OpenCardHost,
  wanted: Wanted,
  states: readonly ReaderState[],
  misses: Misses,
): Promise<OpenedCard<Service> | undefined> {
  let first: Error | undefined;
  let refused: PcscError | undefined;
  for (const { reader, present, atr } of states) {
    if (!present || atr === null) {
      continue;
    }
    try {
      const found = await findProvider(host.database, wanted.query, { reader, atr });
      const card = await connectTo(host, wanted, reader);
      if (!(card instanceof PcscError)) {
        return await serve<Service>(card, wanted, { reader, atr }, found);
      }
      refused ??= card;
    } catch (error) {
      if (!(error instanceof ProviderError || (error instanceof PcscError && saysGone(error)))) {
        throw error;
      }
      first ??= error;
    }
  }
  // One that only its holder is in the way of says more than others that nothing opens.
  misses.last = refused ?? first ?? misses.last;
  return undefined;
}

/** The card; why not, when it is this card that refuses. */
async function connectTo(
  host: OpenCardHost,
  { connect, limits }: Wanted,
  reader: string,
): Promise<Card | PcscError> {
  try {
    return await host.connect(reader, { ...connect, ...limitOptions(limits) });
  } catch (error) {
    if (refusedCard(error)) {
      return error;
    }
    throw error;
  }
}

async function serve<Service>(
  card: Card,
  wanted: Wanted,
  present: PresentCard,
  found: FoundProvider,
): Promise<OpenedCard<Service>> {
  try {
    const { atr } = await card.status(limitOptions(wanted.limits));
    if (!sameBytes(atr, present.atr)) {
      // Another card is in its place.
      throw PcscError.of("SCARD_W_REMOVED_CARD", "SCardConnect", present.reader);
    }
    const service = await open(card, wanted, present, found);
    return createOpenedCard<Service>({ service, card, atr, ...found });
  } catch (error) {
    // The error that brought us here is the one to report.
    await card[Symbol.asyncDispose]().catch(() => undefined);
    throw error;
  }
}

async function open(
  card: Card,
  { query, limits }: Wanted,
  { reader, atr }: PresentCard,
  { cardType, provider }: FoundProvider,
): Promise<unknown> {
  const signal = limits?.signal;
  signal?.throwIfAborted();
  const info = Object.freeze({ interface: query.interface, reader, atr, cardType, signal });
  // What it throws at once rejects too.
  const opening = Promise.resolve().then(() => provider.open(card, info));
  return limits?.within(opening, "SCardConnect") ?? opening;
}

/** Follows the readers, and the database, until a card can be opened. */
async function waitAndOpen<Service>(
  host: OpenCardHost,
  wanted: Wanted,
  misses: Misses,
): Promise<OpenedCard<Service>> {
  const { reader, groups, limits } = wanted;
  // Nobody tells again of a signal that aborted while the first cards were looked at.
  limits?.signal?.throwIfAborted();
  await using tracker = host.track({
    ...(reader === undefined ? {} : { readers: [reader] }),
    groups,
  });
  let over: { readonly error: unknown } | undefined;
  const end = (error: unknown): void => {
    over ??= { error };
    void tracker.stop();
  };
  const stopWatching = limits?.watch(end, () => {
    const options = misses.last === undefined ? {} : { cause: misses.last };
    end(PcscError.of("SCARD_E_TIMEOUT", "SCardGetStatusChange", reader, options));
  });
  try {
    for await (const states of statesToTry(host, tracker)) {
      const opened = await openFirst<Service>(host, wanted, states, misses);
      if (opened !== undefined) {
        return opened;
      }
      if (reader !== undefined && misses.last instanceof ProviderError) {
        throw misses.last;
      }
    }
  } catch (error) {
    // A connection that was given up says so in other words than the wait.
    throw over === undefined ? error : over.error;
  } finally {
    stopWatching?.();
  }
  throw over === undefined ? PcscError.of("SCARD_E_CANCELLED", "SCardGetStatusChange") : over.error;
}

/** Cards as they come; all that are in, when the database has changed: one may do now. */
async function* statesToTry(
  { database }: OpenCardHost,
  tracker: ReaderTracker,
): AsyncGenerator<readonly ReaderState[]> {
  let tell = (): void => undefined;
  const nextChange = async (): Promise<"changed"> =>
    new Promise((resolve) => {
      tell = () => {
        resolve("changed");
      };
    });
  let change = nextChange();
  const stop = database.onChange(() => {
    tell();
  });
  const events = tracker[Symbol.asyncIterator]();
  try {
    let next = events.next();
    for (;;) {
      const news = await Promise.race([next, change]);
      if (news === "changed") {
        change = nextChange();
        yield tracker.readers;
      } else if (news.done === true) {
        return;
      } else {
        next = events.next();
        // A failure of the tracker while a card is looked at waits until the event is asked for.
        next.catch(() => undefined);
        yield statesOf(news.value);
      }
    }
  } finally {
    stop();
    await events.return();
  }
}

function statesOf(event: TrackerEvent): readonly ReaderState[] {
  switch (event.type) {
    case "snapshot":
      return event.readers;
    case "card-inserted":
    case "card-reset":
    case "state-changed":
      return [event.state];
    default:
      return [];
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
