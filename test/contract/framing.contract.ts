// Framed commands over T=0 and T=1: any length there, any length back.
import { randomBytes } from "node:crypto";

import { describe, expect, test } from "vitest";

import { establishContext, type SendOptions } from "../../lib/index.js";
import { atrs } from "../harness/card-program.js";
import { type Card, bytes, cardIn, commands, dataOf, hex } from "./support.js";
import type { WorldSource } from "./world.js";

const protocols = ["t0", "t1"] as const;

export function framing(world: WorldSource): void {
  describe.each(protocols)("sending framed commands over %s", (protocol) => {
    const connected = async (work: (card: Card) => Promise<void>): Promise<void> => {
      await using context = await establishContext(world().options);
      const reader = await cardIn(world(), context, 0, atrs[protocol]);
      await using card = await context.connect(reader, { protocols: [protocol] });
      expect(card.protocol).toBe(protocol);
      await work(card);
    };

    test("puts an answer of many rounds together", async () => {
      await connected(async (card) => {
        const data = randomBytes(255);
        for (const round of [1, 2, 7, 100, 254, 255]) {
          const echo = { cla: 0, ins: 0xee, p1: 0, p2: round, data, le: 256 };
          const response = await card.send(echo);
          expect(response.sw).toBe(0x9000);
          expect(Buffer.from(response.data)).toEqual(data);
        }
      });
    });

    test("keeps the logical channel in what it adds", async () => {
      await connected(async (card) => {
        for (let channel = 0; channel < 4; ++channel) {
          const echo = { cla: channel, ins: 0xee, p1: 0, p2: 2, data: "0102030405", le: 256 };
          expect((await card.send(echo)).toHex()).toBe("01020304059000");
        }
      });
    });

    const ways: readonly SendOptions[] = [
      {},
      { longCommands: "chaining" },
      { longCommands: "chaining", maxCommandLength: 100 },
      { longCommands: "envelope" },
      { longCommands: "envelope", maxCommandLength: 61 },
      { transaction: true },
    ];
    test.each(ways)("takes long data there and back with %j", async (options) => {
      await connected(async (card) => {
        for (const length of [256, 300, 1000, 5000]) {
          const data = randomBytes(length);
          const response = await card.send(
            { cla: 1, ins: 0xee, p1: 0, p2: 0, data, le: 0 },
            options,
          );
          expect(response.sw).toBe(0x9000);
          expect(Buffer.from(response.data)).toEqual(data);
        }
      });
    });

    test("repeats a command with the right Le, and fetches under another class", async () => {
      await connected(async (card) => {
        expect((await card.send("806C020000")).toHex()).toBe("00019000");
        const announced = "806100000401020304";
        expect((await card.send(announced, { alternateClass: 0 })).toHex()).toBe("010203049000");
        expect((await card.send(announced, { getResponse: "never" })).toHex()).toBe("6104");
        expect((await card.send("806C020000", { wrongLe: "return" })).toHex()).toBe("6C02");
      });
    });

    test("lets no other call of the card come between", async () => {
      await connected(async (card) => {
        const data = randomBytes(200);
        const echo = { cla: 0, ins: 0xee, p1: 0, p2: 3, data, le: 256 };
        const all = await Promise.all(
          Array.from({ length: 20 }, async (_, index) =>
            index % 2 === 0
              ? (await card.send(echo)).data
              : dataOf(await card.transmit(commands.echo(data))),
          ),
        );
        expect(all.map((one) => Buffer.from(one))).toEqual(all.map(() => data));
      });
    });

    test("works inside a transaction as outside", async () => {
      await connected(async (card) => {
        const echo = { cla: 0, ins: 0xee, p1: 0, p2: 1, data: "010203", le: 256 };
        const inside = await card.transaction(async (tx) => tx.send(echo, { transaction: true }));
        expect(inside.toHex()).toBe("0102039000");
        expect(hex(await card.transmit(bytes("00A4040000")))).toBe("9000");
      });
    });
  });
}
