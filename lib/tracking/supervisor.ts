// Follows the readers through every end of the service.
import { PcscError } from "../errors/pcsc-error.js";
import type { KeepAlive } from "../keep-alive.js";
import { BackOff } from "./back-off.js";
import type { EventDraft } from "./events.js";
import { Follower } from "./follower.js";
import { pause } from "./pause.js";
import type { ReaderSource, ServiceWatch } from "./source.js";

/** How long a service may be away before its readers count as detached, ms. */
export const serviceGrace = 1000;

/** Pauses between attempts to reach a service that is away, ms: the first, and the longest. */
const firstPause = 5;
const longestPause = 1000;
/** The longest where the service's coming is announced, for the case that the news is lost. */
const longestWatchedPause = 30_000;

export interface SupervisorOptions {
  readonly source: ReaderSource;
  readonly keepAlive: KeepAlive;
  readonly wanted: (reader: string) => boolean;
  readonly pollInterval: number;
  /** Takes events that belong together: nobody may see the picture between two of them. */
  readonly emit: (events: readonly EventDraft[]) => void;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #follower: Follower;
  #started = false;
  #loss: PcscError | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #backOff = new BackOff(firstPause, longestPause);

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#follower = new Follower(options);
  }

  get follower(): Follower {
    return this.#follower;
  }

  /** Whether the service is there, as far as is known. */
  get serviceAvailable(): boolean {
    return this.#loss === undefined;
  }

  /** What said that the service has gone; undefined while it is there. */
  get serviceLoss(): PcscError | undefined {
    return this.#loss;
  }

  /** Runs until the signal aborts; rejects with what cannot be mended. */
  async run(signal: AbortSignal): Promise<void> {
    // For the whole time: a change between two waits is news to the next one.
    const stopNames = this.#options.source.onNames(() => {
      this.#follower.names.tell();
    });
    try {
      for (;;) {
        await this.#oneLife(signal);
      }
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    } finally {
      stopNames();
      this.#endGrace();
    }
  }

  /** From the service's coming to its end. */
  async #oneLife(signal: AbortSignal): Promise<void> {
    let begun = Infinity;
    try {
      this.#begin(await this.#follower.look(signal));
      begun = performance.now();
      await this.#follower.follow(signal);
    } catch (error) {
      // Everything PC/SC says is survived: a service that ends has many words for it.
      if (signal.aborted || !(error instanceof PcscError)) {
        throw error;
      }
      this.#backOff.resetAfter(performance.now() - begun);
      this.#lose(error);
      await this.#untilRenewed(signal);
    }
  }

  #begin(states: Awaited<ReturnType<Follower["look"]>>): void {
    this.#endGrace();
    if (!this.#started) {
      this.#started = true;
      this.#follower.adopt(states);
      this.#options.emit([{ type: "snapshot", readers: Object.freeze([...states]) }]);
    } else if (this.#loss !== undefined) {
      this.#follower.update(states, { restarted: true });
    }
    if (this.#loss !== undefined) {
      this.#loss = undefined;
      this.#options.emit([{ type: "service-restored" }]);
    }
  }

  #lose(error: PcscError): void {
    if (this.#loss !== undefined) {
      return;
    }
    this.#loss = error;
    const begins = !this.#started;
    this.#started = true;
    this.#options.emit([
      ...(begins ? [{ type: "snapshot", readers: Object.freeze([]) } as const] : []),
      { type: "service-lost", error },
    ]);
    const timer = setTimeout(() => {
      this.#endGrace();
      this.#follower.forgetAll();
    }, serviceGrace);
    this.#graceTimer = timer;
    this.#options.keepAlive.add(timer);
  }

  #endGrace(): void {
    if (this.#graceTimer !== undefined) {
      clearTimeout(this.#graceTimer);
      this.#options.keepAlive.remove(this.#graceTimer);
      this.#graceTimer = undefined;
    }
  }

  async #untilRenewed(signal: AbortSignal): Promise<void> {
    const { source, keepAlive } = this.#options;
    // A listener that heard of the loss may have ended all.
    signal.throwIfAborted();
    this.#follower.restart();
    await untilReached({ source, keepAlive, signal, backOff: this.#backOff });
  }
}

/** What {@link untilReached} needs. */
export interface ReachOptions {
  readonly source: Pick<ReaderSource, "renew" | "watchService">;
  readonly keepAlive: KeepAlive;
  readonly signal: AbortSignal;
  /** Kept between calls, so that a service that dies at once is not asked without end. */
  readonly backOff?: BackOff;
  /** Whether the first attempt is made at once. Default: after the first pause. */
  readonly atOnce?: boolean;
  /** Which failures mean that the service is still away. Default: all that PC/SC reports. */
  readonly isAway?: (error: unknown) => boolean;
}

/** Tries to reach the service until it succeeds, with growing pauses and at every sign of it. */
export async function untilReached(options: ReachOptions): Promise<void> {
  const { source, keepAlive, signal } = options;
  const backOff = options.backOff ?? new BackOff(firstPause, longestPause);
  const isAway = options.isAway ?? ((error): boolean => error instanceof PcscError);
  const alarm = new Alarm(source, keepAlive);
  try {
    for (let waits = options.atOnce !== true; ; waits = true) {
      if (waits) {
        await alarm.wait(backOff, signal);
      }
      try {
        await source.renew(signal);
        return;
      } catch (error) {
        if (signal.aborted || !isAway(error)) {
          throw error;
        }
      }
    }
  } finally {
    alarm.close();
  }
}

/** Attempts, about a second in all, after which a watched service is left to the watch. */
const attemptsBeforeWatching = 8;

/** Wakes a pause when the service may have come. */
class Alarm {
  readonly #keepAlive: KeepAlive;
  readonly #watch: ServiceWatch | undefined;
  #news = false;
  #attempts = 0;
  #wake: (() => void) | undefined;

  constructor(source: Pick<ReaderSource, "watchService">, keepAlive: KeepAlive) {
    this.#keepAlive = keepAlive;
    this.#watch = source.watchService(() => {
      this.#news = true;
      this.#wake?.();
    });
    if (this.#watch !== undefined) {
      keepAlive.add(this.#watch);
    }
  }

  async wait(backOff: BackOff, outer: AbortSignal): Promise<void> {
    if (this.#news) {
      // A socket is there a moment before somebody listens on it: try soon, and some more.
      this.#news = false;
      this.#attempts = 0;
      backOff.reset();
    }
    this.#attempts += 1;
    const watching = this.#watch !== undefined && this.#watch.broken !== true;
    const watched = watching && this.#attempts > attemptsBeforeWatching;
    const milliseconds = watched ? longestWatchedPause : backOff.take();
    const woken = new AbortController();
    const stop = (): void => {
      woken.abort();
    };
    this.#wake = stop;
    outer.addEventListener("abort", stop, { once: true });
    try {
      await pause(milliseconds, { signal: woken.signal, keepAlive: this.#keepAlive });
    } catch {
      outer.throwIfAborted();
    } finally {
      this.#wake = undefined;
      outer.removeEventListener("abort", stop);
    }
  }

  close(): void {
    if (this.#watch !== undefined) {
      this.#keepAlive.remove(this.#watch);
      this.#watch.close();
    }
  }
}
