import { EventEmitter } from "node:events";

import { illegalConstructor, inspectable } from "../inspect.js";
import { KeepAlive } from "../keep-alive.js";
import type { ReaderState } from "../reader-state.js";
import { EventQueue } from "./event-queue.js";
import type { EventDraft, TrackerEvent } from "./events.js";
import type { CheckedTrackOptions } from "./options.js";
import type { SourceFactory } from "./source.js";
import { Supervisor } from "./supervisor.js";

type EventOf<Type extends TrackerEvent["type"]> = Extract<TrackerEvent, { readonly type: Type }>;

/** What listeners of a {@link ReaderTracker} get, by the event's name. */
export type TrackerEventMap = {
  [Type in TrackerEvent["type"]]: [event: EventOf<Type>];
} & {
  /** Every event, before the one of its own name. */
  event: [event: TrackerEvent];
  /** Tracking ended by a failure that it cannot survive, such as no thread. */
  error: [error: Error];
  /** Tracking has ended: stopped, aborted, or its context closed. After `error`, if there was one. */
  end: [];
};

const key = Symbol("ReaderTracker");

/**
 * Readers and cards as they come and go, from `context.track()`: an event emitter, and an async
 * iterable of the same events. It outlives the PC/SC service: what changed while that was away is
 * reported when it is back. docs/tracking.md has the rules.
 *
 * Tracking begins by itself, after the current turn of the event loop. It ends with
 * {@link ReaderTracker.stop}, its signal, its context, or when its last `for await` loop is left and
 * there are no listeners.
 */
export class ReaderTracker
  extends EventEmitter<TrackerEventMap>
  implements AsyncIterable<TrackerEvent>
{
  readonly #supervisor: Supervisor;
  readonly #keepAlive = new KeepAlive();
  readonly #queues = new Set<EventQueue>();
  /** Those of {@link ReaderTracker.#queues} that came among events that belong together. */
  readonly #late = new Set<EventQueue>();
  #publishing = false;
  readonly #queueLimit: number;
  readonly #controller = new AbortController();
  readonly #done: Promise<void>;
  #sequence = 0;
  #started = false;
  #ended = false;
  #failure: { readonly error: Error } | undefined;

  /** @internal Use `context.track()`. */
  constructor(
    symbol: symbol,
    sourceOf: SourceFactory,
    options: CheckedTrackOptions,
    closing: AbortSignal,
  ) {
    if (symbol !== key) {
      throw illegalConstructor("ReaderTracker", "context.track()");
    }
    super();
    this.#queueLimit = options.queueLimit;
    this.#supervisor = new Supervisor({
      source: sourceOf(this.#keepAlive, options.groups),
      keepAlive: this.#keepAlive,
      wanted: options.wanted,
      pollInterval: options.pollInterval,
      emit: (events) => {
        this.#publish(events);
      },
    });
    const signals = [closing, options.signal].filter((signal) => signal !== undefined);
    this.#done = this.#run(signals);
  }

  /** The readers as they are known now, in the order in which they came. */
  get readers(): readonly ReaderState[] {
    return this.#supervisor.follower.states;
  }

  /** Whether the PC/SC service is there, as far as is known. */
  get serviceAvailable(): boolean {
    return this.#supervisor.serviceAvailable;
  }

  /** Whether tracking has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Ends the tracking; settles when nothing of it is left. */
  async stop(): Promise<void> {
    this.#controller.abort();
    await this.#done;
  }

  /** As {@link ReaderTracker.stop}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Lets the tracking keep the process alive: the default. */
  ref(): this {
    this.#keepAlive.want(true);
    return this;
  }

  /** Lets the process end although tracking goes on. */
  unref(): this {
    this.#keepAlive.want(false);
    return this;
  }

  /**
   * The events from now on, after a `snapshot` of what is there, and `service-lost` while the service
   * is away. Each loop has a queue of its own. It ends when tracking does, and throws what `error`
   * would bring.
   */
  [Symbol.asyncIterator](): EventQueue {
    const queue = new EventQueue(this.#queueLimit, () => {
      this.#leave(queue);
    });
    if (this.#publishing) {
      this.#late.add(queue);
    } else if (this.#started) {
      this.#greet(queue);
    }
    if (this.#ended) {
      queue.end(this.#failure?.error);
    } else {
      this.#queues.add(queue);
    }
    return queue;
  }

  /** For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const readers = this.readers.map(({ reader }) => reader);
    return inspectable("ReaderTracker", { readers, ended: this.#ended });
  }

  /** Tells a new queue how things are. */
  #greet(queue: EventQueue): void {
    const readers = Object.freeze([...this.readers]);
    queue.push(Object.freeze({ type: "snapshot", readers, ...this.#number(0) }));
    const error = this.#supervisor.serviceLoss;
    if (error !== undefined) {
      queue.push(Object.freeze({ type: "service-lost", error, ...this.#number(0) }));
    }
  }

  #leave(queue: EventQueue): void {
    this.#queues.delete(queue);
    this.#late.delete(queue);
    const listeners = this.eventNames().some((name) => name !== "error" && name !== "end");
    if (this.#queues.size === 0 && !listeners) {
      void this.stop();
    }
  }

  async #run(outer: readonly AbortSignal[]): Promise<void> {
    const { signal } = this.#controller;
    const abort = (): void => {
      this.#controller.abort();
    };
    for (const one of outer) {
      one.addEventListener("abort", abort, { once: true });
      if (one.aborted) {
        abort();
      }
    }
    try {
      // Whoever asked for the tracking gets to listen first.
      await Promise.resolve();
      if (!signal.aborted) {
        await this.#supervisor.run(signal);
      }
    } catch (error) {
      this.#failure = { error: error as Error };
    } finally {
      for (const one of outer) {
        one.removeEventListener("abort", abort);
      }
      this.#finish();
    }
  }

  #finish(): void {
    this.#ended = true;
    const error = this.#failure?.error;
    const heard = this.#queues.size > 0;
    for (const queue of this.#queues) {
      queue.end(error);
    }
    this.#queues.clear();
    if (error !== undefined && (!heard || this.listenerCount("error") > 0)) {
      this.#tell(() => this.emit("error", error));
    }
    this.#tell(() => this.emit("end"));
  }

  #number(step: 0 | 1): { readonly sequence: number; readonly skipped: number } {
    this.#sequence += step;
    return { sequence: this.#sequence, skipped: 0 };
  }

  #publish(drafts: readonly EventDraft[]): void {
    this.#started = true;
    this.#publishing = true;
    for (const draft of drafts) {
      this.#publishOne(draft);
    }
    this.#publishing = false;
    // Their picture is that after all of it.
    for (const queue of this.#late) {
      this.#greet(queue);
    }
    this.#late.clear();
  }

  #publishOne(draft: EventDraft): void {
    const event = Object.freeze({ ...draft, ...this.#number(1) }) as TrackerEvent;
    for (const queue of this.#queues) {
      if (!this.#late.has(queue)) {
        queue.push(event);
      }
    }
    // The map's type cannot follow that name and event go together.
    const emitter = this as unknown as EventEmitter;
    this.#tell(() => emitter.emit("event", event));
    this.#tell(() => emitter.emit(event.type, event));
  }

  /** A listener that throws must not end the tracking; its error is still the program's to see. */
  #tell(call: () => unknown): void {
    try {
      call();
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }
}

/** The tracker of a source; `closing` ends it as the options' signal does. */
export function createTracker(
  sourceOf: SourceFactory,
  options: CheckedTrackOptions,
  closing: AbortSignal,
): ReaderTracker {
  return new ReaderTracker(key, sourceOf, options, closing);
}
