import type { Command } from "commander";

import { DatabaseFileError } from "../database/file-error.js";
import { parseDatabase } from "../database/format.js";
import type { DatabaseImage } from "../database/image.js";
import { textOf } from "../database/utf8.js";
import {
  type AddCommand,
  examples,
  exitCode,
  jsonOption,
  startRun,
  systemOption,
} from "./command.js";
import { type ExitCode } from "./exit-code.js";
import { CliError, describeFailure } from "./failure.js";
import { type ChangeOptions, runChange } from "./introduce.js";
import type { CliIo } from "./io.js";
import { printable } from "./printable.js";
import { fieldLines } from "./table.js";
import { withDatabase } from "./with-database.js";

/** `scard database export|import|path|check` */
export const addDatabase: AddCommand = (program, io, end) => {
  const database = program
    .command("database")
    .description("Carry the smart card database elsewhere, find its files, and check them.");
  addExport(database, io, end);
  addImport(database, io, end);
  addPath(database, io, end);
  addCheck(database, io, end);
};

type End = (code: ExitCode) => void;

function addExport(database: Command, io: CliIo, end: End): void {
  database
    .command("export")
    .description("Write the whole database to standard output, as JSON that import takes.")
    .option("--json", "the same: it is JSON always")
    .addHelpText("after", examples([["scard database export > cards.json", "into a file"]]))
    .action(async () => {
      const { signal } = io;
      const text = await withDatabase(io, async (context) => context.database.export({ signal }));
      io.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
      end(exitCode.ok);
    });
}

function addImport(database: Command, io: CliIo, end: End): void {
  database
    .command("import")
    .argument("<file>", "what export wrote; - is standard input")
    .description("Add what export wrote to the database: all of it or nothing.")
    .option("--replace", "in place of card types and readers with the same names")
    .option(...systemOption)
    .option(...jsonOption)
    .addHelpText("after", examples([["scard database import cards.json", "from a file"]]))
    .action(async (file: string, options: ChangeOptions & { readonly replace?: boolean }) => {
      const { replace = false } = options;
      // Its place in the file that the user knows.
      const path = file === "-" ? "(standard input)" : file;
      const text = textOf(await io.readBytes(file), path);
      const image = parseDatabase(text, path);
      await runChange({
        ...{ io, end, options, readers: image.aliases.size > 0 },
        document: { imported: counts(image) },
        text: `Imported ${inWords(image)}.`,
        change: async (context) => context.database.import(text, { replace, signal: io.signal }),
      });
    });
}

function addPath(database: Command, io: CliIo, end: End): void {
  database
    .command("path")
    .description("Say in which files the database is. They need not be there yet.")
    .option(...jsonOption)
    .action(({ json = false }: { json?: boolean }) => {
      const run = startRun(io, json);
      const { user, system } = files(io);
      if (json) {
        run.printJson({ user, system });
      } else {
        run.print(
          ...fieldLines(run.style, [
            ["User", printable(user)],
            ["System", printable(system)],
          ]),
        );
      }
      end(exitCode.ok);
    });
}

/** A file as `check` found it. */
interface Checked {
  readonly path: string;
  readonly image?: DatabaseImage;
  readonly error?: unknown;
}

function addCheck(database: Command, io: CliIo, end: End): void {
  database
    .command("check")
    .argument("[files...]", "files to check; the database's own without")
    .description("Read the database's files, or others, and say where one is damaged.")
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([
        ["scard database check", "exit code 1 when a file is damaged"],
        ["scard database check cards.json", "before it is imported or copied into place"],
      ]),
    )
    .action(async (paths: readonly string[], { json = false }: { json?: boolean }) => {
      const run = startRun(io, json);
      const checked = await (paths.length === 0 ? checkOwn(io) : checkAll(io, paths));
      if (json) {
        run.printJson({ files: checked.map(checkedJson) });
      } else {
        run.print(...checked.map(checkedLine));
      }
      const bad = checked.find(({ error }) => error !== undefined);
      end(bad === undefined ? exitCode.ok : describeFailure(bad.error).exitCode);
    });
}

async function checkAll(io: CliIo, paths: readonly string[]): Promise<readonly Checked[]> {
  return Promise.all(paths.map(async (path) => check(io, path)));
}

/** The database's own files, which need not be there. */
async function checkOwn(io: CliIo): Promise<readonly Checked[]> {
  const { user, system } = files(io);
  const checked = await checkAll(io, [user, system]);
  return checked.map((file) =>
    file.error instanceof CliError && file.error.exitCode === exitCode.usage
      ? { path: file.path }
      : file,
  );
}

/** An `image` for a file that can be used, else why it cannot. */
async function check(io: CliIo, path: string): Promise<Checked> {
  try {
    return { path, image: parseDatabase(textOf(await io.readBytes(path), path), path) };
  } catch (error) {
    io.signal.throwIfAborted();
    return { path, error };
  }
}

function checkedJson({ path, image, error }: Checked): object {
  if (error !== undefined) {
    return { path, state: "unusable", error: describeFailure(error).json };
  }
  return image === undefined
    ? { path, state: "absent" }
    : { path, state: "good", ...counts(image) };
}

function checkedLine({ path, image, error }: Checked): string {
  if (error instanceof DatabaseFileError) {
    return printable(error.message);
  }
  if (error !== undefined) {
    return describeFailure(error).message;
  }
  const what = image === undefined ? "not there" : `good, ${inWords(image)}`;
  return `${printable(path)}: ${what}`;
}

function counts(image: DatabaseImage): { cardTypes: number; readers: number; groups: number } {
  const { cardTypes, aliases, groups } = image;
  return { cardTypes: cardTypes.size, readers: aliases.size, groups: groups.size };
}

function inWords(image: DatabaseImage): string {
  const { cardTypes, readers, groups } = counts(image);
  const count = (number: number, noun: string): string =>
    `${String(number)} ${noun}${number === 1 ? "" : "s"}`;
  return `${count(cardTypes, "card type")}, ${count(readers, "reader")}, ${count(groups, "group")}`;
}

function files({ databasePaths }: CliIo): { readonly user: string; readonly system: string } {
  if (databasePaths === null) {
    throw new CliError(
      exitCode.usage,
      "The system keeps the database itself, in no file of its own.",
    );
  }
  return databasePaths;
}
