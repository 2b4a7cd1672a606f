// What `scard watch` paints on a terminal.
import { stripVTControlCharacters } from "node:util";

import { expect, it } from "vitest";

import { Interruption } from "../../../lib/cli/exit-code.js";
import { establishContext } from "../../../lib/index.js";
import { textWidth } from "../../../lib/cli/printable.js";
import { VirtualCard, createVirtualSubsystem } from "../../../lib/virtual/index.js";
import type { VirtualSubsystem } from "../../../lib/virtual/index.js";
import { contactAtr, type Running, startCommand } from "./run-command.js";

const escape = String.fromCharCode(0x1b);
const enter = `${escape}[?1049h${escape}[?25l`;
const leave = `${escape}[?25h${escape}[?1049l`;

function watch(
  subsystem: VirtualSubsystem,
  settings: { readonly columns?: number; readonly env?: NodeJS.ProcessEnv; argv?: string[] } = {},
): Running {
  return startCommand(["watch", ...(settings.argv ?? [])], undefined, {
    isTTY: true,
    columns: settings.columns ?? 60,
    ...(settings.env === undefined ? {} : { env: settings.env }),
    establish: async ({ signal }) => establishContext({ subsystem, signal }),
  });
}

/** The lines of the picture painted last. */
function picture(running: Running): string[] {
  const screen = running.stdout();
  const from = screen.lastIndexOf(`${escape}[H`) + 3;
  return stripVTControlCharacters(screen.slice(from, screen.indexOf(`${escape}[J`, from))).split(
    "\r\n",
  );
}

async function shows(running: Running, text: string): Promise<void> {
  await expect
    .poll(() => picture(running).join("\n"), { interval: 5, timeout: 10_000 })
    .toContain(text);
}

async function end(running: Running): Promise<string> {
  running.abort(new Interruption("interrupted"));
  const { code, stdout, stderr } = await running.done;
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

const card = (): VirtualCard => new VirtualCard({ atr: contactAtr, handler: () => 0x9000 });

it("paints a table, and leaves the last picture when it gives the terminal back", async () => {
  const subsystem = createVirtualSubsystem();
  const reader = subsystem.addReader("ACME");
  const running = watch(subsystem);
  await shows(running, "ACME");
  reader.insert(card());
  await shows(running, "card inserted");
  expect(picture(running)).toEqual([
    "scard watch  1 reader, 1 card – Ctrl-C ends",
    "─".repeat(59),
    "#  Reader  State",
    "1  ACME    ● card",
    "   3B DA 18 FF 81 B1 FE 75 1F 03 00 31 F5 73 C0 01 60 00 9…",
    "   └ T=1, extended length",
    "─".repeat(59),
    "03:04:05  card inserted     ACME",
  ]);
  const last = picture(running);
  const stdout = await end(running);
  expect(stdout.startsWith(enter)).toBe(true);
  const after = stripVTControlCharacters(stdout.slice(stdout.indexOf(leave) + leave.length));
  expect(after).toBe(`${last.join("\n")}\n`);
});

it.each([1, 2, 3, 10, 39])(
  "stays within %i columns, at the start and when resized",
  async (columns) => {
    const subsystem = createVirtualSubsystem();
    subsystem.addReader("ACME").insert(card());
    const narrow = watch(subsystem, { columns });
    await expect.poll(() => narrow.stdout(), { timeout: 10_000 }).toContain(`${escape}[J`);
    const resized = watch(subsystem);
    await shows(resized, "ACME");
    resized.resize(columns, 5);
    for (const running of [narrow, resized]) {
      for (const line of picture(running))
        expect(textWidth(line)).toBeLessThan(Math.max(columns, 1));
    }
    expect(picture(resized).length).toBeLessThanOrEqual(5);
    // Wide again, everything is there again.
    resized.resize(80, 24);
    await shows(resized, "T=1, extended length");
    await end(narrow);
    await end(resized);
  },
);

it("cuts names so that states fit a narrow terminal", async () => {
  const subsystem = createVirtualSubsystem();
  subsystem.addReader("ACME Reader with a long name 00").insert(card());
  subsystem.addReader("ACME Reader with a long name 01");
  const running = watch(subsystem, { columns: 30 });
  await shows(running, "no card");
  expect(picture(running).slice(2, 4)).toEqual([
    "#  Reader           State",
    "1  ACME Reader wi…  ● card",
  ]);
  await end(running);
});

it("uses the height: events, then ATRs, then readers give way, and it says how many", async () => {
  const subsystem = createVirtualSubsystem();
  const readers = Array.from({ length: 12 }, (_, i) => subsystem.addReader(`Slot ${String(i)}`));
  const running = watch(subsystem);
  await shows(running, "Slot 11");
  for (const reader of readers) reader.insert(card());
  await shows(running, "12 cards");
  await shows(running, "card inserted");
  running.resize(60, 60);
  expect(picture(running).filter((line) => line.includes("└"))).toHaveLength(12);
  running.resize(60, 24);
  const compact = picture(running);
  expect(compact.filter((line) => line.includes("└"))).toHaveLength(0);
  expect(compact.filter((line) => line.includes("● card"))).toHaveLength(12);
  running.resize(60, 14);
  const cut = picture(running);
  expect(cut).toHaveLength(14);
  const shown = cut.filter((line) => line.includes("● card")).length;
  expect(cut).toContain(`… ${String(12 - shown)} more readers`);
  expect(cut.filter((line) => line.includes("card inserted")).length).toBe(3);
  running.resize(60, 5);
  expect(picture(running)[4]).toBe("… 11 more readers");
  running.resize(60, 1);
  expect(picture(running)).toEqual(["scard watch  12 readers, 12 cards – Ctrl-C ends"]);
  await end(running);
});

it("aligns names of any script", async () => {
  const subsystem = createVirtualSubsystem();
  for (const name of ["読取機￥", "Le\u0301cteur", "Reader"]) subsystem.addReader(name);
  const running = watch(subsystem);
  await shows(running, "Reader ");
  const rows = picture(running).filter((line) => line.includes("○"));
  expect(rows).toHaveLength(3);
  expect(new Set(rows.map((line) => textWidth(line.slice(0, line.indexOf("○"))))).size).toBe(1);
  expect(textWidth("読取機￥")).toBe(8);
  await end(running);
});

it("says that the service is away, and goes on when it is back", async () => {
  const subsystem = createVirtualSubsystem();
  subsystem.addReader("ACME");
  const running = watch(subsystem);
  await shows(running, "ACME");
  subsystem.stop();
  await shows(running, "The smart card service went away");
  await shows(running, "service lost      SCARD_");
  subsystem.start();
  await shows(running, "service restored");
  await shows(running, "1  ACME");
  await end(running);
});

it("gives the terminal back after a failure too", async () => {
  const subsystem = createVirtualSubsystem();
  subsystem.stop();
  const { code, stdout } = await watch(subsystem).done;
  expect(code).toBe(1);
  expect(stdout).toContain(leave);
});

it.each([
  ["a terminal without cursor control", { env: { TERM: "dumb", LANG: "C.UTF-8" } }],
  ["--lines", { argv: ["--lines"] }],
])("writes lines on %s", async (_, settings) => {
  const subsystem = createVirtualSubsystem();
  subsystem.addReader("ACME");
  const running = watch(subsystem, settings);
  await expect.poll(running.stdout, { timeout: 10_000 }).toContain("reader-attached   ACME\n");
  expect(await end(running)).not.toContain(`${escape}[?`);
});
