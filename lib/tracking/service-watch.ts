// What tells when the service comes, so that there is no need to keep asking: pcscd's socket on
// Linux, winscard's started event on Windows.
import { type FSWatcher, existsSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

import type { LibrarySource } from "../../binding.js";
import type { Dispatcher } from "../dispatcher.js";
import { StartedWatch } from "./started-watch.js";
import type { ServiceWatch } from "./source.js";

/** The watch that suits a resource manager; undefined where nothing tells. */
export function watchService(
  dispatcher: Dispatcher,
  library: LibrarySource,
  winscard: boolean,
  onNews: () => void,
): ServiceWatch | undefined {
  if (winscard) {
    return new StartedWatch(dispatcher, library, onNews);
  }
  const platformService = library === undefined && process.env["SCARD_LIBRARY"] === undefined;
  return platformService ? watchPcscdSocket(onNews) : undefined;
}

const usualSocket = "/run/pcscd/pcscd.comm";

/**
 * Watches for pcscd's socket. Where its folder is missing (systemd removes it with the service) the
 * folder above is watched for it. Undefined where there is nothing to watch: then only asking helps.
 */
export function watchPcscdSocket(
  onNews: () => void,
  environment: NodeJS.ProcessEnv = process.env,
): ServiceWatch | undefined {
  if (process.platform !== "linux") {
    return undefined;
  }
  const socket = environment["PCSCLITE_CSOCK_NAME"] ?? usualSocket;
  try {
    return new SocketWatch(socket, onNews);
  } catch {
    return undefined;
  }
}

class SocketWatch implements ServiceWatch {
  readonly #socket: string;
  readonly #onNews: () => void;
  #watcher: FSWatcher;
  #wanted = true;
  #closed = false;
  #broken = false;

  constructor(socket: string, onNews: () => void) {
    this.#socket = socket;
    this.#onNews = onNews;
    this.#watcher = this.#watch();
  }

  get broken(): boolean {
    return this.#broken;
  }

  ref(): void {
    this.#wanted = true;
    this.#watcher.ref();
  }

  unref(): void {
    this.#wanted = false;
    this.#watcher.unref();
  }

  close(): void {
    this.#closed = true;
    this.#watcher.close();
  }

  #watch(): FSWatcher {
    const folder = dirname(this.#socket);
    const watcher = existsSync(folder)
      ? this.#watchFor(folder, basename(this.#socket))
      : this.#watchFor(dirname(folder), basename(folder));
    if (!this.#wanted) {
      watcher.unref();
    }
    return watcher;
  }

  #watchFor(folder: string, name: string): FSWatcher {
    const watcher = watch(folder, (_, changed) => {
      if (changed === null || changed === name) {
        this.#onNews();
        this.#follow();
      } else if (changed === basename(folder)) {
        // The folder itself has gone.
        this.#follow();
      }
    });
    watcher.on("error", () => {
      watcher.close();
      this.#break();
    });
    return watcher;
  }

  /** Looks in the right folder again, after one of them came or went. */
  #follow(): void {
    if (this.#closed) {
      return;
    }
    try {
      const next = this.#watch();
      this.#watcher.close();
      this.#watcher = next;
      this.#broken = false;
    } catch {
      // The folder went between two looks, or there is no room for another watch.
      this.#break();
    }
  }

  /** From now on only asking helps: whoever relies on this watch is told. */
  #break(): void {
    if (!this.#broken && !this.#closed) {
      this.#broken = true;
      this.#onNews();
    }
  }
}
