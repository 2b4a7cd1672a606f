import { checkString } from "../arguments.js";
import { TranscriptError } from "./errors.js";
import { type Transcript, type TranscriptStep, secretMark } from "./transcript.js";

/** One line without its comment. */
interface Line {
  readonly number: number;
  readonly text: string;
}

const longestAtr = 33;
const protocols = ["t0", "t1", "raw"] as const;

/** What has been read so far. */
class Draft {
  atr: Uint8Array | undefined;
  protocol: Transcript["protocol"];
  readonly steps: TranscriptStep[] = [];
  /** The command that waits for its response; undefined once it has one. */
  open: { readonly bytes: Uint8Array; readonly masked: boolean; readonly line: number } | undefined;

  /** Ends the open command with a response, or without one. */
  answer(response: Uint8Array | undefined): void {
    if (this.open !== undefined) {
      this.steps.push({ type: "command", ...this.open, response });
      this.open = undefined;
    }
  }
}

/**
 * Reads a transcript; docs/virtual.md has the format.
 *
 * @throws {TranscriptError} with line and column for anything else. Bytes are not shown.
 */
export function parseTranscript(text: string): Transcript {
  const lines = checkString("text", text, { secret: true })
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/);
  const draft = new Draft();
  lines.forEach((line, index) => {
    const end = line.indexOf("#");
    readLine(draft, { number: index + 1, text: end < 0 ? line : line.slice(0, end) });
  });
  draft.answer(undefined);
  if (draft.atr === undefined) {
    throw new TranscriptError(lines.length, 1, "there is no line that gives the ATR (atr: 3B …)");
  }
  return { atr: draft.atr, protocol: draft.protocol, steps: draft.steps };
}

function readLine(draft: Draft, line: Line): void {
  const [, mark = "", rest = ""] = /^\s*([<>!]|[a-z]+:|\S*)(.*)$/su.exec(line.text) ?? [];
  const at = line.text.length - rest.length;
  switch (mark) {
    case "":
      return;
    case ">":
      draft.answer(undefined);
      draft.open = readCommand(line, at);
      return;
    case "<":
      readResponse(draft, line, at);
      return;
    case "!":
      readPower(draft, line, at);
      return;
    case "atr:":
      readAtr(draft, line, at);
      return;
    case "protocol:":
      readProtocol(draft, line, at);
      return;
    default:
      throw fault(
        line,
        at - mark.length,
        'a line begins with ">", "<", "!", "atr:", "protocol:" or "#"',
      );
  }
}

function readCommand(line: Line, at: number): NonNullable<Draft["open"]> {
  const mark = line.text.indexOf(secretMark, at);
  const { number } = line;
  if (mark < 0) {
    const bytes = readBytes(line, at, line.text.length);
    if (bytes.length === 0) {
      throw fault(line, at, "a command has at least one byte");
    }
    return { bytes, masked: false, line: number };
  }
  const header = readBytes(line, at, mark);
  const le = readBytes(line, mark + secretMark.length, line.text.length);
  if (header.length !== 4 || le.length > 2) {
    const what = `a masked command is 4 bytes of header, ${secretMark} and up to 2 bytes of Le`;
    throw fault(line, at, what);
  }
  return { bytes: Uint8Array.of(...header, ...le), masked: true, line: number };
}

function readResponse(draft: Draft, line: Line, at: number): void {
  if (draft.open === undefined) {
    throw fault(line, 0, "a response follows its command");
  }
  const [, length = ""] = /\[secret (\d{1,5})\]/u.exec(line.text) ?? [];
  const mark = line.text.indexOf("[", at);
  if (mark < 0) {
    draft.answer(readBytes(line, at, line.text.length));
    return;
  }
  const end = line.text.indexOf("]", mark) + 1;
  const before = readBytes(line, at, mark);
  if (length === "" || before.length > 0) {
    throw fault(
      line,
      mark,
      "masked data is written [secret N], N its length, before the status word",
    );
  }
  const status = readBytes(line, end, line.text.length);
  draft.answer(new Uint8Array([...new Uint8Array(Number(length)), ...status]));
}

function readPower(draft: Draft, line: Line, at: number): void {
  const word = line.text.slice(at).trim();
  if (word !== "reset" && word !== "unpower") {
    throw fault(line, at, 'after "!" comes reset or unpower');
  }
  draft.answer(undefined);
  draft.steps.push({ type: word, line: line.number });
}

function readAtr(draft: Draft, line: Line, at: number): void {
  const bytes = readBytes(line, at, line.text.length);
  if (bytes.length === 1 || bytes.length > longestAtr) {
    throw fault(line, at, "an ATR has 2 to 33 bytes, or none for a mute card");
  }
  // Again where the program connected again.
  if (draft.atr !== undefined && Buffer.compare(draft.atr, bytes) !== 0) {
    throw fault(line, at, "a transcript is of one card: the ATR is another one than before");
  }
  draft.answer(undefined);
  draft.atr = bytes;
}

function readProtocol(draft: Draft, line: Line, at: number): void {
  const word = line.text.slice(at).trim();
  const protocol = protocols.find((known) => known === word);
  if (protocol === undefined) {
    throw fault(line, at, "a protocol is t0, t1 or raw");
  }
  draft.protocol ??= protocol;
}

/** Hexadecimal bytes from `start` to `end` of a line; blanks may stand between them. */
function readBytes(line: Line, start: number, end: number): Uint8Array {
  const bytes: number[] = [];
  let at = start;
  while (at < end) {
    const pair = line.text.slice(at, Math.min(at + 2, end));
    if (/^\s/u.test(pair)) {
      at += 1;
    } else if (/^[0-9a-f]{2}$/iu.test(pair)) {
      bytes.push(Number.parseInt(pair, 16));
      at += 2;
    } else {
      const place = /^[0-9a-f]/iu.test(pair) ? at + 1 : at;
      throw fault(line, place, "two hexadecimal digits make a byte");
    }
  }
  return Uint8Array.from(bytes);
}

function fault(line: Line, index: number, problem: string): TranscriptError {
  return new TranscriptError(line.number, index + 1, problem);
}
