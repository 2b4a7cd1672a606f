// What a context leaves behind of the time before a restart: nothing.
import { expect, test } from "vitest";

import type { NativeContext } from "../../../lib/binding.js";
import type { CardConnection } from "../../../lib/connection.js";
import { ServiceLink } from "../../../lib/service-link.js";

test("close waits for the release of a context that was replaced just before", async () => {
  const [first, second] = [{}, {}] as [NativeContext, NativeContext];
  const ends = new Map<NativeContext, () => void>();
  const link = new ServiceLink(first, {
    establish: async () => Promise.resolve(second),
    release: async (native) => new Promise<void>((resolve) => ends.set(native, resolve)),
  });
  link.markLost(first);
  await link.renew();
  let closed = false;
  const closing = link.close().then(() => (closed = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed).toBe(false);
  ends.get(first)?.();
  expect(await closing).toBe(true);
});

test("releases a context of before a restart with its last card", async () => {
  const [first, second] = [{}, {}] as [NativeContext, NativeContext];
  const released: NativeContext[] = [];
  const link = new ServiceLink(first, {
    establish: async () => Promise.resolve(second),
    release: async (native) => Promise.resolve(void released.push(native)),
  });
  const { epoch } = link;
  const cards = [{ closed: false }, { closed: false }];
  for (const card of cards) link.addCard(epoch, card as unknown as CardConnection);
  link.markLost(first);
  await link.renew();
  for (const card of cards) {
    expect(released).toEqual([]);
    card.closed = true;
    epoch.cardClosed();
  }
  expect(released).toEqual([first]);
  expect(link.natives()).toEqual([second]);
});

test("keeps the process alive for releases unless a service that hangs may hold them up", async () => {
  const [first, second] = [{}, {}] as [NativeContext, NativeContext];
  const held: boolean[] = [];
  const establishes: (() => void)[] = [];
  const link = new ServiceLink(first, {
    establish: async () =>
      new Promise((resolve) =>
        establishes.push(() => {
          resolve(second);
        }),
      ),
    release: async (_, keepAlive) => {
      keepAlive.add({ ref: () => held.push(true), unref: () => held.push(false) });
      return Promise.resolve();
    },
  });
  link.markLost(first);
  const renewed = link.renew().catch((error: unknown) => error);
  expect(link.renewing).toBe(true);
  await link.close();
  expect(await renewed).toMatchObject({ name: "ClosedError" });
  // The late one is released as it comes, unseen.
  establishes[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(held).toEqual([false]);
  expect(link.renewing).toBe(false);
});
