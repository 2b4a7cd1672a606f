import { checkOptions } from "./arguments.js";
import { type EstablishContextOptions, establishContext } from "./establish-context.js";
import { environment } from "./environment.js";
import { checkLibrarySource, hasWinscard } from "./library-source.js";
import { Limits, callOptionKeys } from "./limits.js";
import { saysServiceGone } from "./service-gone.js";
import { watchService } from "./tracking/service-watch.js";
import type { ServiceWatch } from "./tracking/source.js";
import { untilBack } from "./tracking/until-back.js";

/** Options of {@link whenServiceAvailable}: those of `establishContext` that say which service. */
export type WhenServiceAvailableOptions = Pick<
  EstablishContextOptions,
  "library" | "subsystem" | "signal" | "timeoutMs"
>;

/**
 * Settles when the PC/SC service answers: at once when it does already. Tries with growing pauses
 * up to a second; once it stays away, on Linux the socket of pcscd is watched instead, and on Windows
 * winscard's event is waited for (SCardAccessStartedEvent).
 *
 * @throws {LibraryNotFoundError} (rejects) when there is no PC/SC library: that cannot be waited for.
 * @throws {PcscError} (rejects) `SCARD_E_TIMEOUT` after `timeoutMs`; whatever else than an absent
 *   service the attempts fail with, such as `SCARD_E_NO_ACCESS`.
 */
export async function whenServiceAvailable(options?: WhenServiceAvailableOptions): Promise<void> {
  const given = checkOptions("options", options, ["library", "subsystem", ...callOptionKeys]);
  const library = checkLibrarySource(given);
  const limits = Limits.from(given);
  limits?.throwIfOver("SCardEstablishContext", undefined);
  const { subsystem } = options ?? {};
  const source = {
    renew: async (signal: AbortSignal): Promise<void> => {
      const context = await establishContext({ library: options?.library, subsystem, signal });
      await context[Symbol.asyncDispose]();
    },
    watchService: (onNews: () => void): ServiceWatch | undefined =>
      watchService(environment(), library, hasWinscard(subsystem), onNews),
  };
  await untilBack(() => source, limits, { atOnce: true, isAway: saysServiceGone });
}
