// The readers over time: each event of a tracker, and the state of the world after it.
import type { TrackerEvent } from "../tracking/events.js";
import type { CliIo, CliReaderState } from "./io.js";

/** What is known at one moment. */
export interface World {
  /** False while the service that was there at first is away. */
  readonly service: boolean;
  /** In the order in which the readers came. */
  readonly states: readonly CliReaderState[];
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
  let world: World = { service: true, states: [] };
  for await (const event of context.track({ signal })) {
    world = worldAfter(world, event);
    yield { event, world };
  }
  signal.throwIfAborted();
}

function worldAfter({ service, states }: World, event: TrackerEvent): World {
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
