import { checkBoolean, checkFunction, checkOptions, checkString } from "../arguments.js";
import type { Card } from "../card.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { type Guid, checkGuid } from "../guid.js";
import { type CardInterface, type ServiceOf, checkInterface } from "./card-interface.js";

/** All of several types at once. */
type All<Union> = (Union extends unknown ? (each: Union) => void : never) extends (
  all: infer Intersection,
) => void
  ? Intersection
  : never;

/** What a provider of these interfaces opens: one object that serves them all. */
export type ServiceOfAll<Interfaces extends readonly CardInterface<unknown>[]> = All<
  ServiceOf<Interfaces[number]>
>;

/** What a provider is told about the card it opens. */
export interface OpenInfo {
  /** The interface the program asked for. */
  readonly interface: CardInterface<unknown>;
  readonly reader: string;
  readonly atr: Uint8Array;
  /** Name of the card type that led here. */
  readonly cardType: string;
  /** Aborts when the program gives up. */
  readonly signal: AbortSignal | undefined;
}

/** Serves interfaces on cards: the primary service provider of a card type. */
export interface ServiceProvider<
  Interfaces extends readonly CardInterface<unknown>[] = readonly CardInterface<unknown>[],
> {
  /** The provider's GUID, as text; card types name it as their `primaryProvider`. */
  readonly id: string;
  /** For people. Default: none. */
  readonly name?: string | undefined;
  /** What {@link ServiceProvider.open} serves; at least one. */
  readonly interfaces: Interfaces;
  /**
   * Makes the services on a connected card. The card is disconnected when this fails, and after the
   * services were disposed of (`Symbol.asyncDispose` or `Symbol.dispose`, where they have one).
   */
  open(
    card: Card,
    info: OpenInfo,
  ): ServiceOfAll<Interfaces> | PromiseLike<ServiceOfAll<Interfaces>>;
}

/** Options of {@link registerServiceProvider}. */
export interface RegisterOptions {
  /** Take the place of a provider with the same GUID. Default: false. */
  readonly replace?: boolean | undefined;
}

/** What {@link registerServiceProvider} gives: takes the provider out again. */
export interface Registration {
  readonly id: Guid;
  /** Cards that are open stay so. A second call, or one after a replacement, does nothing. */
  unregister(): void;
  /** As {@link Registration.unregister}, for `using`. */
  [Symbol.dispose](): void;
}

/** A provider, checked. */
export interface CheckedProvider {
  readonly id: Guid;
  readonly name: string | undefined;
  readonly interfaces: readonly CardInterface<unknown>[];
  readonly open: (card: Card, info: OpenInfo) => unknown;
}

/** Providers of this JavaScript environment: every worker has its own. */
const registered = new Map<Guid, CheckedProvider>();

/**
 * Lets cards of types with this primary provider be opened by `context.openCard()`, in this
 * JavaScript environment: workers register for themselves.
 *
 * @throws {ScardArgumentError} for a provider that is none, or a GUID that is registered already.
 */
export function registerServiceProvider<const Interfaces extends readonly CardInterface<unknown>[]>(
  provider: ServiceProvider<Interfaces>,
  options?: RegisterOptions,
): Registration {
  const checked = checkProvider("provider", provider);
  const { replace } = checkOptions("options", options, ["replace"]);
  if (registered.has(checked.id) && !checkBoolean("replace", replace ?? false)) {
    const expected = `one that is not registered yet: ${checked.id} is; or use { replace: true }`;
    throw new ScardArgumentError("provider.id", provider.id, expected);
  }
  registered.set(checked.id, checked);
  const unregister = (): void => {
    if (registered.get(checked.id) === checked) {
      registered.delete(checked.id);
    }
  };
  return Object.freeze({ id: checked.id, unregister, [Symbol.dispose]: unregister });
}

/** Gives a provider back with its type checked: for modules that export one. */
export function defineServiceProvider<const Interfaces extends readonly CardInterface<unknown>[]>(
  provider: ServiceProvider<Interfaces>,
): ServiceProvider<Interfaces> {
  checkProvider("provider", provider);
  return provider;
}

/** The registered provider with this GUID. */
export function registeredProvider(id: Guid): CheckedProvider | undefined {
  return registered.get(id);
}

export function checkProvider(argument: string, value: unknown): CheckedProvider {
  if (typeof value !== "object" || value === null) {
    throw new ScardArgumentError(argument, value, "a service provider");
  }
  const { id, name, interfaces, open } = value as Partial<ServiceProvider>;
  if (!Array.isArray(interfaces) || interfaces.length === 0) {
    const expected = "an array of at least one interface";
    throw new ScardArgumentError(`${argument}.interfaces`, interfaces, expected);
  }
  checkFunction(`${argument}.open`, open);
  const provider = value as ServiceProvider;
  return Object.freeze({
    id: checkGuid(`${argument}.id`, id),
    name: name === undefined ? undefined : checkString(`${argument}.name`, name),
    interfaces: interfaces.map((one: unknown) => checkInterface(`${argument}.interfaces[]`, one)),
    // Called as a method: a provider may be an instance of a class.
    open: (card: Card, info: OpenInfo) => provider.open(card, info),
  });
}
