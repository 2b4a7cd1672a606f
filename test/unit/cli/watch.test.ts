import { expect, it } from "vitest";
import { Interruption } from "../../../lib/cli/exit-code.js";
import { FakeService } from "./fake-context.js";
import { contactAtr, contactlessAtr, type Running, startCommand } from "./run-command.js";

const ctrlC = new Interruption("interrupted");

/** Makes a change that the command can only see by its wait, and lets it see it. */
async function step(service: FakeService, change: () => void): Promise<void> {
  await service.waitedFor();
  change();
  await service.waitedFor();
}

async function finish(running: Running): Promise<ReturnType<typeof JSON.parse>[]> {
  running.abort(ctrlC);
  const { code, stdout } = await running.done;
  expect(code).toBe(0);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

it("writes a line for each event where stdout is no terminal", async () => {
  const service = new FakeService().addReader("ACME");
  const running = startCommand(["watch"], service);
  await step(service, () => {
    service.insert("ACME", contactAtr);
  });
  await step(service, () => {
    service.remove("ACME");
  });
  running.abort(ctrlC);
  const time = "2026-01-02T03:04:05.678Z";
  expect(await running.done).toEqual({
    code: 0,
    stdout:
      `${time}  reader-added    ACME\n` +
      `${time}  card-inserted   ACME  3B DA 18 FF 81 B1 FE 75 1F 03 00 31 F5 73 C0 01 60 00 90 00 1C` +
      `  (T=1, extended length)\n` +
      `${time}  card-removed    ACME\n`,
    stderr: "",
  });
  expect(service.openContexts).toBe(0);
});

it("writes NDJSON, with readers that come and go", async () => {
  const service = new FakeService();
  const running = startCommand(["watch", "--json"], service);
  await step(service, () => service.addReader("New", contactAtr));
  await step(service, () => {
    service.removeReader("New");
  });
  expect(await finish(running)).toMatchObject([
    { event: "reader-added", reader: "New", initial: false },
    { event: "card-inserted", reader: "New", atr: contactAtr, card: { protocols: [1] } },
    { event: "reader-removed", reader: "New" },
  ]);
});

it("marks what was there at the start, and sees a card swapped in no time", async () => {
  const service = new FakeService().addReader("ACME", contactAtr);
  const running = startCommand(["watch", "--json"], service);
  await step(service, () => {
    service.replace("ACME", contactlessAtr);
  });
  expect(await finish(running)).toMatchObject([
    { event: "reader-added", initial: true },
    { event: "card-inserted", initial: true },
    { event: "card-replaced", initial: false, atr: contactlessAtr },
  ]);
});

it("waits for a service that goes away, and goes on when it is back", async () => {
  const service = new FakeService().addReader("ACME");
  const running = startCommand(["watch", "--json"], service);
  await service.waitedFor();
  service.stop();
  await expect.poll(running.stdout).toContain("service-lost");
  service.running = true;
  await service.waitedFor();
  expect(await finish(running)).toMatchObject([
    { event: "reader-added", initial: true },
    { event: "service-lost", initial: false },
    { event: "service-back" },
    { event: "reader-added", initial: false },
  ]);
  expect(service.openContexts).toBe(0);
});

it("fails at once when there is no service to begin with", async () => {
  const service = new FakeService();
  service.stop();
  const { code, stdout } = await startCommand(["watch", "--json"], service).done;
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    event: "error",
    error: { code: "SCARD_E_NO_SERVICE" },
  });
});

it("repaints a table in place on a terminal and gives the cursor back", async () => {
  const service = new FakeService().addReader("ACME");
  const running = startCommand(["watch"], service, { isTTY: true, columns: 40 });
  await step(service, () => {
    service.insert("ACME", contactAtr);
  });
  const screen = running.stdout();
  expect(screen.startsWith("\u001b[?25l")).toBe(true);
  const last = screen.slice(screen.lastIndexOf("\u001b[J"));
  const lines = withoutColours(last).split("\n");
  expect(lines[0]).toMatch(/^scard watch {2}1 reader, 1 card/);
  expect(lines).toContain("1  ACME    ● card");
  expect(lines).toContain("   └ T=1, extended length");
  expect(lines).toContain("03:04:05  card inserted   ACME");
  expect(lines.every((line) => line.length < 40)).toBe(true);
  // Back over exactly what the picture before had: 4 lines.
  expect(screen).toContain("\u001b[4A\r\u001b[J");
  running.resize(20, 30);
  expect(running.stdout().length).toBeGreaterThan(screen.length);
  running.abort(ctrlC);
  const { code, stdout } = await running.done;
  expect([code, stdout.endsWith("\u001b[?25h")]).toEqual([0, true]);
});

it("gives the cursor back after a failure too", async () => {
  const service = new FakeService().addReader("ACME");
  service.failure = { call: "SCardGetStatusChange", code: "SCARD_E_NO_MEMORY" };
  const { code, stdout } = await startCommand(["watch"], service, { isTTY: true }).done;
  expect([code, stdout.endsWith("\u001b[?25h")]).toEqual([1, true]);
});

it("ends with 143 when terminated and 141 when nobody reads", async () => {
  for (const [what, code] of [
    ["terminated", 143],
    ["brokenPipe", 141],
  ] as const) {
    const service = new FakeService().addReader("ACME");
    const running = startCommand(["watch"], service);
    await service.waitedFor();
    running.abort(new Interruption(what));
    expect(await running.done).toMatchObject({ code, stderr: "" });
  }
});

/** The text a person sees. */
function withoutColours(text: string): string {
  return text.replaceAll(new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9;?]*[A-Za-z]`, "g"), "");
}
