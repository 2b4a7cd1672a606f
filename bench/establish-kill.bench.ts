// What establishing a context answers while pcscd is killed under it, and whether a tracker and a
// plain context get over it: counts of each answer.
import { expect, test } from "vitest";

import { PcscError, establishContext } from "../lib/index.js";
import { pcscdWorld } from "../test/harness/pcscd-world.js";

const cycles = Number(process.env["CYCLES"] ?? 60);

test("kills during SCardEstablishContext", async () => {
  const started = await pcscdWorld({ readers: 2 });
  if (started === undefined) throw new Error("pcscd cannot be started here");
  const { pcscd, world } = started;
  const answers = new Map<string, number>();
  const count = (what: string): void => void answers.set(what, (answers.get(what) ?? 0) + 1);
  try {
    await using context = await establishContext();
    await using tracker = context.track();
    tracker.on("service-lost", ({ error }) => {
      count(`tracker lost the service: ${error.code}`);
    });
    for (let cycle = 0; cycle < cycles; ++cycle) {
      let killed = false;
      const hammer = async (): Promise<void> => {
        while (!killed) {
          try {
            await using another = await establishContext();
            await another.close().catch(() => undefined);
          } catch (error) {
            count(`establish: ${error instanceof PcscError ? error.code : String(error)}`);
          }
        }
      };
      const asking = async (): Promise<void> => {
        while (!killed) {
          await context.listReaders().catch((error: unknown) => {
            count(`listReaders: ${error instanceof PcscError ? error.code : String(error)}`);
          });
        }
      };
      const hammers = [hammer(), hammer(), hammer(), hammer(), asking()];
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      const lost = tracker.serviceAvailable
        ? new Promise((resolve) => tracker.once("service-lost", resolve))
        : undefined;
      await pcscd.kill();
      await lost;
      killed = true;
      await Promise.all(hammers);
      const restored = tracker.serviceAvailable
        ? undefined
        : new Promise((resolve) => tracker.once("service-restored", resolve));
      await pcscd.start();
      await restored;
      expect(await context.listReaders()).toEqual(world.readers);
    }
    console.log(JSON.stringify(Object.fromEntries([...answers].sort()), undefined, 2));
  } finally {
    await started.stop();
  }
});
