import { describe, expect, test } from "vitest";

import { type Card, establishContext } from "../../lib/index.js";
import { ReplayCard, createVirtualSubsystem, recordCard } from "../../lib/virtual/index.js";
import { commands, dataOf, freshCardIn, hex } from "./support.js";
import type { WorldSource } from "./world.js";

export function recordings(world: WorldSource): void {
  describe("recording a card", () => {
    describeRecordings(world);
  });
}

function describeRecordings(world: WorldSource): void {
  test.each(["t0", "t1"] as const)(
    "writes, over %s, what replays the same, without the secrets",
    async (protocol) => {
      await using context = await establishContext(world().options);
      const original = await context.connect(await freshCardIn(world(), context, 0), {
        protocols: [protocol],
      });
      let text = "";
      const recorded = await recordCard(original, (line) => (text += line));
      const answers = await conversation(recorded);
      await recorded.disconnect();
      expect(answers).toEqual(expected);
      expect(text).toContain(`protocol: ${protocol}\n`);
      expect(text).toMatch(/> 00 20 00 81 \[secret\]\n< 63 C2/u);
      expect(text).toMatch(/! reset\n/u);
      expect(text.replaceAll(" ", "")).not.toContain("39393939");

      const subsystem = createVirtualSubsystem();
      const reader = subsystem.addReader("Replay");
      const replay = reader.insert(new ReplayCard(text));
      await using elsewhere = await establishContext({ subsystem });
      const card = await elsewhere.connect(reader.name, { protocols: [protocol] });
      expect(await conversation(card)).toEqual(expected);
      await card.disconnect();
      expect([replay.remaining, replay.errors]).toEqual([0, []]);
    },
  );
}

const expected = ["9000", "63C2", "0102030405069000", "00000001"];

/** Selects, fails to verify, fetches what 61xx announced, resets, and counts. */
async function conversation(card: Card): Promise<string[]> {
  const answers: string[] = [];
  for (const command of [
    "00A4040006F07363617264",
    "002000810439393939",
    "00EE00030601020304050600",
  ]) {
    answers.push((await card.send(command)).toHex());
  }
  await card.reconnect({ initialization: "reset" });
  return [...answers, hex(dataOf(await card.transmit(commands.count)))];
}
