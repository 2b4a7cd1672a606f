// What a card does that plays a transcript back.
import { hexByte, toHex } from "../bytes.js";
import { ReplayError } from "./errors.js";
import { commandParts } from "./masking.js";
import type { Transcript, TranscriptCommand, TranscriptStep } from "./transcript.js";
import type { CardPowerEvent } from "./virtual-card.js";

/** How closely an application must follow a transcript. */
export type ReplayOrder = "strict" | "lenient";

export class Replay {
  readonly #transcript: Transcript;
  readonly #order: ReplayOrder;
  readonly #used = new Set<TranscriptCommand>();
  /** Index of the next step, in the strict order. */
  #next = 0;
  /** How many power-downs have come, in the lenient order. */
  #powerDowns = 0;

  constructor(transcript: Transcript, order: ReplayOrder) {
    this.#transcript = transcript;
    this.#order = order;
  }

  /** Commands that have not been played yet. */
  get remaining(): number {
    const commands = this.#transcript.steps.filter(({ type }) => type === "command");
    return commands.length - this.#used.size;
  }

  /** A power cycle that the transcript does not have is a new insertion: it begins anew. */
  power(event: CardPowerEvent): void {
    if (event === "power-off") {
      return;
    }
    const step = event === "reset" ? "reset" : "unpower";
    if (this.#order === "strict" && this.#transcript.steps[this.#next]?.type === step) {
      this.#next += 1;
    } else if (event === "power-on" && !this.#isPowerDownLeft()) {
      this.#next = 0;
      this.#powerDowns = 0;
      this.#used.clear();
    }
  }

  /** In the lenient order a power-down may come at any time, as often as the transcript has it. */
  #isPowerDownLeft(): boolean {
    if (this.#order === "strict" || this.#used.size === 0) {
      return false;
    }
    this.#powerDowns += 1;
    return this.#powerDowns <= this.#transcript.steps.filter(isPowerDown).length;
  }

  /** The response to a command; undefined where the card did not answer. */
  answer(command: Uint8Array): Uint8Array | undefined {
    const step = this.#order === "strict" ? this.#strictly(command) : this.#leniently(command);
    this.#used.add(step);
    return step.response;
  }

  #strictly(command: Uint8Array): TranscriptCommand {
    const { steps } = this.#transcript;
    const index = steps.findIndex(({ type }, at) => at >= this.#next && type === "command");
    const step = steps[index];
    if (step?.type !== "command") {
      throw new ReplayError(
        `The transcript has ended, and the command is ${describe(command)}.`,
        undefined,
      );
    }
    if (!matches(step, command)) {
      throw new ReplayError(
        `The transcript has ${describe(step.bytes, step.masked)} in line ${String(step.line)}, ` +
          `and the command is ${describe(command)}.`,
        step.line,
      );
    }
    this.#next = index + 1;
    return step;
  }

  /** The first match that was not played yet, else the last one again. */
  #leniently(command: Uint8Array): TranscriptCommand {
    const all = this.#transcript.steps.filter(
      (step): step is TranscriptCommand => step.type === "command" && matches(step, command),
    );
    const step = all.find((candidate) => !this.#used.has(candidate)) ?? all.at(-1);
    if (step === undefined) {
      throw new ReplayError(`The transcript does not have ${describe(command)}.`, undefined);
    }
    return step;
  }
}

function isPowerDown({ type }: TranscriptStep): boolean {
  return type === "unpower";
}

function matches(step: TranscriptCommand, command: Uint8Array): boolean {
  if (!step.masked) {
    return equal(step.bytes, command);
  }
  const { header, hasData, le } = commandParts(command);
  return hasData && equal(step.bytes, Uint8Array.of(...header, ...le));
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** A command by its header and length: its data may be secret. */
function describe(command: Uint8Array, masked = false): string {
  const [cla = 0, ins = 0] = command;
  const header = command.length < 4 ? hexByte(cla) + hexByte(ins) : toHex(command.slice(0, 4), " ");
  return masked ? `${header} with masked data` : `${header} (${String(command.length)} bytes)`;
}
