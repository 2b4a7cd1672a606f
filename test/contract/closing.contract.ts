import { describe, expect, test } from "vitest";

import { ClosedError, establishContext } from "../../lib/index.js";
import {
  cardIn,
  commands,
  connectAlone,
  count,
  dataOf,
  failure,
  freshCardIn,
  hex,
} from "./support.js";
import type { WorldSource } from "./world.js";

export function closing(world: WorldSource): void {
  describe("closing", () => {
    test("disconnects after the calls made before, and refuses the ones after", async () => {
      await using context = await establishContext(world().options);
      const card = await context.connect(await freshCardIn(world(), context, 0));
      const settled: string[] = [];
      const working = card.transmit(commands.work(100)).then((response) => {
        settled.push("work");
        return response;
      });
      const counting = count(card).then((number) => {
        settled.push("count");
        return number;
      });
      const disconnecting = card.disconnect().then(() => settled.push("disconnect"));
      const late = failure(card.transmit(commands.select));
      expect(await late).toBeInstanceOf(ClosedError);
      expect(hex(await working)).toBe("9000");
      expect(await counting).toBe(1);
      await disconnecting;
      expect(settled).toEqual(["work", "count", "disconnect"]);
      expect(card.closed).toBe(true);
    });

    test("closes its cards with the context", async () => {
      const context = await establishContext(world().options);
      await using other = await establishContext(world().options);
      const reader = await cardIn(world(), context, 0);
      const card = await context.connect(reader, { shareMode: "exclusive" });
      await context.close();
      expect(context.closed).toBe(true);
      expect(card.closed).toBe(true);
      expect(await failure(card.transmit(commands.select))).toBeInstanceOf(ClosedError);
      await using next = await other.connect(reader, { shareMode: "exclusive" });
      dataOf(await next.transmit(commands.select));
    });

    test("may be closed more than once, at any time", async () => {
      const context = await establishContext(world().options);
      const card = await context.connect(await cardIn(world(), context, 0));
      await Promise.all([card.disconnect(), card.disconnect(), context.close(), context.close()]);
      await card.disconnect();
      await context.close();
      await context[Symbol.asyncDispose]();
      await card[Symbol.asyncDispose]();
      expect(context.closed).toBe(true);
    });

    test("leaves no connection behind when a connect is given up", async () => {
      await using context = await establishContext(world().options);
      const reader = await cardIn(world(), context, 0);
      for (let round = 0; round < 20; ++round) {
        const controller = new AbortController();
        const connecting = context.connect(reader, {
          shareMode: "exclusive",
          signal: controller.signal,
        });
        controller.abort(round);
        expect(await failure(connecting)).toBe(round);
        await using card = await connectAlone(context, reader);
        dataOf(await card.transmit(commands.select));
      }
    });
  });
}
