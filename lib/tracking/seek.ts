// One wait for one thing, on the way in which trackers follow the readers: through ends of the
// service, new readers and changed names, and without any work while nothing happens.
import { PcscError } from "../errors/pcsc-error.js";
import { KeepAlive } from "../keep-alive.js";
import type { Limits } from "../limits.js";
import type { ReaderState } from "../reader-state.js";
import { saysServiceGone } from "../service-gone.js";
import { usualPollInterval } from "./announcements.js";
import type { EventDraft } from "./events.js";
import { Inbox } from "./inbox.js";
import { linkedController, orAbort } from "./pause.js";
import type { SourceFactory } from "./source.js";
import { Supervisor } from "./supervisor.js";

/** What {@link seek} needs of a context. */
export interface SeekHost {
  readonly sourceOf: SourceFactory;
  /** Aborts when the context is closed. */
  readonly closing: AbortSignal;
  /** Aborts at the context's next `cancel`. */
  readonly cancelling: AbortSignal;
}

/** What is sought. */
export interface Sought {
  /** Which readers matter. */
  readonly wanted: (reader: string) => boolean;
  readonly groups: readonly string[] | undefined;
  readonly limits: Limits | undefined;
  /** The states to judge after these events, with the picture that they lead to. */
  readonly take: (
    events: readonly EventDraft[],
    picture: readonly ReaderState[],
  ) => readonly ReaderState[];
  /** Whether it is this one. Default: the first. */
  readonly judge?: ((state: ReaderState) => Promise<boolean>) | undefined;
  /** Calls back when what was judged may be judged otherwise, until the result is called. */
  readonly onReconsider?: ((reconsider: () => void) => () => void) | undefined;
}

const call = "SCardGetStatusChange";

/** How long a look may take that no time was given for, ms: 0 still looks once. */
const lookPatience = 1000;

/**
 * Follows the readers until a state is the one sought.
 *
 * @throws {PcscError} (rejects) SCARD_E_TIMEOUT, SCARD_E_CANCELLED, and what PC/SC says that is not
 *   the service's end.
 */
export async function seek(host: SeekHost, sought: Sought): Promise<ReaderState> {
  const { limits, judge } = sought;
  const { controller, release } = linkedController(limits?.signal, host.cancelling, host.closing);
  const { signal } = controller;
  const time = new Deadline(limits, controller);
  const inbox = new Inbox<readonly ReaderState[]>();
  const stop = follow(host, sought, controller, inbox);
  try {
    for (;;) {
      for (const state of await orAbort(inbox.next(), signal)) {
        if (judge === undefined || (await orAbort(judged(judge, state), signal))) {
          return state;
        }
      }
      time.looked();
    }
  } finally {
    stop();
    time.stop();
    release();
    controller.abort();
  }
}

/** Fills the inbox from now on; the result ends what the controller does not. */
function follow(
  host: SeekHost,
  { wanted, groups, take, onReconsider }: Sought,
  controller: AbortController,
  inbox: Inbox<readonly ReaderState[]>,
): () => void {
  const keepAlive = new KeepAlive();
  const supervisor = new Supervisor({
    source: host.sourceOf(keepAlive, groups),
    keepAlive,
    wanted,
    pollInterval: usualPollInterval,
    emit: (events) => {
      const lost = events.find(({ type }) => type === "service-lost");
      if (lost?.type === "service-lost" && !saysServiceGone(lost.error)) {
        controller.abort(lost.error);
      } else {
        inbox.put(take(events, supervisor.follower.states));
      }
    },
  });
  supervisor.run(controller.signal).catch((error: unknown) => {
    controller.abort(error);
  });
  return (
    onReconsider?.(() => {
      supervisor.follower.names.tell();
      inbox.put(supervisor.follower.states.filter(({ present }) => present));
    }) ?? ((): void => undefined)
  );
}

/** A service that ends while a card is judged is waited for as in every other step. */
async function judged(judge: NonNullable<Sought["judge"]>, state: ReaderState): Promise<boolean> {
  try {
    return await judge(state);
  } catch (error) {
    if (saysServiceGone(error)) {
      return false;
    }
    throw error;
  }
}

/** Aborts when the time is over, but for the first look's time. */
class Deadline {
  readonly #limits: Limits | undefined;
  readonly #controller: AbortController;
  #looked = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: Limits | undefined, controller: AbortController) {
    this.#limits = limits;
    this.#controller = controller;
    const remaining = limits?.remaining;
    if (remaining !== undefined) {
      this.#timer = setTimeout(() => {
        this.#over(Math.max(0, lookPatience - remaining));
      }, remaining);
    }
  }

  /** What is there was judged. */
  looked(): void {
    this.#looked = true;
    if (this.#limits?.remaining === 0) {
      this.#abort();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #over(patience: number): void {
    if (this.#looked) {
      this.#abort();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#abort();
    }, patience);
  }

  #abort(): void {
    this.#controller.abort(PcscError.of("SCARD_E_TIMEOUT", call));
  }
}
