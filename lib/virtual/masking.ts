// Which bytes of a conversation are secret, and how a command is taken apart to hide or compare them.
import { type CheckedCommand, checkSendCommand } from "../framing.js";
import { CommandApdu } from "../iso7816/command-apdu.js";
import { ApduError } from "../iso7816/format-error.js";

/** A command in the parts that masking keeps or drops. */
export interface CommandParts {
  /** CLA INS P1 P2; fewer bytes for what is no APDU. */
  readonly header: Uint8Array;
  /** Whether there is data. */
  readonly hasData: boolean;
  /** The Le field as sent: none, 1 or 2 bytes. */
  readonly le: Uint8Array;
}

/** A command's APDU; undefined for bytes that are none. */
export function apduOf(bytes: Uint8Array): CommandApdu | undefined {
  try {
    return CommandApdu.from(bytes);
  } catch (error) {
    if (error instanceof ApduError) {
      return undefined;
    }
    throw error;
  }
}

/** Takes a command apart. What is no APDU counts as a header and data: that may be secret, too. */
export function commandParts(bytes: Uint8Array): CommandParts {
  const header = bytes.slice(0, 4);
  const apdu = apduOf(bytes);
  if (apdu === undefined) {
    return { header, hasData: bytes.length > 4, le: new Uint8Array(0) };
  }
  // An extended Le without data has three bytes; its first is then no more than a mark.
  const width = apdu.le === undefined ? 0 : apdu.extended ? 2 : 1;
  const le = bytes.slice(bytes.length - width);
  return { header, hasData: apdu.data.length > 0, le };
}

/** What masking needs of a command besides its bytes. */
const performSecurityOperation = 0x2a;
const decipher = 0x80;
const envelopes: ReadonlySet<number> = new Set([0xc2, 0xc3]);
const getResponse = 0xc0;

/**
 * Whether a command or its response carries a secret: what {@link CommandApdu.secret} says of its
 * header, DECIPHER (whose response is plain text), and ENVELOPE (which may hold any of them).
 */
export function carriesSecret(bytes: Uint8Array): boolean {
  const [cla = 0, ins = 0, p1 = 0] = bytes;
  const header = new CommandApdu({ cla, ins, p1, p2: 0 });
  return (
    header.secret || (ins === performSecurityOperation && p1 === decipher) || envelopes.has(ins)
  );
}

/** Whether a command fetches what is left of the response before it. */
export function isGetResponse(bytes: Uint8Array): boolean {
  return bytes[1] === getResponse;
}

/**
 * Bytes of a command as callers give it, and whether it was given as secret. What is no command at
 * all has no bytes: the call that it was meant for refuses it.
 */
export function secretOf(command: unknown): CheckedCommand {
  try {
    return checkSendCommand(command);
  } catch {
    return { bytes: new Uint8Array(0), secret: false };
  }
}
