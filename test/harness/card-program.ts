// The card program (cards.mjs), told what to do over its standard input and output.
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";

import { atrs } from "./test-card.mjs";

export { atrs };

interface Order {
  resolve(): void;
  reject(reason: Error): void;
}

/** One reader's card. Orders settle when the program has taken them, not when pcscd noticed. */
export class CardSlot {
  readonly #program: CardProgram;
  readonly #port: number;
  #inserted: string | undefined;

  constructor(program: CardProgram, port: number) {
    this.#program = program;
    this.#port = port;
  }

  /** ATR of the card that was put in, until it is taken out or told to die. */
  get inserted(): string | undefined {
    return this.#inserted;
  }

  /** Puts a new card in; one that is in goes first. */
  async insert(atr: string = atrs.both): Promise<void> {
    await this.#order("insert", atr);
    this.#inserted = atr;
  }

  /** Puts a native card in: none of JavaScript's time is in what it answers. */
  async insertNative(): Promise<void> {
    await this.#order("insert-native");
    this.#inserted = undefined;
  }

  /** Puts the card of examples/introduce-and-open.mjs in. */
  async insertLibrary(): Promise<void> {
    await this.#order("insert-library");
    this.#inserted = undefined;
  }

  /** Puts an OpenPGP card in (openpgp-card.mjs). */
  async insertOpenPgp(): Promise<void> {
    await this.#order("insert-openpgp");
    this.#inserted = undefined;
  }

  async remove(): Promise<void> {
    await this.#order("remove");
    this.#inserted = undefined;
  }

  /** The card leaves at its next command without an answer. */
  async die(): Promise<void> {
    await this.#order("die");
    this.#inserted = undefined;
  }

  /** The card leaves at its next command after that many bytes of the answer. */
  async dieWithin(bytes: number): Promise<void> {
    await this.#order("die-within", String(bytes));
    this.#inserted = undefined;
  }

  /** The next answer is cut to that many bytes; the card stays. */
  async truncate(bytes: number): Promise<void> {
    await this.#order("truncate", String(bytes));
  }

  /** The next command gets no answer until `resume`, or until the card is taken out. */
  async mute(): Promise<void> {
    await this.#order("mute");
  }

  async resume(): Promise<void> {
    await this.#order("resume");
  }

  /** Settles when the card has executed a command from now on: ask before the command is sent. */
  async commandSeen(ins?: string): Promise<void> {
    const wanted = ins === undefined ? "command " : `command ${ins}`;
    await this.#program.event(this.#port, (what) => what.startsWith(wanted));
  }

  /** Settles when the program takes orders. */
  async ready(): Promise<void> {
    await this.#order("resume");
  }

  async #order(name: string, argument = ""): Promise<void> {
    await this.#program.order(`${name} ${String(this.#port)} ${argument}`);
  }
}

export class CardProgram {
  readonly process: ChildProcessWithoutNullStreams;
  readonly #orders = new Map<string, Order>();
  readonly #events = new EventEmitter<{ event: [port: number, what: string] }>();
  #lastId = 0;
  #ended: Error | undefined;

  constructor(process: ChildProcessWithoutNullStreams) {
    this.process = process;
    this.#events.setMaxListeners(0);
    let complaints = "";
    process.stderr.on("data", (text: Buffer) => (complaints += text.toString()));
    // An order written to a program that has just ended fails with its end, below.
    process.stdin.on("error", () => undefined);
    createInterface({ input: process.stdout }).on("line", (line) => {
      this.#read(line);
    });
    process.on("close", (code, signal) => {
      const how = String(signal ?? code);
      this.#ended = new Error(`The virtual card program ended (${how}). ${complaints}`);
      for (const { reject } of this.#orders.values()) reject(this.#ended);
      this.#orders.clear();
    });
  }

  slot(port: number): CardSlot {
    return new CardSlot(this, port);
  }

  async order(text: string): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    const id = String(++this.#lastId);
    await new Promise<void>((resolve, reject) => {
      this.#orders.set(id, { resolve, reject });
      this.process.stdin.write(`${id} ${text}\n`);
    });
  }

  async event(port: number, matches: (what: string) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const listener = (from: number, what: string): void => {
        if (from !== port || !matches(what)) return;
        this.#events.off("event", listener);
        resolve();
      };
      this.#events.on("event", listener);
    });
  }

  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    const closed = once(this.process, "close");
    this.process.stdin.end();
    await closed;
  }

  #read(line: string): void {
    const [, id = "", outcome = "", rest = ""] = /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [];
    if (id === "event") {
      this.#events.emit("event", Number(outcome), rest);
      return;
    }
    const order = this.#orders.get(id);
    this.#orders.delete(id);
    if (outcome === "ok") order?.resolve();
    else order?.reject(new Error(`The virtual card program refused: ${rest}`));
  }
}
