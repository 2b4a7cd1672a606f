import { stripVTControlCharacters } from "node:util";

import { expect, it } from "vitest";

import { Interruption } from "../../../lib/cli/exit-code.js";
import { establishContext } from "../../../lib/index.js";
import { VirtualCard, createVirtualSubsystem } from "../../../lib/virtual/index.js";
import type { VirtualSubsystem } from "../../../lib/virtual/index.js";
import { contactAtr, contactlessAtr, type Running, startCommand } from "./run-command.js";

const ctrlC = new Interruption("interrupted");

/** Starts the command on a virtual service. */
function watch(
  subsystem: VirtualSubsystem,
  argv: readonly string[],
  settings?: { readonly isTTY: boolean; readonly columns?: number },
): Running {
  return startCommand(["watch", ...argv], undefined, {
    ...settings,
    establish: async ({ signal }) => establishContext({ subsystem, signal }),
  });
}

function card(atr: string): VirtualCard {
  return new VirtualCard({ atr, handler: () => 0x9000 });
}

/** Settles when the command has written this. */
async function wrote(running: Running, text: string): Promise<void> {
  await expect.poll(running.stdout, { interval: 5, timeout: 10_000 }).toContain(text);
}

async function finish(running: Running): Promise<unknown[]> {
  running.abort(ctrlC);
  const { code, stdout } = await running.done;
  expect(code).toBe(0);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

it("writes a line for each event where stdout is no terminal", async () => {
  const subsystem = createVirtualSubsystem();
  const reader = subsystem.addReader("ACME");
  const running = watch(subsystem, []);
  await wrote(running, "reader-attached");
  reader.insert(card(contactAtr));
  await wrote(running, "card-inserted");
  reader.remove();
  await wrote(running, "card-removed");
  running.abort(ctrlC);
  const time = "2026-01-02T03:04:05.678Z";
  expect(await running.done).toEqual({
    code: 0,
    stdout:
      `${time}  reader-attached   ACME\n` +
      `${time}  card-inserted     ACME  3B DA 18 FF 81 B1 FE 75 1F 03 00 31 F5 73 C0 01 60 00 90 00 1C` +
      `  (T=1, extended length)\n` +
      `${time}  card-removed      ACME\n`,
    stderr: "",
  });
  expect(subsystem.statistics().contexts).toBe(0);
});

it("writes NDJSON, with readers that come and go", async () => {
  const subsystem = createVirtualSubsystem();
  const running = watch(subsystem, ["--json"]);
  const reader = subsystem.addReader("New");
  await wrote(running, "reader-attached");
  reader.insert(card(contactAtr));
  await wrote(running, "card-inserted");
  reader.unplug();
  await wrote(running, "reader-detached");
  expect(await finish(running)).toMatchObject([
    { event: "reader-attached", reader: "New" },
    { event: "card-inserted", reader: "New", atr: contactAtr, card: { protocols: [1] } },
    { event: "card-removed", reader: "New" },
    { event: "reader-detached", reader: "New" },
  ]);
});

it("says what cards are called, also of a type that was introduced meanwhile", async () => {
  const subsystem = createVirtualSubsystem();
  const reader = subsystem.addReader("ACME");
  await using context = await establishContext({ subsystem });
  await context.database.introduceCardType({ name: "Transit\u202e", atr: contactAtr });
  reader.insert(card(contactAtr));
  const lines = watch(subsystem, []);
  const events = watch(subsystem, ["--json"]);
  const screen = watch(subsystem, [], { isTTY: true });
  for (const running of [lines, events, screen]) await wrote(running, "Transit");
  expect(lines.stdout()).toContain("(Transit?, T=1, extended length)");
  expect(stripVTControlCharacters(screen.stdout())).toContain(
    "   └ Transit?, T=1, extended length",
  );
  await context.database.introduceCardType({ name: "Visitor", atr: contactlessAtr });
  reader.remove();
  reader.insert(card(contactlessAtr));
  for (const running of [lines, events, screen]) await wrote(running, "Visitor");
  for (const running of [lines, screen]) running.abort(ctrlC);
  await Promise.all([lines.done, screen.done]);
  expect(await finish(events)).toMatchObject([
    { event: "reader-attached", knownAs: ["Transit\u202e"] },
    { event: "card-inserted", knownAs: ["Transit\u202e"] },
    { event: "card-removed" },
    { event: "card-inserted", knownAs: ["Visitor"] },
  ]);
});

it("marks what was there at the start, and sees a card swapped in no time", async () => {
  const subsystem = createVirtualSubsystem();
  const reader = subsystem.addReader("ACME");
  reader.insert(card(contactAtr));
  const running = watch(subsystem, ["--json"]);
  await wrote(running, "card-inserted");
  reader.remove();
  reader.insert(card(contactlessAtr));
  await wrote(running, contactlessAtr);
  const events = (await finish(running)) as { event: string; initial: boolean }[];
  expect(events.map(({ event, initial }) => [event, initial])).toEqual([
    ["reader-attached", true],
    ["card-inserted", true],
    ["card-removed", false],
    ["card-inserted", false],
  ]);
});

it("waits for a service that goes away, and goes on when it is back", async () => {
  const subsystem = createVirtualSubsystem();
  subsystem.addReader("ACME");
  const running = watch(subsystem, ["--json"]);
  await wrote(running, "reader-attached");
  subsystem.stop();
  await wrote(running, "service-lost");
  subsystem.addReader("New");
  subsystem.start();
  await wrote(running, "service-restored");
  expect(await finish(running)).toMatchObject([
    { event: "reader-attached", initial: true },
    { event: "service-lost", initial: false, error: { call: "SCardGetStatusChange" } },
    { event: "reader-attached", reader: "New", initial: false },
    { event: "service-restored" },
  ]);
  expect(subsystem.statistics().contexts).toBe(0);
});

it("says why the service is away in a line too", async () => {
  const subsystem = createVirtualSubsystem();
  const running = watch(subsystem, []);
  subsystem.addReader("ACME");
  await wrote(running, "ACME");
  subsystem.stop();
  await wrote(running, "service-lost      SCARD_");
  running.abort(ctrlC);
  expect(await running.done).toMatchObject({ code: 0, stderr: "" });
});

it("fails at once when there is no service to begin with", async () => {
  const subsystem = createVirtualSubsystem();
  subsystem.stop();
  const { code, stdout } = await watch(subsystem, ["--json"]).done;
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    event: "error",
    error: { code: "SCARD_E_NO_SERVICE" },
  });
});

it("ends with 143 when terminated and 141 when nobody reads", async () => {
  for (const [what, code] of [
    ["terminated", 143],
    ["brokenPipe", 141],
  ] as const) {
    const subsystem = createVirtualSubsystem();
    subsystem.addReader("ACME");
    const running = watch(subsystem, []);
    await wrote(running, "reader-attached");
    running.abort(new Interruption(what));
    expect(await running.done).toMatchObject({ code, stderr: "" });
  }
});
