// What a closed context leaves behind of the time before a restart: nothing.
import { expect, test } from "vitest";

import type { NativeContext } from "../../../lib/binding.js";
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
