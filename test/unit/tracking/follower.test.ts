// What a follower believes and when it looks again, over a source that says exactly what it is told:
// races that a service shows once in a thousand runs.
import { expect, test } from "vitest";

import { PcscError } from "../../../lib/index.js";
import { type ReaderState, pnpNotification } from "../../../lib/reader-state.js";
import { ToldSource, type Wait, changed, empty, follow, present, state } from "./told-source.js";

function list(count: number, bits = changed): ReaderState {
  return state(pnpNotification, bits, count);
}

function belief(wait: Wait): number | undefined {
  return wait.queries.find(({ reader }) => reader === pnpNotification)?.current;
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

// A second look and the wait tell of something at the same moment: whichever is a few steps ahead.
test.each(Array.from({ length: 25 }, (_, steps) => [steps]))(
  "hears of a reader from a wait that ends %i steps after a second look",
  async (steps) => {
    const source = new ToldSource(true);
    source.readers = [state("One", empty, 0)];
    const { events } = await follow(source);
    (await source.wait(1)).end([...source.readers, list(1)]);
    const second = await source.wait(2);
    // The look tells of a card alone; the reader that came right after it is the wait's to tell.
    source.readers = [state("One", present, 1)];
    source.beforeLook.push(() => {
      void (async () => {
        for (let step = 0; step < steps; ++step) await Promise.resolve();
        source.readers = [state("One", present, 1), state("Other", empty, 1)];
        second.end([state("One", present, 1), list(2)]);
      })();
    });
    for (let number = 3; ; ++number) {
      const wait = await source.wait(number);
      if (events.includes("reader-attached Other")) break;
      // A belief in both readers would keep this wait from ever ending.
      expect(belief(wait)).toBe(1 << 16);
      wait.end([state("One", present, 1), list(2)]);
      await turn();
    }
    expect(new Set(events)).toEqual(new Set(["card-inserted One", "reader-attached Other"]));
  },
);

test("looks again where Windows counts readers that are not in the wait", async () => {
  const source = new ToldSource(true);
  source.readers = [state("One", empty, 1)];
  const { events } = await follow(source);
  const first = await source.wait(1);
  // By now one reader has gone that was counted, and another has come that was not listed.
  first.end([...source.readers, list(2)]);
  await source.wait(2);
  source.readers = [state("One", empty, 1), state("Other", empty, 1)];
  await source.wait(3);
  expect(events).toEqual(["reader-attached Other"]);
});

test("leaves a wait alone that compares everything", async () => {
  for (const [countsReaders, count] of [
    [true, 1],
    [false, 7],
  ] as const) {
    const source = new ToldSource(countsReaders);
    source.readers = [state("One", empty, 1)];
    await follow(source);
    const first = await source.wait(1);
    first.end([...source.readers, list(count)]);
    await source.wait(2);
    const { looks } = source;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(source.looks).toBe(looks);
    expect(source.waits).toHaveLength(2);
  }
});

test("takes a second look's word that the service has gone, while the wait goes on", async () => {
  const source = new ToldSource(false);
  source.readers = [state("One", present, 0)];
  const { end } = await follow(source);
  await source.wait(1);
  const error = PcscError.of("SCARD_E_NO_SERVICE", "SCardGetStatusChange");
  source.beforeLook.push(() => {
    throw error;
  });
  expect(await end).toBe(error);
});

test("looks once more when context.cancel() hits a look", async () => {
  const source = new ToldSource(false);
  source.readers = [state("One", empty, 0)];
  source.beforeLook.push(() => {
    throw PcscError.of("SCARD_E_CANCELLED", "SCardGetStatusChange");
  });
  const { follower } = await follow(source);
  expect(follower.states).toHaveLength(1);
});

test("looks once more when a look took too long", async () => {
  const source = new ToldSource(false);
  source.readers = [state("One", empty, 0)];
  source.beforeLook.push(() => {
    throw PcscError.of("SCARD_E_TIMEOUT", "SCardGetStatusChange");
  });
  const { follower } = await follow(source);
  expect(follower.states).toHaveLength(1);
});

test.each(["during the first look", "between two waits", "during a wait"])(
  "reads the list anew when names change %s",
  async (when) => {
    const source = new ToldSource(false);
    source.readers = [state("One", empty, 1)];
    const rename = (): void => {
      source.readers = [state("Other", empty, 1)];
      source.tellNames();
    };
    // The look that was under way tells of the names of before.
    if (when === "during the first look") source.afterLook.push(rename);
    const { events } = await follow(source);
    const first = await source.wait(1);
    if (when === "between two waits") {
      source.afterLook.push(rename);
      first.end([...source.readers, list(1)]);
    } else if (when === "during a wait") {
      first.end([...source.readers, list(1)]);
      await source.wait(2);
      rename();
    }
    await source.until(() => events.length === 2);
    expect(events).toEqual(["reader-detached One", "reader-attached Other"]);
  },
);

test("rests between waits that end at once without news, however long a look takes", async () => {
  const source = new ToldSource(false);
  source.readers = [state("One", empty, 1)];
  const look = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 8));
  source.everyLook = look;
  source.onWait = (wait) => [...source.readers, list(wait)];
  await follow(source);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(source.waits.length).toBeGreaterThan(3);
  expect(source.waits.length).toBeLessThan(20);
});
