// On Linux pcscd's socket tells when the service comes: no need to keep asking.
import { type FSWatcher, existsSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

import type { ServiceWatch } from "./source.js";

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

  constructor(socket: string, onNews: () => void) {
    this.#socket = socket;
    this.#onNews = onNews;
    this.#watcher = this.#watch();
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
    // A watch that breaks leaves the slow attempts of the back-off.
    watcher.on("error", () => {
      watcher.close();
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
    } catch {
      // The folder went between two looks; the attempts of the back-off go on.
    }
  }
}
