import { checkString } from "../arguments.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { type Guid, checkGuid } from "../guid.js";

declare const service: unique symbol;

/**
 * An interface of cards: a GUID that names a set of services, with the TypeScript type that says how
 * they are called. Made by {@link defineInterface}.
 */
export interface CardInterface<out Service> {
  readonly id: Guid;
  /** For people: errors and lists show it beside the GUID. */
  readonly name: string;
  /** Only for the type: nothing is there at run time. */
  readonly [service]?: Service;
}

/** The type of an interface's services. */
export type ServiceOf<Interface> = Interface extends CardInterface<infer Service> ? Service : never;

/**
 * Names an interface.
 * @param id A GUID of the interface's own, as text; `newGuid()` makes one.
 * @param name A short name for people.
 */
export function defineInterface<Service>(id: string, name: string): CardInterface<Service> {
  const label = checkString("name", name);
  if (label === "") {
    throw new ScardArgumentError("name", name, "a name that is not empty");
  }
  return Object.freeze({ id: checkGuid("id", id), name: label });
}

/** An argument that is a {@link CardInterface}. */
export function checkInterface<Service>(name: string, value: unknown): CardInterface<Service> {
  const given = (typeof value === "object" ? value : undefined) as
    { readonly id?: unknown; readonly name?: unknown } | null | undefined;
  if (given === null || given === undefined || typeof given.name !== "string") {
    throw new ScardArgumentError(name, value, "an interface, from defineInterface()");
  }
  return Object.freeze({ id: checkGuid(`${name}.id`, given.id), name: given.name });
}
