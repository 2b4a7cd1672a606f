// Locating a card by its type in 16 readers, with ever more card types, all under masks: the time of
// one `context.locateCards()` from the call to its result.
import { expect, test } from "vitest";

import { establishContext } from "../lib/index.js";
import { VirtualCard, createVirtualSubsystem } from "../lib/virtual/index.js";
import { summary } from "./summary.js";

const rounds = Number(process.env["ROUNDS"] ?? 500);

/** An ATR of 15 historical bytes with a number in it. */
function atrOf(number: number): string {
  return `3B0F${"A5".repeat(11)}${number.toString(16).toUpperCase().padStart(8, "0")}`;
}

test.each([100, 1000, 10_000])("locate among %i card types with masks", async (count) => {
  const subsystem = createVirtualSubsystem({ profile: "pcsclite" });
  for (let index = 0; index < 16; index += 1) {
    const card = new VirtualCard({ atr: atrOf(index * 7), handler: () => ({ sw: 0x9000 }) });
    subsystem.addReader(`Reader ${String(index)}`).insert(card);
  }
  await using context = await establishContext({ subsystem });
  const mask = `FFFF${"FF".repeat(11)}FFFFFFFF`;
  const cardTypes = Array.from({ length: count }, (_, index) => ({
    name: `Type ${String(index)}`,
    atr: atrOf(index),
    // Every tenth type looks at half of a byte only.
    mask: index % 10 === 0 ? mask.replace(/FF$/, "F0") : mask,
  }));
  await context.database.import(JSON.stringify({ version: 1, cardTypes }));
  const wanted = { cardTypes: ["Type 7", "Type 14", `Type ${String(count - 1)}`] };
  const times: number[] = [];
  for (let round = -50; round < rounds; round += 1) {
    const start = performance.now();
    const found = await context.locateCards(wanted);
    const time = performance.now() - start;
    expect(found.filter(({ atrMatch }) => atrMatch)).toHaveLength(2);
    if (round >= 0) times.push(time);
  }
  const { median, text } = summary(times);
  console.log(`${String(count)} types, 16 readers, ms: ${text}`);
  expect(median).toBeLessThan(1);
});
