// Writes a transcript, line by line, as it happens.
import { toHex } from "../bytes.js";
import type { CommandApdu } from "../iso7816/command-apdu.js";
import { describeStatusWord } from "../iso7816/status-word.js";
import { apduOf, carriesSecret, commandParts, isGetResponse } from "./masking.js";
import { secretMark } from "./transcript.js";

/** Takes a transcript's text: a function, or what has a `write`, such as a file's stream. */
export type TranscriptSink =
  ((text: string) => void) | { readonly write: (text: string) => unknown };

/** One command and what became of it. */
export interface Exchanged {
  readonly command: Uint8Array;
  /** What the card sent; undefined for nothing. */
  readonly response: Uint8Array | undefined;
  /** Words for people. */
  readonly note?: string | undefined;
}

export class TranscriptWriter {
  readonly #write: (text: string) => void;
  readonly #isSecret: (command: CommandApdu) => boolean;
  /** Headers of commands that were given as secret, or are by what the caller says of them. */
  readonly #secretHeaders = new Set<string>();
  /** The last exchange was masked: GET RESPONSE may bring what is left of its response. */
  #secretContinues = false;

  constructor(sink: TranscriptSink, isSecret: (command: CommandApdu) => boolean) {
    this.#write =
      typeof sink === "function"
        ? sink
        : (text) => {
            sink.write(text);
          };
    this.#isSecret = isSecret;
  }

  header(reader: string, atr: Uint8Array, protocol: string | null): void {
    this.comment("Recorded by scard; docs/virtual.md describes the format.");
    this.comment(`reader: ${reader}`);
    this.#line(`atr: ${toHex(atr, " ")}`);
    if (protocol === "t0" || protocol === "t1" || protocol === "raw") {
      this.#line(`protocol: ${protocol}`);
    }
  }

  comment(text: string): void {
    this.#line(`# ${oneLine(text)}`);
  }

  power(event: "reset" | "unpower"): void {
    this.#secretContinues = false;
    this.#line(`! ${event}`);
  }

  /**
   * Says of a command that is about to be sent whether it was given as secret. From then on what has
   * its header is masked: the command itself, the parts it is sent in, its repetitions.
   */
  announce(command: Uint8Array, secret: boolean): void {
    if (secret || this.#isSecretToCaller(command)) {
      this.#secretHeaders.add(headerOf(command));
    }
  }

  exchange({ command, response, note }: Exchanged): void {
    const secret = this.#secret(command);
    this.#line(`> ${secret ? maskedCommand(command) : toHex(command, " ")}`);
    if (note !== undefined) {
      this.comment(note);
    }
    if (response !== undefined) {
      this.#line(
        `< ${secret ? maskedResponse(response) : toHex(response, " ")}${meaning(response)}`,
      );
    }
    this.#secretContinues = secret;
  }

  /** A command that did not get as far as the card: for people, a replay does not have it. */
  unsent(command: Uint8Array, why: string): void {
    const shown = this.#secret(command) ? maskedCommand(command) : toHex(command, " ");
    this.comment(`not sent: ${shown} (${why})`);
  }

  #secret(command: Uint8Array): boolean {
    return (
      carriesSecret(command) ||
      this.#secretHeaders.has(headerOf(command)) ||
      (this.#secretContinues && isGetResponse(command)) ||
      this.#isSecretToCaller(command)
    );
  }

  #isSecretToCaller(command: Uint8Array): boolean {
    const apdu = apduOf(command);
    return apdu !== undefined && this.#isSecret(apdu);
  }

  #line(text: string): void {
    this.#write(`${text}\n`);
  }
}

/** The header, without the chaining bit of an interindustry class. */
function headerOf(command: Uint8Array): string {
  const [cla = 0, ...rest] = command.subarray(0, 4);
  return [cla & 0x80 ? cla : cla & ~0x10, ...rest].join();
}

/** Header and Le stay: with them the replay still knows the command. */
function maskedCommand(command: Uint8Array): string {
  const { header, hasData, le } = commandParts(command);
  if (!hasData) {
    return toHex(command, " ");
  }
  return [toHex(header, " "), secretMark, toHex(le, " ")].join(" ").trimEnd();
}

/** The status word stays. */
function maskedResponse(response: Uint8Array): string {
  const length = Math.max(0, response.length - 2);
  const status = toHex(response.subarray(length), " ");
  return length === 0 ? status : `[secret ${String(length)}] ${status}`;
}

function meaning(response: Uint8Array): string {
  const [sw1, sw2] = response.slice(-2);
  return sw1 === undefined || sw2 === undefined
    ? ""
    : `  # ${oneLine(describeStatusWord((sw1 << 8) | sw2).meaning)}`;
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/gu, " ");
}
