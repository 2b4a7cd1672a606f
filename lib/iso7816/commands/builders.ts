// All builders, alone or bound to a class id and a logical channel.
import { buildCommand, checkCommandOptions, type CommandTraits, traitKeys } from "./build.js";
import * as authenticate from "./authenticate.js";
import * as binary from "./binary.js";
import * as channel from "./channel.js";
import * as dataObject from "./data-object.js";
import * as fileLife from "./file-life.js";
import * as record from "./record.js";
import * as select from "./select-file.js";
import * as verify from "./verify.js";

const builders = Object.freeze({
  ...authenticate,
  ...binary,
  ...channel,
  ...dataObject,
  ...fileLife,
  ...record,
  ...select,
  ...verify,
});

/** The builders of commands: each checks its options and gives a `CommandApdu`. */
export type CommandBuilders = typeof builders;

/** {@link isoCommands}. */
export interface IsoCommands extends CommandBuilders {
  /**
   * The same builders with other defaults for what every command has, such as
   * `{ classId: 0xA0 }` or `{ channel: 2 }`: `ISCardISO7816::SetDefaultClassId`.
   */
  withDefaults(traits: CommandTraits): IsoCommands;
}

/**
 * The commands of ISO/IEC 7816-4 (and a few of 7816-9) as builders: pure functions from words to a
 * `CommandApdu`. Nothing is sent; `card.iso` sends the same commands and reads the answers.
 */
export const isoCommands: IsoCommands = bind({});

function bind(defaults: CommandTraits): IsoCommands {
  const bound = Object.entries(builders).map(([name, build]) => [
    name,
    (options?: object) =>
      (build as (options: object | undefined) => unknown)(
        // What is no object is for the builder to refuse.
        options === undefined || isPlain(options) ? { ...defaults, ...defined(options) } : options,
      ),
  ]);
  return Object.freeze({
    ...(Object.fromEntries(bound) as CommandBuilders),
    withDefaults: (traits: CommandTraits) => {
      // Made and dropped: what is wrong is said here, not by the first command.
      buildCommand(checkCommandOptions(traits, []), { ins: 0 });
      return bind({ ...defaults, ...defined(traits) });
    },
  });
}

function isPlain(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An option of `undefined` is one that is not given. */
function defined(options: object | undefined): object {
  const traits: readonly string[] = traitKeys;
  return Object.fromEntries(
    Object.entries(options ?? {}).filter(
      ([key, value]) => value !== undefined || !traits.includes(key),
    ),
  );
}
