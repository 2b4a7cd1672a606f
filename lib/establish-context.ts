import { checkOptions } from "./arguments.js";
import type { NativeContext } from "./binding.js";
import { type CardCache, checkCardCache, sharedCardCache } from "./cache/card-cache.js";
import { type Context, createContext } from "./context.js";
import { ContextCalls } from "./context-calls.js";
import {
  type DatabaseOption,
  checkDatabaseSource,
  openRepository,
  openStore,
  storeScope,
} from "./database/source.js";
import type { Repository } from "./database/repository.js";
import { type Dispatcher, type Trace, captureTrace } from "./dispatcher.js";
import { environment } from "./environment.js";
import { checkLibrarySource, hasWinscard } from "./library-source.js";
import type { KeepAlive } from "./keep-alive.js";
import { type CallOptions, Limits, callOptionKeys } from "./limits.js";
import { checkLowLatency } from "./low-latency.js";
import type { NativeContexts } from "./service-link.js";
import { readerNotes } from "./reader-notes.js";
import { watchService } from "./tracking/service-watch.js";
import { keepingSubsystem } from "./virtual/subsystem-handle.js";
import type { VirtualSubsystem } from "./virtual/subsystem.js";
import { type Scope, checkScope } from "./words.js";

/** Options of {@link establishContext}. */
export interface EstablishContextOptions extends CallOptions {
  /**
   * Whose database the context's calls are about: the user's own, or the machine's. Default:
   * `"user"`.
   */
  readonly scope?: Scope | undefined;
  /**
   * Path of the PC/SC library. Default: the environment variable SCARD_LIBRARY, else the platform's
   * own.
   */
  readonly library?: string | undefined;
  /**
   * A virtual subsystem, from `scard/virtual`, instead of the platform's service. Not together with
   * `library`.
   */
  readonly subsystem?: VirtualSubsystem | undefined;
  /**
   * Whether threads may wait awake, for less than a millisecond, while a card that answers soon is in
   * use: fast, at the price of processor time. Default: true, unless the environment variable
   * SCARD_LOW_LATENCY is `0`. docs/performance.md says what either costs.
   */
  readonly lowLatency?: boolean | undefined;
  /**
   * Where card types, introduced readers and reader groups are kept: files, or `"memory"` for as long
   * as the context. Default: with a virtual subsystem, in that; on Windows the system's own database;
   * else the usual files. See docs/database.md.
   */
  readonly database?: DatabaseOption | undefined;
  /**
   * The card cache of `readCache` and `writeCache`. Default: the resource manager's where it has one,
   * else one that all contexts of this JavaScript environment share.
   */
  readonly cache?: CardCache | undefined;
}

/**
 * Connects to the platform's PC/SC service: SCardEstablishContext. The PC/SC library is loaded at
 * the first call.
 *
 * @throws {LibraryNotFoundError} (rejects) when there is no PC/SC library, with what to install.
 * @throws {PcscError} (rejects) `SCARD_E_NO_SERVICE` when the service does not run.
 */
export async function establishContext(options?: EstablishContextOptions): Promise<Context> {
  const trace = captureTrace();
  return establishWith(environment, options, trace);
}

/** A function: what it spreads would be loaded with this module otherwise. */
const establishKeys = () =>
  ["scope", "library", "subsystem", "lowLatency", "database", "cache", ...callOptionKeys] as const;

/** As {@link establishContext}, on a dispatcher of the caller's: the seam for tests. */
export async function establishWith(
  dispatcherOf: () => Dispatcher,
  options?: EstablishContextOptions,
  trace?: Trace,
): Promise<Context> {
  const given = checkOptions("options", options, establishKeys());
  const scope = checkScope(given.scope ?? "user");
  const library = checkLibrarySource(given);
  const lowLatency = checkLowLatency(given.lowLatency);
  const source = checkDatabaseSource(given.database, options?.subsystem);
  const cache = given.cache === undefined ? undefined : checkCardCache(given.cache);
  const limits = Limits.from(given);
  const dispatcher = dispatcherOf();
  const establish = async <Result>(
    finish: (native: NativeContext) => Result,
    traits: { limits?: Limits | undefined; trace?: Trace | undefined; keepAlive?: KeepAlive } = {},
  ): Promise<Result> =>
    dispatcher.run({
      call: "SCardEstablishContext",
      target: {},
      begin: () => dispatcher.environment.establishContext(scope, library, lowLatency),
      finish,
      discard: (native) => {
        void releaseUnseen(dispatcher, native);
      },
      ...traits,
    });
  const contexts: NativeContexts = {
    establish: async (keepAlive) => establish((native) => native, { keepAlive }),
    release: async (native, keepAlive) => releaseUnseen(dispatcher, native, keepAlive),
  };
  const winscard = hasWinscard(options?.subsystem);
  const repository = openRepository(source, dispatcher);
  const context = await establish(
    (native) => {
      const calls = new ContextCalls(dispatcher, native, contexts, readerNotes(library), winscard);
      const virtual = options?.subsystem !== undefined;
      const store = openStore(repository, calls, { scope, virtual });
      calls.useNames(store);
      const context = createContext({
        calls,
        watchService: (onNews) => watchService(dispatcher, library, winscard, onNews),
        cache: cache ?? (winscard ? undefined : sharedCardCache),
        countsReaders: winscard,
        virtual,
        store,
      });
      return keepingSubsystem(context, options?.subsystem);
    },
    { limits, trace },
  );
  await readAhead(repository, scope);
  return context;
}

/** Reads a database, once for all contexts; a failure is for the calls that need it. */
async function readAhead(repository: Repository | undefined, scope: number): Promise<void> {
  await repository?.read(storeScope(scope), "SCardEstablishContext").catch(() => undefined);
}

/** Releases a context that nobody uses any more. */
async function releaseUnseen(
  dispatcher: Dispatcher,
  native: NativeContext,
  keepAlive?: KeepAlive,
): Promise<void> {
  const done = dispatcher.run({
    call: "SCardReleaseContext",
    target: { subject: "context" },
    begin: () => native.close(),
    finish: () => undefined,
    keepAlive,
  });
  await done.catch(() => undefined);
}
