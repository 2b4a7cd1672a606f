// What this JavaScript environment keeps of readers for all its contexts, where the resource manager
// does not: exchanges counted, icons registered.
import type { LibrarySource } from "../binding.js";
import { KnownDevices } from "./database/known-devices.js";

/** Exchanges with one reader since it was attached, as far as this environment has seen. */
export interface TransmitCounter {
  count: number;
}

export class ReaderNotes {
  readonly icons = new Map<string, Uint8Array>();
  /** What the readers are as devices. */
  readonly devices = new KnownDevices();
  readonly #transmits = new Map<string, TransmitCounter>();

  /** The counter of a reader, which stays the reader's until that is detached. */
  transmits(reader: string): TransmitCounter {
    let counter = this.#transmits.get(reader);
    if (counter === undefined) {
      counter = { count: 0 };
      this.#transmits.set(reader, counter);
    }
    return counter;
  }

  /** Only these readers are attached: what comes again under another's name counts from 0. */
  attached(readers: readonly string[]): void {
    this.devices.attached(readers);
    for (const reader of this.#transmits.keys()) {
      if (!readers.includes(reader)) {
        this.#transmits.delete(reader);
      }
    }
  }

  /** The reader has gone. */
  detached(reader: string): void {
    this.#transmits.delete(reader);
  }
}

const ofLibraries = new Map<string, ReaderNotes>();
const ofSubsystems = new WeakMap<object, ReaderNotes>();

/** The notes on the readers of one resource manager. */
export function readerNotes(source: LibrarySource): ReaderNotes {
  if (typeof source === "object") {
    const known = ofSubsystems.get(source) ?? new ReaderNotes();
    ofSubsystems.set(source, known);
    return known;
  }
  const path = source ?? "";
  const known = ofLibraries.get(path) ?? new ReaderNotes();
  ofLibraries.set(path, known);
  return known;
}
