import type { CliContext, CliIo, CliReaderState } from "./io.js";

/** The state of readers as it is now. Default: of all, in the order of the list. */
export async function readStates(
  io: CliIo,
  context: CliContext,
  readers?: readonly string[],
): Promise<readonly CliReaderState[]> {
  const names = readers ?? (await context.listReaders({ signal: io.signal }));
  if (names.length === 0) {
    return [];
  }
  // A name alone stands for "nothing known yet", which is answered at once.
  return context.getStatusChange(names, { signal: io.signal, timeoutMs: 0 });
}
