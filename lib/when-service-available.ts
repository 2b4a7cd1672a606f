import { checkOptions } from "./arguments.js";
import { type EstablishContextOptions, establishContext } from "./establish-context.js";
import { checkLibrarySource } from "./library-source.js";
import { Limits, callOptionKeys } from "./limits.js";
import { saysServiceGone } from "./service-gone.js";
import { watchPcscdSocket } from "./tracking/service-watch.js";
import { untilBack } from "./tracking/until-back.js";

/** Options of {@link whenServiceAvailable}: as for `establishContext`, without `scope`. */
export type WhenServiceAvailableOptions = Omit<EstablishContextOptions, "scope">;

/**
 * Settles when the PC/SC service answers: at once when it does already. Tries with growing pauses
 * up to a second; on Linux the socket of pcscd is watched instead once it stays away.
 *
 * @throws {LibraryNotFoundError} (rejects) when there is no PC/SC library: that cannot be waited for.
 * @throws {PcscError} (rejects) `SCARD_E_TIMEOUT` after `timeoutMs`; whatever else than an absent
 *   service the attempts fail with, such as `SCARD_E_NO_ACCESS`.
 */
export async function whenServiceAvailable(options?: WhenServiceAvailableOptions): Promise<void> {
  const given = checkOptions("options", options, ["library", "subsystem", ...callOptionKeys]);
  const platformService =
    checkLibrarySource(given) === undefined && process.env["SCARD_LIBRARY"] === undefined;
  const limits = Limits.from(given);
  limits?.throwIfOver("SCardEstablishContext", undefined);
  const { library, subsystem } = options ?? {};
  const source = {
    renew: async (signal: AbortSignal): Promise<void> => {
      const context = await establishContext({ library, subsystem, signal });
      await context[Symbol.asyncDispose]();
    },
    watchService: (onNews: () => void): ReturnType<typeof watchPcscdSocket> =>
      platformService ? watchPcscdSocket(onNews) : undefined,
  };
  await untilBack(() => source, limits, { atOnce: true, isAway: saysServiceGone });
}
