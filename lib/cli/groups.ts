import type { Command } from "commander";

import { parseDatabase } from "../database/format.js";
import {
  type AddCommand,
  examples,
  exitCode,
  jsonOption,
  startRun,
  systemOption,
} from "./command.js";
import type { ExitCode } from "./exit-code.js";
import { CliError } from "./failure.js";
import { type ChangeOptions, runChange } from "./introduce.js";
import type { CliContext, CliIo } from "./io.js";
import { printable } from "./printable.js";
import { withReadersIfAny } from "./with-database.js";

/** `scard groups`, `scard groups add|remove` */
export const addGroups: AddCommand = (program, io, end) => {
  const { signal } = io;
  const groups = program
    .command("groups")
    .description("List the reader groups and the readers that are attached of each.")
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([
        ["scard groups", "groups and readers"],
        ["scard groups add 'Reader 1' Desk", "puts a reader into a group"],
      ]),
    )
    .action(async ({ json = false }: { json?: boolean }) => {
      const run = startRun(io, json);
      const list = await withReadersIfAny(io, async (context, seesReaders) =>
        seesReaders ? attachedReaders(context, signal) : introducedReaders(context, signal),
      );
      if (run.json) {
        run.printJson({ groups: list });
        end(list.length === 0 ? exitCode.nothingThere : exitCode.ok);
        return;
      }
      if (list.length === 0) {
        throw new CliError(exitCode.nothingThere, "There is no reader group with a reader.");
      }
      const rows = list.map(({ group, readers }) => [
        printable(group),
        readers.map(printable).join(", "),
      ]);
      run.printTable(["Group", "Readers"], rows);
      end(exitCode.ok);
    });
  addMembers(groups, io, end);
};

interface Group {
  readonly group: string;
  readonly readers: readonly string[];
}

async function attachedReaders(
  context: CliContext,
  signal: AbortSignal,
): Promise<readonly Group[]> {
  const names = await context.listReaderGroups({ signal });
  return Promise.all(
    names.map(async (group) => ({
      group,
      readers: await context.listReaders({ groups: [group], signal }),
    })),
  );
}

/** Members of the groups as the database has them, attached or not. */
async function introducedReaders(
  { database }: CliContext,
  signal: AbortSignal,
): Promise<readonly Group[]> {
  const { groups } = parseDatabase(await database.export({ signal }), "(the database)");
  return [...groups.values()].map(({ name, readers }) => ({ group: name, readers }));
}

function addMembers(groups: Command, io: CliIo, end: (code: ExitCode) => void): void {
  const { signal } = io;
  groups
    .command("add")
    .argument("<reader>", "name of the reader")
    .argument("<group>", "the group; made if there is none")
    .description("Put a reader into a group.")
    .option(...systemOption)
    .action(async (reader: string, group: string, { system = false }: ChangeOptions) =>
      runChange({
        ...{ io, end, options: { ...groups.opts<ChangeOptions>(), system }, readers: true },
        document: { added: { reader, group } },
        text: `Put ${printable(reader)} into ${printable(group)}.`,
        change: async ({ database }) => database.addReaderToGroup(reader, group, { signal }),
      }),
    );
  groups
    .command("remove")
    .argument("<reader>", "name of the reader")
    .argument("<group>", "the group; goes with its last reader")
    .description("Take a reader out of a group.")
    .option(...systemOption)
    .action(async (reader: string, group: string, { system = false }: ChangeOptions) =>
      runChange({
        ...{ io, end, options: { ...groups.opts<ChangeOptions>(), system }, readers: true },
        document: { removed: { reader, group } },
        text: `Took ${printable(reader)} out of ${printable(group)}.`,
        change: async ({ database }) => database.removeReaderFromGroup(reader, group, { signal }),
      }),
    );
}
