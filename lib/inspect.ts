// What the facade's classes have in common towards JavaScript: they are made by the package only,
// and `console.log` shows what matters.
import { inspect } from "node:util";

/** `Card { reader: "…", protocol: "t1" }`. */
export function inspectable(name: string, fields: Readonly<Record<string, unknown>>): string {
  return `${name} ${inspect(fields, { breakLength: Infinity })}`;
}

/** For a constructor that was called from outside. */
export function illegalConstructor(name: string, factory: string): TypeError {
  return new TypeError(`${name} has no public constructor: use ${factory}.`);
}
