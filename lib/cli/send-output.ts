import { hexWord, toHex } from "../bytes.js";
import type { ResponseApdu } from "../iso7816/response-apdu.js";
import type { Run } from "./command.js";
import { type ScriptCommand, showCommand } from "./exchange.js";
import type { CliCard } from "./io.js";
import { printable } from "./printable.js";

/** One command and what the card answered. */
export interface Exchange {
  readonly command: ScriptCommand;
  readonly response: ResponseApdu;
  /** Whether the status word is the one wanted. */
  readonly asWanted: boolean;
}

/** Shows the connection that was made. */
export function printConnection(run: Run, card: CliCard): void {
  const protocol = card.protocol === null ? "no protocol" : protocolName(card.protocol);
  run.print(`${run.style.bold(printable(card.reader))} ${run.style.dim(`(${protocol})`)}`);
}

/** Shows one command, before it is sent. */
export function printCommand(run: Run, command: ScriptCommand, showSecrets: boolean): void {
  const { style } = run;
  run.print(`${style.cyan(style.symbols.command)} ${showCommand(command, showSecrets)}`);
}

/** Shows one response. */
export function printResponse(run: Run, { response }: Exchange): void {
  const { style } = run;
  const { sw, meaning, data } = response;
  const paint = response.ok
    ? style.green
    : response.status.category === "warning"
      ? style.yellow
      : style.red;
  const word = `${paint(style.symbols.response)} ${paint(hexWord(sw))} ${style.dim(meaning)}`;
  run.print(...hexLines(data).map((line) => `  ${line}`), word);
}

/** One exchange for the JSON document. */
export function exchangeJson(
  { command, response, asWanted }: Exchange,
  showSecrets: boolean,
): Readonly<Record<string, string | boolean>> {
  const masked = command.secretTo > command.secretFrom && !showSecrets;
  const { sw, ok, meaning } = response;
  const { category } = response.status;
  return {
    command: showCommand(command, showSecrets, ""),
    masked,
    data: toHex(response.data),
    sw: hexWord(sw),
    ok,
    category,
    meaning,
    asWanted,
  };
}

/** `t1` as standards write it. */
export function protocolName(protocol: string): string {
  return protocol === "raw" ? "raw" : protocol.toUpperCase().replace("T", "T=");
}

/** 16 bytes a line with their letters beside them; nothing for no bytes. */
function hexLines(data: Uint8Array): string[] {
  const lines: string[] = [];
  for (let start = 0; start < data.length; start += 16) {
    const bytes = data.subarray(start, start + 16);
    const letters = Array.from(bytes, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
    ).join("");
    lines.push(`${toHex(bytes, " ").padEnd(16 * 3)} ${letters}`);
  }
  return lines;
}
