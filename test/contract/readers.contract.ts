import { describe, expect, test } from "vitest";

import { ClosedError, establishContext } from "../../lib/index.js";
import { pcscFailure, failure, readerName } from "./support.js";
import type { WorldSource } from "./world.js";

export function readers(world: WorldSource): void {
  describe("context and readers", () => {
    test("lists every reader in the manager's order", async () => {
      await using context = await establishContext(world().options);
      expect(await context.listReaders()).toEqual(world().readers);
      expect((await context.readers()).map(({ name }) => name)).toEqual(world().readers);
    });

    test("lists the default group, and the readers in it", async () => {
      await using context = await establishContext(world().options);
      const groups = await context.listReaderGroups();
      expect(groups).toContain("SCard$DefaultReaders");
      expect(await context.listReaders({ groups })).toEqual(world().readers);
    });

    test("is valid until it is closed", async () => {
      const context = await establishContext(world().options);
      expect(await context.isValid()).toBe(true);
      expect(context.closed).toBe(false);
      await context.close();
      expect(context.closed).toBe(true);
      expect(await failure(context.listReaders())).toBeInstanceOf(ClosedError);
    });

    test("establishes a context in every scope that the manager has", async () => {
      for (const scope of ["user", "system"] as const) {
        await using context = await establishContext({ ...world().options, scope });
        expect(await context.isValid()).toBe(true);
      }
    });

    test("names the call and the reader when a reader is unknown", async () => {
      await using context = await establishContext(world().options);
      const error = await pcscFailure(context.connect("Nobody 00 00"), "SCARD_E_UNKNOWN_READER");
      expect(error.call).toBe("SCardConnect");
      expect(error.reader).toBe("Nobody 00 00");
    });

    test("keeps contexts apart: closing one leaves another as it is", async () => {
      await using stays = await establishContext(world().options);
      const goes = await establishContext(world().options);
      await goes.close();
      expect(await stays.isValid()).toBe(true);
      expect(await stays.listReaders()).toContain(readerName(world(), 0));
    });
  });
}
