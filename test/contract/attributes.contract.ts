import { describe, expect, test } from "vitest";

import { controlCode, establishContext } from "../../lib/index.js";
import { bytes, cardIn, commands, dataOf, pcscFailure } from "./support.js";
import type { WorldSource } from "./world.js";

const noSuchAttribute = 0x7fff1234;

export function attributes(world: WorldSource): void {
  describe("attributes and control", () => {
    test("names an attribute that the reader does not have", async () => {
      await using context = await establishContext(world().options);
      const reader = await cardIn(world(), context, 0);
      await using card = await context.connect(reader);
      const error = await pcscFailure(
        card.getAttribute(noSuchAttribute),
        "SCARD_E_UNSUPPORTED_FEATURE",
        "SCARD_E_NOT_TRANSACTED",
        "SCARD_E_INVALID_PARAMETER",
      );
      expect(error).toMatchObject({ call: "SCardGetAttrib", reader });
      dataOf(await card.transmit(commands.select));
    });

    test("reports a reader that refuses to change an attribute", async () => {
      await using context = await establishContext(world().options);
      await using card = await context.connect(await cardIn(world(), context, 0));
      const error = await pcscFailure(
        card.setAttribute(noSuchAttribute, bytes("0102")),
        "SCARD_E_UNSUPPORTED_FEATURE",
        "SCARD_E_NOT_TRANSACTED",
        "SCARD_E_INVALID_PARAMETER",
      );
      expect(error.call).toBe("SCardSetAttrib");
    });

    test("reports a control code that the reader does not know", async () => {
      await using context = await establishContext(world().options);
      const reader = await cardIn(world(), context, 0);
      for (const shareMode of ["shared", "direct"] as const) {
        await using card = await context.connect(reader, { shareMode });
        const error = await pcscFailure(
          card.control(controlCode(3499), bytes("00")),
          "SCARD_E_UNSUPPORTED_FEATURE",
          "SCARD_E_NOT_TRANSACTED",
          "SCARD_E_INVALID_PARAMETER",
        );
        expect(error).toMatchObject({ call: "SCardControl", reader });
      }
    });
  });
}
