// Contexts for what is about the database: PC/SC is not needed where that is in files.
import { LibraryNotFoundError } from "../errors/library-not-found-error.js";
import { saysServiceGone } from "../service-gone.js";
import { describeFailure } from "./failure.js";
import { type CliContext, type CliEstablishOptions, type CliIo, withContext } from "./io.js";
import { styleFor } from "./style.js";

type Scope = Pick<CliEstablishOptions, "scope">;

/** Runs `use` with a context whose database alone counts. */
export async function withDatabase<Value>(
  io: CliIo,
  use: (context: CliContext) => Promise<Value>,
  scope: Scope = {},
): Promise<Value> {
  if (io.openFiles === undefined) {
    return withContext(io, use, scope);
  }
  await using context = await io.openFiles({ signal: io.signal, ...scope });
  return await use(context);
}

/**
 * Runs `use` with a context whose readers count where they can be seen. Where they cannot, standard
 * error says why, and what the database has is all there is.
 */
export async function withReadersIfAny<Value>(
  io: CliIo,
  use: (context: CliContext, seesReaders: boolean) => Promise<Value>,
  scope: Scope = {},
): Promise<Value> {
  const established = await readersOrWhyNot(io, scope);
  if ("whyNot" in established) {
    const { symbols } = styleFor(io);
    const { message } = describeFailure(established.whyNot);
    const then = "This goes by what the database has of readers.";
    io.stderr.write(`scard: No reader can be seen: ${message}\n  ${symbols.dash} ${then}\n`);
    return withDatabase(io, async (context) => use(context, false), scope);
  }
  await using context = established;
  return await use(context, true);
}

async function readersOrWhyNot(
  io: CliIo,
  scope: Scope,
): Promise<CliContext | { readonly whyNot: unknown }> {
  try {
    return await io.establish({ signal: io.signal, ...scope });
  } catch (error) {
    if (
      io.openFiles !== undefined &&
      (error instanceof LibraryNotFoundError || saysServiceGone(error))
    ) {
      return { whyNot: error };
    }
    throw error;
  }
}
