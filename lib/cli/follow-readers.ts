// The readers over time, as one state of the world after another.
import { setTimeout as delay } from "node:timers/promises";

import { PcscError } from "../errors/pcsc-error.js";
import { mostEntries, pnpNotification } from "../reader-state.js";
import type { CliContext, CliIo, CliReaderState } from "./io.js";

/**
 * Longest single wait. A reader that comes between listing and waiting is noticed after it at the
 * latest, and so is any reader where the platform does not know the pseudo reader.
 */
const longestWait = 3000;

/** Time between two attempts to reach a service that went away. */
const serviceRetry = 1000;

/** What is known at one moment. */
export interface World {
  /** False while the service that was there at first is away. */
  readonly service: boolean;
  /** In the order of the list. */
  readonly states: readonly CliReaderState[];
}

const serviceGone: ReadonlySet<string> = new Set([
  "SCARD_E_NO_SERVICE",
  "SCARD_E_SERVICE_STOPPED",
  "SCARD_E_INVALID_HANDLE",
  "SCARD_E_SYSTEM_CANCELLED",
  "SCARD_P_SHUTDOWN",
  "SCARD_F_COMM_ERROR",
  "RPC_S_SERVER_UNAVAILABLE",
]);

/**
 * Gives the world as it is, then again after every change, until the signal aborts. A service that
 * is not there at first is an error; one that goes away later is waited for.
 */
export async function* followReaders(io: CliIo): AsyncGenerator<World, never> {
  let context = await io.establish({ signal: io.signal });
  try {
    for (;;) {
      try {
        yield* followContext(io, context);
      } catch (error) {
        if (!(error instanceof PcscError) || !serviceGone.has(error.code)) {
          throw error;
        }
        yield { service: false, states: [] };
        await context[Symbol.asyncDispose]();
        context = await establishAgain(io);
      }
    }
  } finally {
    await context[Symbol.asyncDispose]();
  }
}

async function* followContext(io: CliIo, context: CliContext): AsyncGenerator<World, never> {
  let states: readonly CliReaderState[] | undefined;
  let plugAndPlay: string | CliReaderState = pnpNotification;
  for (;;) {
    const names = await context.listReaders({ signal: io.signal });
    const known: ReadonlyMap<string, CliReaderState> = new Map(
      states?.map((state) => [state.reader, state]),
    );
    const asked = names.map((name) => known.get(name) ?? name);
    const sameReaders = states?.length === names.length && names.every((name) => known.has(name));
    if (!sameReaders) {
      // Names alone are answered at once, so nothing is waited for here.
      const now = names.length === 0 ? [] : await change(io, context, names);
      if (now !== undefined) {
        states = now.filter(({ unknown }) => !unknown);
        yield { service: true, states };
      }
      continue;
    }
    const news = names.length < mostEntries ? [plugAndPlay] : [];
    const changed: readonly CliReaderState[] | undefined = await change(io, context, [
      ...asked,
      ...news,
    ]);
    if (changed !== undefined) {
      plugAndPlay = changed[names.length] ?? pnpNotification;
      states = changed.slice(0, names.length).filter(({ unknown }) => !unknown);
      yield { service: true, states };
    }
  }
}

/** A wait that is over, and a reader that Windows no longer knows. */
const listAgain: ReadonlySet<string> = new Set(["SCARD_E_TIMEOUT", "SCARD_E_UNKNOWN_READER"]);

/** Undefined when nothing changed in {@link longestWait}, or the list did. */
async function change(
  io: CliIo,
  context: CliContext,
  readers: readonly (string | CliReaderState)[],
): Promise<readonly CliReaderState[] | undefined> {
  try {
    return await context.getStatusChange(readers, { signal: io.signal, timeoutMs: longestWait });
  } catch (error) {
    if (error instanceof PcscError && listAgain.has(error.code)) {
      return undefined;
    }
    throw error;
  }
}

async function establishAgain(io: CliIo): Promise<CliContext> {
  for (;;) {
    await pause(io.signal);
    try {
      return await io.establish({ signal: io.signal });
    } catch (error) {
      if (!(error instanceof PcscError) || !serviceGone.has(error.code)) {
        throw error;
      }
    }
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await delay(serviceRetry, undefined, { signal });
  } catch {
    // Only the abort ends the delay early; its own reason says why.
    signal.throwIfAborted();
  }
}
