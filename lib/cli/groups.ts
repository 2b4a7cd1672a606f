import type { Command } from "commander";

import { type AddCommand, examples, exitCode, jsonOption, startRun } from "./command.js";
import type { ExitCode } from "./exit-code.js";
import { CliError } from "./failure.js";
import { runChange } from "./introduce.js";
import { type CliIo, withContext } from "./io.js";
import { printable } from "./printable.js";
import { tableLines } from "./table.js";

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
      const list = await withContext(io, async (context) => {
        const names = await context.listReaderGroups({ signal });
        return Promise.all(
          names.map(async (group) => ({
            group,
            readers: await context.listReaders({ groups: [group], signal }),
          })),
        );
      });
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
      run.print(...tableLines(run.style, ["Group", "Readers"], rows));
      end(exitCode.ok);
    });
  addMembers(groups, io, end);
};

function addMembers(groups: Command, io: CliIo, end: (code: ExitCode) => void): void {
  const { signal } = io;
  groups
    .command("add")
    .argument("<reader>", "name of the reader")
    .argument("<group>", "the group; made if there is none")
    .description("Put a reader into a group.")
    .action(async (reader: string, group: string) =>
      runChange({
        ...{ io, end, json: groups.opts<{ json?: boolean }>().json },
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
    .action(async (reader: string, group: string) =>
      runChange({
        ...{ io, end, json: groups.opts<{ json?: boolean }>().json },
        document: { removed: { reader, group } },
        text: `Took ${printable(reader)} out of ${printable(group)}.`,
        change: async ({ database }) => database.removeReaderFromGroup(reader, group, { signal }),
      }),
    );
}
