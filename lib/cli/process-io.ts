import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";

import { defaultPaths } from "../database/paths.js";
import { knownCardNames } from "../known-cards.js";
import { terminalChooser } from "../select/terminal-chooser.js";
import { exitCode, Interruption } from "./exit-code.js";
import { CliError } from "./failure.js";
import type { CliIo, CliOutput } from "./io.js";
import { printable, terminalLength } from "./printable.js";

/** What {@link processIo} needs of Node's `process`. */
export type ProcessLike = Pick<NodeJS.Process, "env" | "platform" | "once"> & {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
};

/** A stream of a process; the size is there on a terminal only. */
export type OutputStream = Pick<NodeJS.WritableStream, "write" | "on" | "off"> & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Connects the commands to a process: its streams, its signals, its files. */
export function processIo(
  process: ProcessLike,
  rest: Pick<CliIo, "version" | "establish" | "openFiles">,
): CliIo {
  const controller = new AbortController();
  const stop = (what: ConstructorParameters<typeof Interruption>[0]) => (): void => {
    controller.abort(new Interruption(what));
  };
  // Once each: a second Ctrl-C ends the process in Node's own way, should something hang.
  process.once("SIGINT", stop("interrupted"));
  process.once("SIGTERM", stop("terminated"));
  const { stdin, stdout, stderr } = process;
  return {
    ...rest,
    stdout: output(stdout, stop("brokenPipe")),
    stderr: output(stderr, stop("brokenPipe")),
    env: process.env,
    platform: process.platform,
    isTTY: stdout.isTTY === true,
    size: () => ({
      columns: terminalLength(stdout.columns, 80),
      rows: terminalLength(stdout.rows, 24),
    }),
    onResize: (callback) => {
      stdout.on("resize", callback);
      return () => {
        stdout.off("resize", callback);
      };
    },
    now: () => new Date(),
    knownCards: async (atr) => (await knownCardNames(atr)).names,
    readBytes: async (path) => (path === "-" ? buffer(stdin) : readWholeFile(path)),
    databasePaths:
      process.platform === "win32" ? null : defaultPaths(process.platform, process.env),
    chooser:
      stdin.isTTY === true && stderr.isTTY === true
        ? terminalChooser({ input: stdin, output: stderr as NodeJS.WritableStream })
        : undefined,
    signal: controller.signal,
  };
}

/** Nobody reads any more: say nothing further and stop, as `scard watch | head` wants. */
function output(stream: OutputStream, onBrokenPipe: () => void): CliOutput {
  let broken = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      throw error;
    }
    broken = true;
    onBrokenPipe();
  });
  return {
    write: (chunk) => {
      if (!broken) {
        stream.write(chunk);
      }
    },
  };
}

async function readWholeFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    const shown = printable(path);
    const words: Readonly<Record<string, string>> = {
      ENOENT: `There is no file ${shown}.`,
      ENOTDIR: `There is no file ${shown}.`,
      EACCES: `The file ${shown} may not be read by this user.`,
      EISDIR: `${shown} is a directory.`,
    };
    const message = words[code] ?? `The file ${shown} cannot be read (${code}).`;
    const absent = code === "ENOENT" || code === "ENOTDIR";
    throw new CliError(absent ? exitCode.usage : exitCode.failure, message);
  }
}
