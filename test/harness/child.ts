// A Node script in a process of its own, as a user's program: it imports the built package.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface ChildOptions {
  /** For Node itself, before the script. */
  readonly nodeArgs?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Program and arguments to start Node with, such as unshare's. */
  readonly through?: readonly string[];
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longer than any script takes; one that hangs is killed, which its exit then shows. */
const patience = 90_000;

export class Child {
  readonly ended: Promise<Ended>;
  readonly #child;
  readonly #lines: string[] = [];
  readonly #waiting = new Map<string, () => void>();

  /** @param script In test/lifecycle/scripts. */
  constructor(script: string, options: ChildOptions = {}) {
    const path = fileURLToPath(new URL(`../lifecycle/scripts/${script}.mjs`, import.meta.url));
    const { through = [], nodeArgs = [], args = [], env = {} } = options;
    const [program = "", ...rest] = [...through, process.execPath, ...nodeArgs, path, ...args];
    const child = spawn(program, rest, {
      env: { ...process.env, ...env },
      timeout: patience,
      killSignal: "SIGKILL",
    });
    this.#child = child;
    let stderr = "";
    child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
    // The script may end before it reads what it is told.
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#waiting.get(line)?.();
    });
    this.ended = new Promise((resolve) => {
      child.on("close", (code, signal) => {
        for (const wake of this.#waiting.values()) wake();
        resolve({ code, signal, stdout: this.#lines.join("\n"), stderr });
      });
    });
  }

  /** For what /proc tells of it. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("The script was not started");
    return this.#child.pid;
  }

  /** Settles when the script has printed this line; rejects when it ends without. */
  async said(line: string): Promise<void> {
    const over = this.ended;
    if (!this.#lines.includes(line)) {
      await new Promise<void>((resolve) => this.#waiting.set(line, resolve));
    }
    if (this.#lines.includes(line)) return;
    const { code, signal, stdout, stderr } = await over;
    const how = String(signal ?? code);
    throw new Error(`The script ended (${how}) without "${line}".\n${stdout}\n${stderr}`);
  }

  /** Writes a line to the script's standard input. */
  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
