#!/usr/bin/env node
import { establishContext } from "../index.js";
import type { CliContext, CliEstablishOptions } from "./io.js";
import { printable } from "./printable.js";
import { processIo } from "./process-io.js";
import { runCli } from "./program.js";
import { readVersion } from "./version.js";

const io = processIo(process, {
  version: readVersion(),
  establish: establishContext,
  openFiles: process.platform === "win32" ? undefined : openFiles,
});

/** The usual database over a resource manager of this process's own, which has no readers. */
async function openFiles(options: CliEstablishOptions): Promise<CliContext> {
  const { createVirtualSubsystem } = await import("../virtual/index.js");
  const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
  return establishContext({ ...options, subsystem, database: {} });
}

// As the command's own words, without Node's advice.
process.removeAllListeners("warning").on("warning", ({ message }) => {
  io.stderr.write(`scard: ${printable(message)}\n`);
});

void runCli(process.argv.slice(2), io).then((code) => {
  // Not process.exit: what is still in the pipes must get out.
  process.exitCode = code;
});
