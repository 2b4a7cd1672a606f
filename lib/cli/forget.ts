import { type AddCommand, jsonOption, systemOption } from "./command.js";
import { type ChangeOptions, runChange } from "./introduce.js";
import { printable } from "./printable.js";

/** `scard forget card|reader|group` */
export const addForget: AddCommand = (program, io, end) => {
  const forget = program
    .command("forget")
    .description("Take a card type, a reader's name or a reader group out of the database.");
  const { signal } = io;
  forget
    .command("card")
    .argument("<name>", "name of the card type")
    .description("Forget a card type.")
    .option(...systemOption)
    .option(...jsonOption)
    .action(async (name: string, options: ChangeOptions) =>
      runChange({
        ...{ io, end, options, readers: false },
        document: { forgotten: { card: name } },
        text: `Forgot card type ${printable(name)}.`,
        change: async ({ database }) => database.forgetCardType(name, { signal }),
      }),
    );
  forget
    .command("reader")
    .argument("<name>", "name of the reader")
    .description("Forget a reader's name.")
    .option(...systemOption)
    .option(...jsonOption)
    .action(async (name: string, options: ChangeOptions) =>
      runChange({
        ...{ io, end, options, readers: true },
        document: { forgotten: { reader: name } },
        text: `Forgot reader ${printable(name)}.`,
        change: async ({ database }) => database.forgetReader(name, { signal }),
      }),
    );
  forget
    .command("group")
    .argument("<group>", "the group; its readers stay")
    .description("Forget a reader group.")
    .option(...systemOption)
    .option(...jsonOption)
    .action(async (group: string, options: ChangeOptions) =>
      runChange({
        ...{ io, end, options, readers: false },
        document: { forgotten: { group } },
        text: `Forgot group ${printable(group)}.`,
        change: async ({ database }) => database.forgetReaderGroup(group, { signal }),
      }),
    );
};
