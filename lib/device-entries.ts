import type { ReaderState, ReaderStateQuery } from "./reader-state.js";

/**
 * A wait's entries in the resource manager's names. Two names of one reader make one entry as long as
 * they are compared with the same state: pcsclite takes no more entries than it has readers.
 */
export class DeviceEntries {
  readonly queries: readonly ReaderStateQuery[];
  readonly #named: readonly ReaderStateQuery[];
  /** For each query of the program's the entry that answers it. */
  readonly #places: readonly number[];

  constructor(named: readonly ReaderStateQuery[], deviceOf: (reader: string) => string) {
    const queries: ReaderStateQuery[] = [];
    const places = new Map<string, number>();
    this.#named = named;
    this.#places = named.map(({ reader, current }) => {
      const device = deviceOf(reader);
      const key = `${String(current)} ${device}`;
      const place = places.get(key) ?? queries.push({ reader: device, current }) - 1;
      places.set(key, place);
      return place;
    });
    this.queries = queries;
  }

  /** The states in the program's names and order. */
  spread(states: readonly ReaderState[]): ReaderState[] {
    return this.#named.flatMap(({ reader }, index) => {
      const state = states[this.#places[index] ?? -1];
      return state === undefined ? [] : [Object.freeze({ ...state, reader })];
    });
  }
}
