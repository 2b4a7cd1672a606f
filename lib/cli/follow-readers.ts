// The readers over time: each event of a tracker, and the state of the world after it.
import type { TrackerEvent } from "../tracking/events.js";
import { type CardNames, namesOfCards } from "./card-names.js";
import type { CliContext, CliIo, CliReaderState } from "./io.js";

/** What is known at one moment. */
export interface World {
  /** False while the service that was there at first is away. */
  readonly service: boolean;
  /** In the order in which the readers came. */
  readonly states: readonly CliReaderState[];
  /** What the cards were called when they came. */
  readonly names: CardNames;
}

/** One event and what it led to. */
export interface Step {
  readonly event: TrackerEvent;
  readonly world: World;
}

/**
 * Gives what is there, then every event, until the signal aborts, whose reason it throws. A service
 * that is not there at first is an error; one that goes away later is waited for.
 */
export async function* followReaders(io: CliIo): AsyncGenerator<Step> {
  const { signal } = io;
  await using context = await io.establish({ signal });
  let world: World = { service: true, states: [], names: new Map() };
  for await (const event of context.track({ signal })) {
    const after = worldAfter(world, event);
    world = { ...after, names: await namesAfter(io, context, world, after.states) };
    yield { event, world };
  }
  signal.throwIfAborted();
}

/** A card that comes is looked up; that another program begins to use it changes nothing. */
async function namesAfter(
  io: CliIo,
  context: CliContext,
  { states: before, names: known }: World,
  states: readonly CliReaderState[],
): Promise<CardNames> {
  const names = new Map<CliReaderState, readonly string[]>();
  const fresh: CliReaderState[] = [];
  for (const state of states) {
    const old = before.find(({ reader }) => reader === state.reader);
    const same = old !== undefined && isSameCard(old, state) ? known.get(old) : undefined;
    if (same === undefined) {
      fresh.push(state);
    } else {
      names.set(state, same);
    }
  }
  return new Map([...names, ...(await namesOfCards(io, context, fresh))]);
}

function isSameCard(old: CliReaderState, state: CliReaderState): boolean {
  // A service that has restarted counts anew.
  return (
    old.eventCount === state.eventCount &&
    Buffer.compare(old.atr ?? new Uint8Array(0), state.atr ?? new Uint8Array(0)) === 0
  );
}

type Readers = Pick<World, "service" | "states">;

function worldAfter({ service, states }: World, event: TrackerEvent): Readers {
  switch (event.type) {
    case "snapshot":
      return { service, states: event.readers };
    case "reader-attached":
      return { service, states: [...states, event.state] };
    case "reader-detached":
      return { service, states: states.filter(({ reader }) => reader !== event.reader) };
    case "card-inserted":
    case "card-removed":
    case "card-reset":
    case "state-changed":
      return {
        service,
        states: states.map((state) => (state.reader === event.reader ? event.state : state)),
      };
    case "service-lost":
      return { service: false, states };
    case "service-restored":
      return { service: true, states };
  }
}
