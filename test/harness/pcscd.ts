// A pcscd of our own with virtual readers, which no other program on the machine can see.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { CardProgram, type CardSlot } from "./card-program.js";
import { pcscdAvailable, type Sandbox } from "./sandbox.js";

/** The network is private, so the ports can be fixed. */
const firstPort = 4101;
const slotsPerEntry = 2;
const startPatience = 20_000;

export interface PcscdOptions {
  /** Even, 2 to 16: Debian's vpcd has two slots per entry, and pcscd at most 16 readers. */
  readonly readers?: number;
}

/** Starts the daemon and the card program; every reader is empty. */
export async function startPcscd(options: PcscdOptions = {}): Promise<Pcscd> {
  const available = pcscdAvailable();
  if ("reason" in available) throw new Error(available.reason);
  const { readers = 2 } = options;
  if (readers % slotsPerEntry !== 0 || readers < 2 || readers > 16) {
    throw new RangeError(`readers is even and 2 to 16, not ${String(readers)}`);
  }
  const pcscd = new Pcscd(available.sandbox, readers);
  try {
    await pcscd.start();
  } catch (error) {
    await pcscd.stop();
    throw error;
  }
  return pcscd;
}

export class Pcscd {
  /** Names as pcscd gives them, in the order of `card()`. */
  readonly readers: readonly string[];
  readonly #sandbox: Sandbox;
  readonly #folder = mkdtempSync(join(tmpdir(), "scard-pcscd-"));
  readonly #removeFolder = (): void => {
    rmSync(this.#folder, { recursive: true, force: true });
  };
  readonly #cards: CardProgram;
  readonly #slots: readonly CardSlot[];
  #daemon: ChildProcess | undefined;
  #complaints = "";

  constructor(sandbox: Sandbox, readers: number) {
    this.#sandbox = sandbox;
    process.once("exit", this.#removeFolder);
    const entries = readers / slotsPerEntry;
    this.readers = Array.from({ length: readers }, (_, i) => readerName(i));
    this.#configure(entries);
    this.#cards = new CardProgram(this.#enclose());
    this.#slots = this.readers.map((_, index) => this.#cards.slot(firstPort + index));
  }

  get #socket(): string {
    return join(this.#folder, "run", "pcscd.comm");
  }

  /**
   * What a client needs in its environment. libpcsclite reads it once per process, at the first
   * call: set it before then, or use a child process.
   */
  get env(): { readonly PCSCLITE_CSOCK_NAME: string } {
    return { PCSCLITE_CSOCK_NAME: this.#socket };
  }

  card(index: number): CardSlot {
    const slot = this.#slots[index];
    if (slot === undefined) throw new RangeError(`No reader ${String(index)}`);
    return slot;
  }

  /** Starts the daemon where it was stopped; cards that are in come back by themselves. */
  async start(): Promise<void> {
    // A daemon that was killed leaves both behind, and the next one would wait for neither.
    for (const name of ["pcscd.comm", "pcscd.pid"]) {
      rmSync(join(this.#folder, "run", name), { force: true });
    }
    // Once the card program answers, its namespaces are complete and can be joined.
    await this.card(0).ready();
    const { pcscd, enter } = this.#sandbox;
    const into = ["--target", String(this.#cards.process.pid), ...enter, "--mount", "--net"];
    // setpriv last: entering a user namespace would clear the signal. It ends the daemon with us.
    const command = ["setpriv", "--pdeathsig", "KILL", pcscd, "--foreground", "--error"];
    const daemon = spawn("nsenter", [...into, ...command, "--config", join(this.#folder, "conf")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#daemon = daemon;
    this.#complaints = "";
    daemon.stderr.on("data", (text: Buffer) => (this.#complaints += text.toString()));
    await this.#answers(daemon);
  }

  /** Ends the daemon as the system would. */
  async terminate(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** Ends the daemon as a crash would. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async restart(): Promise<void> {
    await this.terminate();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.kill();
    await this.#cards.stop();
    process.off("exit", this.#removeFolder);
    this.#removeFolder();
  }

  #configure(entries: number): void {
    for (const name of ["run", "conf", "drivers"]) mkdirSync(join(this.#folder, name));
    const lines: string[] = [];
    for (let entry = 0; entry < entries; ++entry) {
      // A real copy each: entries that share a driver file overwrite one another.
      const driver = join(this.#folder, "drivers", `vpcd${String(entry)}.so`);
      copyFileSync(this.#sandbox.driver, driver);
      const port = String(firstPort + entry * slotsPerEntry);
      lines.push(
        `FRIENDLYNAME "${friendlyName(entry)}"`,
        `DEVICENAME /dev/null:${port}`,
        `LIBPATH ${driver}`,
        `CHANNELID ${port}`,
        "",
      );
    }
    writeFileSync(join(this.#folder, "conf", "readers"), lines.join("\n"));
  }

  /**
   * Starts the card program in a network of its own, with our folder as /run/pcscd, which is
   * compiled into the daemon. /run is hidden and so are the drivers of real readers: a test must
   * not take hold of them. The daemon joins these namespaces, so they outlive its restarts.
   */
  #enclose(): ConstructorParameters<typeof CardProgram>[0] {
    const script = [
      "ip link set lo up",
      "mount -t tmpfs tmpfs /run",
      "mkdir /run/pcscd",
      'mount --bind "$1" /run/pcscd',
      'if [ -d "$2" ]; then mount -t tmpfs tmpfs "$2"; fi',
      'exec "$3" "$4"',
    ].join(" && ");
    const { driver, cards, unshare } = this.#sandbox;
    const realDrivers = join(driver, "..", "..");
    const run = join(this.#folder, "run");
    return spawn("unshare", [...unshare, "sh", "-c", script, "sh", run, realDrivers, ...cards]);
  }

  async #answers(daemon: ChildProcess): Promise<void> {
    const deadline = Date.now() + startPatience;
    while (!(await canConnect(this.#socket))) {
      if (daemon.exitCode !== null || daemon.signalCode !== null || Date.now() > deadline) {
        throw new Error(`pcscd did not start. ${this.#complaints}`);
      }
      await delay(10);
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const closed = once(daemon, "close");
    daemon.kill(signal);
    await closed;
  }
}

function friendlyName(entry: number): string {
  return `Virtual Card ${String(entry + 1)}`;
}

function readerName(index: number): string {
  const entry = Math.floor(index / slotsPerEntry);
  return `${friendlyName(entry)} 00 0${String(index % slotsPerEntry)}`;
}

async function canConnect(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}
