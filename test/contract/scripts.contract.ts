// Scripts: many commands, one job, every answer.
import { randomBytes } from "node:crypto";

import { describe, expect, test } from "vitest";

import { ApduScript, ScriptError, establishContext } from "../../lib/index.js";
import { type Card, cardIn, commands, count, failure, freshCardIn, hex } from "./support.js";
import type { WorldSource } from "./world.js";

export function scripts(world: WorldSource): void {
  describe("running scripts", () => {
    test("gives the answers of all steps in order", async () => {
      await using context = await establishContext(world().options);
      await using card = await context.connect(await cardIn(world(), context, 0));
      const sent = Array.from({ length: 300 }, (_, i) => randomBytes(1 + ((i * 37) % 700)));
      const script = new ApduScript(
        sent.map((data) => commands.echo(data)),
        { expect: "9000" },
      );
      for (const transaction of [false, true]) {
        const results = await card.runScript(script, { transaction });
        expect(results.ended).toBe("done");
        expect([...results].map(hex)).toEqual(sent.map((data) => `${hex(data)}9000`));
      }
    });

    test("frames steps that are not raw", async () => {
      await using context = await establishContext(world().options);
      await using card = await context.connect(await cardIn(world(), context, 0));
      const command = { cla: 0, ins: 0xee, p1: 0, p2: 3, data: "0102030405060708", le: 256 };
      const raw = { command, raw: true };
      const results = await card.runScript([command, raw, command]);
      const answers = [...results].map(hex);
      expect(answers).toEqual(["01020304050607089000", "0102036105", "01020304050607089000"]);
    });

    test("lets no other call of the card come between", async () => {
      await using context = await establishContext(world().options);
      await using card = await context.connect(await freshCardIn(world(), context, 0));
      const script = new ApduScript(Array.from({ length: 50 }, () => commands.count));
      const [first, between, second] = await Promise.all([
        card.runScript(script),
        count(card),
        card.runScript(script),
      ]);
      expect(Buffer.from(first.at(49)).readUInt32BE()).toBe(50);
      expect(between).toBe(51);
      expect(Buffer.from(second.at(0)).readUInt32BE()).toBe(52);
    });

    test("stops at a status word, and fails at an unexpected one with all answers kept", async () => {
      await using context = await establishContext(world().options);
      await using card = await context.connect(await cardIn(world(), context, 0));
      const steps = ["805A9000", "805A6A83", "805A9000"];
      const stopped = await card.runScript(steps, { stopWhen: "6AXX" });
      expect(stopped).toMatchObject({ ended: "stopped", length: 2, total: 3 });
      const error = (await failure(card.runScript(steps, { expect: "9XXX" }))) as ScriptError;
      expect(error).toMatchObject({ code: "ERR_SCARD_SCRIPT_UNEXPECTED_STATUS", step: 1 });
      expect([...error.results].map(hex)).toEqual(["9000", "6A83"]);
    });

    test("keeps the answers before a card that left", async () => {
      await using context = await establishContext(world().options);
      const slot = world().card(0);
      await using card = await context.connect(await freshCardIn(world(), context, 0));
      const seen = slot.commandSeen("50");
      const steps = [
        commands.echo(randomBytes(3)),
        commands.work(5000),
        commands.count,
        commands.count,
      ];
      const running = failure(card.runScript(steps));
      await seen;
      await slot.remove();
      const error = (await running) as ScriptError;
      expect(error).toBeInstanceOf(ScriptError);
      expect(error.code).toBe("ERR_SCARD_SCRIPT_BROKEN");
      expect(error).toMatchObject({ step: 1, results: { length: 1, total: 4 } });
      expect(error.results.sw(0)).toBe(0x9000);
    });

    test("ends after the step under way when it is given up or asked to stop", async () => {
      await using context = await establishContext(world().options);
      await using card = await context.connect(await freshCardIn(world(), context, 0));
      for (const way of ["signal", "stopSignal"] as const) {
        const before = await count(card);
        const controller = new AbortController();
        const seen = world().card(0).commandSeen("50");
        const steps = [commands.count, commands.work(200), commands.count];
        const running = card.runScript(steps, { [way]: controller.signal });
        const outcome = way === "signal" ? failure(running) : running;
        await seen;
        const reason = new Error("enough");
        controller.abort(reason);
        if (way === "signal") expect(await outcome).toBe(reason);
        else expect(await outcome).toMatchObject({ ended: "asked", length: 2 });
        expect(await count(card)).toBe(before + 2);
      }
    });

    test("runs in a transaction as outside", async () => {
      await using context = await establishContext(world().options);
      await using card = await context.connect(await cardIn(world(), context, 0));
      const run = async (one: Pick<Card, "runScript">): Promise<string[]> =>
        [...(await one.runScript(["00A4040000", "806C020000"], { transaction: true }))].map(hex);
      const expected = ["9000", "00019000"];
      expect(await run(card)).toEqual(expected);
      expect(await card.transaction(run)).toEqual(expected);
    });
  });
}
