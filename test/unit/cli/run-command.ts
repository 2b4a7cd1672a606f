import type { CliIo } from "../../../lib/cli/io.js";
import { runCli } from "../../../lib/cli/program.js";
import { FakeService } from "./fake-context.js";

/** A card of ISO/IEC 7816 with T=1, and a contactless one. */
export const contactAtr = "3BDA18FF81B1FE751F030031F573C001600090001C";
export const contactlessAtr = "3B8F8001804F0CA000000306030001000000006A";

/** What a command did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs, to be looked at and stopped. */
export interface Running {
  readonly done: Promise<Outcome>;
  readonly stdout: () => string;
  readonly abort: (reason: Error) => void;
  readonly resize: (columns: number, rows: number) => void;
}

type Settings = Partial<
  Pick<
    CliIo,
    | "env"
    | "isTTY"
    | "establish"
    | "openFiles"
    | "readBytes"
    | "knownCards"
    | "databasePaths"
    | "chooser"
  >
> & {
  readonly columns?: number;
};

/** Starts a command in this process, against the fake service. */
export function startCommand(
  argv: readonly string[],
  service = new FakeService(),
  settings: Settings = {},
): Running {
  const controller = new AbortController();
  let stdout = "";
  let stderr = "";
  let size = { columns: settings.columns ?? 100, rows: 30 };
  let onResize: (() => void) | undefined;
  const io: CliIo = {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: settings.env ?? { LANG: "en_GB.UTF-8", TERM: "xterm" },
    isTTY: settings.isTTY ?? false,
    size: () => size,
    onResize: (callback) => {
      onResize = callback;
      return () => (onResize = undefined);
    },
    platform: "linux",
    version: "1.2.3",
    now: () => new Date("2026-01-02T03:04:05.678Z"),
    knownCards: settings.knownCards ?? (async () => Promise.resolve([])),
    readBytes:
      settings.readBytes ?? (async () => Promise.reject(new Error("no file in this test"))),
    databasePaths: settings.databasePaths ?? null,
    chooser: settings.chooser,
    signal: controller.signal,
    establish: settings.establish ?? service.establish,
    openFiles: settings.openFiles,
  };
  const done = runCli(argv, io).then((code) => ({ code, stdout, stderr }));
  return {
    done,
    stdout: () => stdout,
    abort: (reason) => {
      controller.abort(reason);
    },
    resize: (columns, rows) => {
      size = { columns, rows };
      onResize?.();
    },
  };
}

/** Runs a command to its end. */
export async function runCommand(
  argv: readonly string[],
  service?: FakeService,
  settings?: Settings,
): Promise<Outcome> {
  return startCommand(argv, service, settings).done;
}
