// A command as the user wrote it: checked before any card sees it, shown without its secrets.
import { fromHex, hexByte, toHex } from "../bytes.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import { CommandApdu } from "../iso7816/command-apdu.js";
import { ApduError } from "../iso7816/format-error.js";
import { exitCode } from "./exit-code.js";
import { CliError } from "./failure.js";

/** One command to send. */
export interface ScriptCommand {
  readonly bytes: Uint8Array;
  /** Where it came from, for errors: `line 3 of pin.txt`, `APDU 1`. */
  readonly origin: string;
  /** Whether it carries a PIN or key: see `CommandApdu.secret`. */
  readonly secret: boolean;
  /** Index of the first byte that must not be shown, and of the first that may again. */
  readonly secretFrom: number;
  readonly secretTo: number;
}

/**
 * Reads one command. With `raw`, only the header of 4 bytes is asked for.
 * @throws {CliError} code `usage`, naming the origin and never the bytes.
 */
export function parseCommand(hex: string, origin: string, raw: boolean): ScriptCommand {
  const bytes = parseHex(hex, origin);
  const apdu = raw ? undefined : parseApdu(bytes, origin);
  const [cla = 0, ins = 0, p1 = 0, p2 = 0] = bytes;
  if (bytes.length < 4) {
    throw usage(
      origin,
      `a command has at least 4 bytes (CLA INS P1 P2), not ${String(bytes.length)}`,
    );
  }
  const { secret } = new CommandApdu({ cla, ins, p1, p2 });
  // Without a parsed form everything after the header may be data.
  const from = apdu === undefined ? 4 : apdu.extended ? 7 : 5;
  const to = apdu === undefined ? bytes.length : from + apdu.data.length;
  return { bytes, origin, secret, secretFrom: from, secretTo: secret ? to : from };
}

/** The command in hexadecimal, with `**` for each secret byte unless `showSecrets`. */
export function showCommand(command: ScriptCommand, showSecrets: boolean, between = " "): string {
  const { bytes, secretFrom, secretTo } = command;
  if (showSecrets) {
    return toHex(bytes, between);
  }
  return Array.from(bytes, (byte, index) =>
    index >= secretFrom && index < secretTo ? "**" : hexByte(byte),
  ).join(between);
}

function parseHex(hex: string, origin: string): Uint8Array {
  try {
    return fromHex(hex, "apdu");
  } catch (error) {
    if (error instanceof ScardArgumentError) {
      throw usage(origin, `expected ${error.expected}`);
    }
    throw error;
  }
}

function parseApdu(bytes: Uint8Array, origin: string): CommandApdu {
  try {
    return CommandApdu.from(bytes);
  } catch (error) {
    if (error instanceof ApduError) {
      throw usage(origin, error.message, ["--raw sends it as it is."]);
    }
    throw error;
  }
}

function usage(origin: string, problem: string, advice: readonly string[] = []): CliError {
  return new CliError(exitCode.usage, `${origin}: ${problem}`, ["Nothing was sent.", ...advice]);
}
