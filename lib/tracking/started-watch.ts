// winscard's event for its start: SCardAccessStartedEvent.
import type { LibrarySource } from "../../binding.js";
import type { Dispatcher } from "../dispatcher.js";
import { KeepAlive } from "../keep-alive.js";
import { Limits } from "../limits.js";
import type { ServiceWatch } from "./source.js";

/**
 * Longest time between two looks at an event that is set, ms. It stays set while the service runs,
 * and a service that ends again at once must not be asked without a pause.
 */
const pauseBetween = 1000;

/** Waits for the event, again and again. */
export class StartedWatch implements ServiceWatch {
  broken = false;
  readonly #dispatcher: Dispatcher;
  readonly #library: LibrarySource;
  readonly #onNews: () => void;
  readonly #keepAlive = new KeepAlive();
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(dispatcher: Dispatcher, library: LibrarySource, onNews: () => void) {
    this.#dispatcher = dispatcher;
    this.#library = library;
    this.#onNews = onNews;
    void this.#watch();
  }

  ref(): void {
    this.#keepAlive.want(true);
  }

  unref(): void {
    this.#keepAlive.want(false);
  }

  close(): void {
    this.#controller.abort();
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#keepAlive.remove(this.#timer);
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#controller;
    try {
      await this.#dispatcher.run({
        call: "SCardAccessStartedEvent",
        target: {},
        begin: () => this.#dispatcher.environment.serviceStarted(this.#library),
        finish: () => undefined,
        limits: Limits.from({ signal }),
        keepAlive: this.#keepAlive,
      });
    } catch {
      // Closed, or without the event: then the attempts of the back-off go on.
      this.broken = !signal.aborted;
      if (this.broken) {
        // Whoever relies on the watch has to know at once.
        this.#onNews();
      }
      return;
    }
    if (!signal.aborted) {
      this.#onNews();
      this.#rest();
    }
  }

  #rest(): void {
    const timer = setTimeout(() => {
      this.#keepAlive.remove(timer);
      void this.#watch();
    }, pauseBetween);
    this.#timer = timer;
    this.#keepAlive.add(timer);
  }
}
