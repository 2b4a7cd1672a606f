import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { Interruption } from "../../../lib/cli/exit-code.js";
import type { CliIo } from "../../../lib/cli/io.js";
import { processIo, type ProcessLike } from "../../../lib/cli/process-io.js";
import { runCli } from "../../../lib/cli/program.js";
import { establishContext } from "../../../lib/index.js";
import { createVirtualSubsystem } from "../../../lib/virtual/index.js";
import { FakeService } from "./fake-context.js";

/** A stream whose reader goes away after some writes. */
class Pipe extends EventEmitter {
  columns = 120;
  written = "";
  #left: number;

  constructor(writesUntilBroken = Infinity) {
    super();
    this.#left = writesUntilBroken;
  }

  write(text: string): boolean {
    this.#left -= 1;
    if (this.#left < 0) {
      const error = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
      process.nextTick(() => this.emit("error", error));
      return false;
    }
    this.written += text;
    return true;
  }
}

function fakeProcess(stdout: Pipe, stdin = ""): EventEmitter & ProcessLike {
  const streams = { stdout, stderr: new Pipe(), stdin: Readable.from([Buffer.from(stdin)]) };
  const rest = { env: {}, platform: "linux" as const };
  // A pipe has of a stream what processIo uses.
  return Object.assign(new EventEmitter(), streams, rest) as unknown as EventEmitter & ProcessLike;
}

function ioOf(process: ProcessLike, service = new FakeService()): CliIo {
  return processIo(process, {
    version: "1.2.3",
    establish: service.establish,
    openFiles: undefined,
  });
}

it("ends watch quietly with 141 when its reader goes away", async () => {
  const subsystem = createVirtualSubsystem();
  subsystem.addReader("A");
  const stdout = new Pipe(1);
  const io: CliIo = {
    ...ioOf(fakeProcess(stdout)),
    establish: async ({ signal }) => establishContext({ subsystem, signal }),
  };
  const done = runCli(["watch"], io);
  await expect.poll(() => stdout.written, { interval: 5 }).toContain("A");
  subsystem.addReader("B");
  expect(await done).toBe(141);
  expect(stdout.written.split("\n").length).toBe(2);
  expect(subsystem.statistics().contexts).toBe(0);
});

it("takes 80 by 24 for a terminal that does not know its size, or is none", () => {
  const size = (columns?: number, rows?: number): unknown =>
    ioOf(fakeProcess(Object.assign(new Pipe(), { columns, rows }))).size();
  expect(size()).toEqual({ columns: 80, rows: 24 });
  expect(size(0, 0)).toEqual({ columns: 80, rows: 24 });
  expect(size(132, 50)).toEqual({ columns: 132, rows: 50 });
});

it("does not hide other failures of a stream", () => {
  const stdout = new Pipe();
  ioOf(fakeProcess(stdout));
  expect(() => stdout.emit("error", new Error("disk full"))).toThrow("disk full");
});

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
])("aborts on %s", (signal, code) => {
  const process = fakeProcess(new Pipe());
  const { signal: aborts } = ioOf(process);
  process.emit(signal);
  expect(aborts.reason).toBeInstanceOf(Interruption);
  expect(aborts.reason).toMatchObject({ exitCode: code });
  expect(process.listenerCount(signal)).toBe(0);
});

it("knows the size of the terminal", () => {
  const io = ioOf(fakeProcess(new Pipe()));
  expect([io.size(), io.isTTY]).toEqual([{ columns: 120, rows: 24 }, false]);
});

it("reads files and standard input, and says why it cannot", async () => {
  const directory = mkdtempSync(join(tmpdir(), "scard-cli-"));
  try {
    const io = ioOf(fakeProcess(new Pipe(), "00A40400"));
    writeFileSync(join(directory, "script"), "00B0000000");
    expect(await io.readBytes(join(directory, "script"))).toEqual(Buffer.from("00B0000000"));
    expect(await io.readBytes("-")).toEqual(Buffer.from("00A40400"));
    await expect(io.readBytes(join(directory, "none"))).rejects.toThrow("There is no file");
    await expect(io.readBytes(directory)).rejects.toThrow("is a directory");
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it("takes a terminal that does not know its size for a usual one", () => {
  const stdout = Object.assign(new Pipe(), { columns: 0, rows: 0 });
  expect(ioOf(fakeProcess(stdout)).size()).toEqual({ columns: 80, rows: 24 });
});

it("has a chooser only where a user can be asked: input and standard error are a terminal", () => {
  const plain = fakeProcess(new Pipe());
  expect(ioOf(plain).chooser).toBeUndefined();
  const half = Object.assign(fakeProcess(new Pipe()), {
    stderr: Object.assign(new Pipe(), { isTTY: true }),
  });
  expect(ioOf(half).chooser).toBeUndefined();
  const stdin = Object.assign(Readable.from([]), { isTTY: true });
  expect(ioOf(Object.assign(half, { stdin })).chooser).toBeTypeOf("function");
});

it("says in which files the database is, and that Windows has it in none", () => {
  const env = { XDG_CONFIG_HOME: "/home/ada/.config" };
  const linux = Object.assign(fakeProcess(new Pipe()), { env });
  expect(ioOf(linux).databasePaths).toEqual({
    user: "/home/ada/.config/scard/database.json",
    system: "/etc/scard/database.json",
  });
  expect(ioOf(Object.assign(linux, { platform: "win32" as const })).databasePaths).toBeNull();
});
