import type { Command } from "commander";

import { asked } from "./card-database.js";
import {
  type AddCommand,
  examples,
  exitCode,
  jsonOption,
  startRun,
  systemOption,
} from "./command.js";
import type { ExitCode } from "./exit-code.js";
import type { CliContext, CliIo } from "./io.js";
import { printable } from "./printable.js";
import { withDatabase, withReadersIfAny } from "./with-database.js";

interface CardOptions {
  readonly atr?: string;
  readonly mask?: string;
  readonly interface?: readonly string[];
  readonly provider?: string;
  readonly csp?: string;
  readonly ksp?: string;
  readonly module?: string;
  readonly replace?: boolean;
  readonly json?: boolean;
  readonly system?: boolean;
}

/** Changes the database, and says what was done. */
export interface Change {
  readonly io: CliIo;
  readonly end: (code: ExitCode) => void;
  readonly options: ChangeOptions;
  /** Whether it is about readers, which are looked at where they can be seen. */
  readonly readers: boolean;
  /** The JSON document. */
  readonly document: object;
  readonly text: string;
  readonly change: (context: CliContext) => Promise<void>;
}

/** What every command that makes a change takes. */
export interface ChangeOptions {
  readonly json?: boolean;
  readonly system?: boolean;
}

/** Runs one change. */
export async function runChange(given: Change): Promise<void> {
  const { io, end, options, readers, document, text, change } = given;
  const run = startRun(io, options.json ?? false);
  await (readers ? withReadersIfAny : withDatabase)(
    io,
    async (context) => asked(async () => change(context)),
    { scope: options.system === true ? "system" : "user" },
  );
  if (run.json) {
    run.printJson(document);
  } else {
    run.print(text);
  }
  end(exitCode.ok);
}

/** `scard introduce card|reader|group` */
export const addIntroduce: AddCommand = (program, io, end) => {
  const introduce = program
    .command("introduce")
    .description("Add a card type, a reader's name or a reader group to the database.");
  addCard(introduce, io, end);
  introduce
    .command("reader")
    .argument("<name>", "the new name")
    .argument("<device>", "the reader's name in PC/SC, or usb:PATH, serial:NUMBER, instance:ID")
    .description("Give a reader another name.")
    .option(...systemOption)
    .option(...jsonOption)
    .addHelpText("after", examples([["scard introduce reader Desk usb:1-4.2", "by where it is"]]))
    .action(async (name: string, device: string, options: ChangeOptions) =>
      runChange({
        ...{ io, end, options, readers: true },
        document: { introduced: { reader: name, device } },
        text: `Introduced reader ${printable(name)}.`,
        change: async ({ database }) =>
          database.introduceReader(name, device, { signal: io.signal }),
      }),
    );
  introduce
    .command("group")
    .argument("<group>", "the group")
    .argument("[readers...]", "readers to put into it; without one nothing is stored")
    .description("Make a reader group.")
    .option(...systemOption)
    .option(...jsonOption)
    .action(async (group: string, readers: readonly string[], options: ChangeOptions) =>
      runChange({
        ...{ io, end, options, readers: readers.length > 0 },
        document: { introduced: { group, readers } },
        text:
          readers.length === 0
            ? `Group ${printable(group)} will be there with its first reader.`
            : `Introduced group ${printable(group)}.`,
        change: async ({ database }) => {
          await database.introduceReaderGroup(group, { signal: io.signal });
          for (const reader of readers) {
            await database.addReaderToGroup(reader, group, { signal: io.signal });
          }
        },
      }),
    );
};

function addCard(introduce: Command, io: CliIo, end: (code: ExitCode) => void): void {
  introduce
    .command("card")
    .argument("<name>", "what people will see; unique")
    .description("Introduce a card type.")
    .option("--atr <hex>", "answer-to-reset of such cards")
    .option("--mask <hex>", "which bits of it count; as long")
    .option("--interface <guid...>", "interfaces that such cards have")
    .option("--provider <guid>", "primary service provider")
    .option("--csp <name>", "cryptographic service provider")
    .option("--ksp <name>", "key storage provider")
    .option("--module <name>", "card module: minidriver, or module of a service provider")
    .option("--replace", "in place of a type with this name")
    .option(...systemOption)
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([["scard introduce card Transit --atr 3B021450 --mask FFFFFF00", "a family"]]),
    )
    .action(async (name: string, options: CardOptions) => {
      const { atr, mask, provider, csp, ksp, module, replace = false } = options;
      const providers = Object.entries({ csp, ksp, "card-module": module }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const type = {
        name,
        atr,
        mask,
        interfaces: options.interface,
        primaryProvider: provider,
        providers: Object.fromEntries(providers),
      };
      await runChange({
        ...{ io, end, options, readers: false },
        document: { introduced: type },
        text: `Introduced card type ${printable(name)}.`,
        change: async ({ database }) =>
          database.introduceCardType(type, { replace, signal: io.signal }),
      });
    });
}
