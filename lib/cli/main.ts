#!/usr/bin/env node
import { establishContext } from "../index.js";
import { processIo } from "./process-io.js";
import { runCli } from "./program.js";
import { readVersion } from "./version.js";

const io = processIo(process, { version: readVersion(), establish: establishContext });

void runCli(process.argv.slice(2), io).then((code) => {
  // Not process.exit: what is still in the pipes must get out.
  process.exitCode = code;
});
