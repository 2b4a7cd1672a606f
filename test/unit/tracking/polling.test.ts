// Where nothing announces a reader the list is polled, and no oftener than said.
import { expect, test } from "vitest";

import { PcscError } from "../../../lib/index.js";
import { pnpNotification, readerState } from "../../../lib/reader-state.js";
import { ToldSource, changed, empty, follow, present, state } from "./told-source.js";

const unknownReader = PcscError.of("SCARD_E_UNKNOWN_READER", "SCardGetStatusChange");
const unannounced = readerState({
  reader: pnpNotification,
  eventState: 0x6,
  atr: new Uint8Array(),
});

/** Whether a wait was told to wait for readers that come. */
function asksForReaders(wait: {
  readonly queries: readonly { readonly reader: string }[];
}): boolean {
  return wait.queries.some(({ reader }) => reader === pnpNotification);
}

test.each(["says that it is unknown", "refuses the wait"])(
  "finds a new reader by polling where the pseudo reader %s, with one look in each interval",
  async (how) => {
    const source = new ToldSource(false);
    source.readers = [state("One", empty, 1)];
    source.onWait = (number) => {
      const wait = source.waits[number - 1];
      if (wait !== undefined && asksForReaders(wait)) {
        if (how === "refuses the wait") throw unknownReader;
        return [...source.readers, unannounced];
      }
      return undefined;
    };
    const { follower, events } = await follow(source, { pollInterval: 5000 });
    await source.until(() => follower.polls);
    await source.until(() => !asksForReaders(source.lastWait));
    const { looks } = source;
    // Each interval is over when the test says so.
    const timeout = PcscError.of("SCARD_E_TIMEOUT", "SCardGetStatusChange");
    for (let interval = 1; interval <= 5; ++interval) {
      const { length } = source.waits;
      // Counted from the look before.
      expect(source.lastWait.timeoutMs).toBeGreaterThan(4000);
      expect(source.lastWait.timeoutMs).toBeLessThanOrEqual(5000);
      source.lastWait.fail(timeout);
      await source.wait(length + 1);
      expect(source.looks).toBe(looks + interval);
    }
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(source.looks).toBe(looks + 5);
    source.readers = [...source.readers, state("Other", empty, 1)];
    source.lastWait.fail(timeout);
    await source.until(() => events.length > 0);
    expect(events).toEqual(["reader-attached Other"]);
  },
);

test("polls an empty list, and ends a pause for names that change", async () => {
  const source = new ToldSource(false);
  source.onWait = () => [unannounced];
  const { follower, events } = await follow(source, { pollInterval: 3_600_000 });
  await source.until(() => follower.polls);
  source.readers = [state("One", empty, 1)];
  source.onWait = undefined;
  source.tellNames();
  await source.until(() => events.length > 0);
  expect(events).toEqual(["reader-attached One"]);
});

test("does not take readers that go for a pseudo reader that is unknown", async () => {
  const source = new ToldSource(false);
  source.readers = [state("One", empty, 1)];
  source.onWait = (number) => {
    const wait = source.waits[number - 1];
    // Asked about alone it only has nothing to tell.
    if (wait?.timeoutMs === 0) throw PcscError.of("SCARD_E_TIMEOUT", "SCardGetStatusChange");
    if (number < 10) throw unknownReader;
    return undefined;
  };
  const { follower } = await follow(source);
  await source.wait(10);
  expect(follower.polls).toBe(false);
  expect(asksForReaders(source.lastWait)).toBe(true);
});

test("asks a service that has restarted anew", async () => {
  const source = new ToldSource(false);
  source.readers = [state("One", empty, 1)];
  source.onWait = (number) => (number === 1 ? [...source.readers, unannounced] : undefined);
  const { follower, end } = await follow(source);
  await source.until(() => source.waits.length === 2);
  expect(follower.polls).toBe(true);
  const error = PcscError.of("SCARD_E_NO_SERVICE", "SCardGetStatusChange");
  source.lastWait.fail(error);
  expect(await end).toBe(error);
  follower.restart();
  expect(follower.polls).toBe(false);
});

test("reads the list when it is due, however often cards come and go", async () => {
  const source = new ToldSource(false);
  source.readers = [state("One", empty, 1)];
  source.onWait = () => [unannounced];
  const { follower, events } = await follow(source, { pollInterval: 400 });
  await source.until(() => follower.polls);
  source.onWait = undefined;
  source.readers = [...source.readers, state("Other", empty, 1)];
  // A card comes or goes oftener than the list is due: no wait lasts until its own time is over.
  for (let count = 2; !events.includes("reader-attached Other"); ++count) {
    const { length } = source.waits;
    const bits = count % 2 === 0 ? present : empty;
    const one = state("One", bits | changed, count);
    source.readers = [one, ...source.readers.slice(1)];
    source.lastWait.end([one]);
    await source.until(() => source.waits.length > length || events.length > count * 2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(count).toBeLessThan(40);
  }
});
